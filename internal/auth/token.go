package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

const (
	tokenMark = "pawl_"
	tokenSize = 32 // random bytes
	// usedEvery is how exact the note of a token's use is, so that not each
	// request writes.
	usedEvery = time.Minute
	// maxTokenName is how many characters the name of a token has.
	maxTokenName = 255
)

// NewToken makes an API token: the text for its owner, who has to keep it,
// and what is kept of it here. A zero expiry is never. A name that is missing,
// has more than 255 characters or some that can't be printed, no scopes and an
// expiry that is over are Invalid errors.
func NewToken(name string, scopes []Scope, now, expires model.Instant) (text string, t store.Token, err error) {
	switch {
	case name == "":
		return "", store.Token{}, model.Errorf(model.Invalid, "a token needs a name")
	case utf8.RuneCountInString(name) > maxTokenName || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "", store.Token{}, model.Errorf(model.Invalid, "the name of a token has at most %d characters, all of which can be printed", maxTokenName)
	case len(scopes) == 0:
		return "", store.Token{}, model.Errorf(model.Invalid, "token %q has no scope", name).
			WithHint("without one it could do nothing; %s lets it look", Read)
	case expires != 0 && expires <= now:
		return "", store.Token{}, model.Errorf(model.Invalid, "token %q would expire before it is made", name)
	}
	raw := make([]byte, tokenSize)
	_, _ = rand.Read(raw) // never fails
	text = tokenMark + base64.RawURLEncoding.EncodeToString(raw)
	t = store.Token{Hash: sha256.Sum256([]byte(text)), Name: name, Created: now, Expires: expires}
	for _, s := range scopes {
		t.Scopes = append(t.Scopes, s.String())
	}
	return text, t, nil
}

// ErrNoTokens is the Invalid error of making a token that nobody would take.
var ErrNoTokens = model.Errorf(model.Invalid, "the server takes no tokens").
	WithHint("add token to %s.type, as in: basic,token", settings)

// TakesTokens reports whether a knows API tokens.
func TakesTokens(a Authenticator) bool {
	if chain, ok := a.(Chain); ok {
		return slices.ContainsFunc(chain, TakesTokens)
	}
	_, ok := a.(ByToken)
	return ok
}

// scopesOf returns what a token allows. It is an Internal error when it has a
// scope that does not exist.
func scopesOf(t store.Token) ([]Scope, error) {
	scopes := make([]Scope, len(t.Scopes))
	for i, text := range t.Scopes {
		var err error
		if scopes[i], err = ParseScope(text); err != nil {
			return nil, model.Errorf(model.Internal, "token %q: %w", t.Name, err)
		}
	}
	return scopes, nil
}

// ByToken knows the API tokens that are kept in Tokens. The name of a token is
// that of its principal.
type ByToken struct {
	Tokens store.Tokens
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
	scopes, err := scopesOf(t)
	if err != nil {
		return Principal{}, err
	}
	if now.Sub(t.Used) >= usedEvery {
		if err := b.Tokens.TokenUsed(ctx, t.Hash, now); err != nil {
			return Principal{}, fmt.Errorf("note use of token %q: %w", t.Name, err)
		}
	}
	return named(t.Name, scopes), nil
}

// tokenText reports whether text has the form of an API token, so that other
// texts need not be looked up.
func tokenText(text string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text[len(tokenMark):])
	return err == nil && len(raw) == tokenSize
}

var _ Authenticator = ByToken{}
