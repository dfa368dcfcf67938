package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	tokenMark = "pawl_"
	tokenSize = 32 // random bytes
	// usedEvery is how exact Token.Used is, so that not each request writes.
	usedEvery = time.Minute
)

// TokenHash is the SHA-256 of an API token. The token itself is kept nowhere.
type TokenHash [sha256.Size]byte

// Token is what is kept of an API token.
type Token struct {
	Hash TokenHash
	// Name is unique. It is the name of the principal.
	Name    string
	Scopes  []Scope
	Created model.Instant
	// Expires is the instant from which the token is refused; zero is never.
	Expires model.Instant
	// Used is when the token was last used, within a minute; zero is never.
	Used model.Instant
}

// Tokens keeps API tokens. A store implements it; the suite in authtest is
// the contract. Methods are safe for concurrent use.
type Tokens interface {
	// PutToken adds a token. One whose name or hash is taken is a Conflict.
	PutToken(ctx context.Context, t Token) error
	// Token returns the token with that hash, or a NotFound error.
	Token(ctx context.Context, hash TokenHash) (Token, error)
	// ListTokens returns all tokens, sorted by the bytes of their names.
	ListTokens(ctx context.Context) ([]Token, error)
	// DeleteToken removes a token, or returns a NotFound error.
	DeleteToken(ctx context.Context, name string) error
	// TokenUsed notes when a token was used, if it still exists.
	TokenUsed(ctx context.Context, hash TokenHash, at model.Instant) error
}

// NewToken makes an API token: the text for its owner, who has to keep it,
// and what is kept of it here. A zero expiry is never. A missing name, no
// scopes and an expiry that is over are Invalid errors.
func NewToken(name string, scopes []Scope, now, expires model.Instant) (text string, t Token, err error) {
	switch {
	case name == "":
		return "", Token{}, model.Errorf(model.Invalid, "a token needs a name")
	case len(scopes) == 0:
		return "", Token{}, model.Errorf(model.Invalid, "token %q has no scope", name).
			WithHint("without one it could do nothing; %s lets it look", Read)
	case expires != 0 && expires <= now:
		return "", Token{}, model.Errorf(model.Invalid, "token %q would expire before it is made", name)
	}
	raw := make([]byte, tokenSize)
	_, _ = rand.Read(raw) // never fails
	text = tokenMark + base64.RawURLEncoding.EncodeToString(raw)
	return text, Token{Hash: sha256.Sum256([]byte(text)), Name: name, Scopes: scopes, Created: now, Expires: expires}, nil
}

// ByToken knows the API tokens that are kept in Tokens.
type ByToken struct {
	Tokens Tokens
	// Now tells the time.
	Now func() time.Time
}

// Authenticate returns the principal of an API token.
func (b ByToken) Authenticate(ctx context.Context, c Credentials) (Principal, error) {
	if c.scheme != bearer || !strings.HasPrefix(c.secret, tokenMark) {
		return Principal{}, ErrForeign
	}
	if !tokenText(c.secret) {
		return Principal{}, errWrong
	}
	now := model.InstantOf(b.Now())
	t, err := b.Tokens.Token(ctx, sha256.Sum256([]byte(c.secret)))
	switch {
	case model.CodeOf(err) == model.NotFound:
		return Principal{}, errWrong
	case err != nil:
		return Principal{}, fmt.Errorf("look up token: %w", err)
	case t.Expires != 0 && t.Expires <= now:
		return Principal{}, model.Errorf(model.Unauthenticated, "token %q has expired", t.Name)
	}
	if now.Sub(t.Used) >= usedEvery {
		if err := b.Tokens.TokenUsed(ctx, t.Hash, now); err != nil {
			return Principal{}, fmt.Errorf("note use of token %q: %w", t.Name, err)
		}
	}
	return named(t.Name, t.Scopes), nil
}

// tokenText reports whether text has the form of an API token, so that other
// texts need not be looked up.
func tokenText(text string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text[len(tokenMark):])
	return err == nil && len(raw) == tokenSize
}

var _ Authenticator = ByToken{}
