package store

import (
	"context"
	"crypto/sha256"

	"github.com/pawlhq/pawl/internal/model"
)

// TokenHash is the SHA-256 of an API token. The token itself is kept nowhere.
type TokenHash [sha256.Size]byte

// Token is what is kept of an API token.
type Token struct {
	Hash TokenHash
	// Name is unique.
	Name string
	// Scopes say what the token allows. What they mean is for others to say.
	Scopes  []string
	Created model.Instant
	// Expires is the instant from which the token is refused; zero is never.
	Expires model.Instant
	// Used is the latest use that was noted; zero is never.
	Used model.Instant
}

// Tokens keeps API tokens.
type Tokens interface {
	// PutToken adds a token. One whose name or hash is taken is a Conflict.
	PutToken(ctx context.Context, t Token) error
	// Token returns the token with that hash, or a NotFound error.
	Token(ctx context.Context, hash TokenHash) (Token, error)
	// ListTokens returns all tokens, sorted by the bytes of their names.
	ListTokens(ctx context.Context) ([]Token, error)
	// DeleteToken removes a token, or returns a NotFound error.
	DeleteToken(ctx context.Context, name string) error
	// TokenUsed notes when a token was used, if it still exists and no later
	// use was noted.
	TokenUsed(ctx context.Context, hash TokenHash, at model.Instant) error
}
