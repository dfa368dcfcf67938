package auth_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

var now = model.InstantOf(noon)

// issue makes a token and keeps it.
func issue(t *testing.T, tokens store.Tokens, name string, expires model.Instant, scopes ...string) string {
	t.Helper()
	text, token, err := auth.NewToken(name, with(t, scopes...).Scopes, now, expires)
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.PutToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokensSayWhoTheyAreFor(t *testing.T) {
	t.Parallel()
	tokens := memory.New()
	a := auth.ByToken{Tokens: tokens, Now: clock}
	ci := accepts(t, a, auth.Bearer(issue(t, tokens, "ci", 0, "run:x", "push")))
	if diff := cmp.Diff(with(t, "run:x", "push").Scopes, ci.Scopes); diff != "" || ci.Name != "ci" || ci.Admin {
		t.Errorf("got %+v", ci)
	}
	if root := accepts(t, a, auth.Bearer(issue(t, tokens, "root", now+1, "admin"))); !root.Admin {
		t.Errorf("got %+v", root)
	}
}

func TestTokensAreRandomAndKeptAsHashesOnly(t *testing.T) {
	t.Parallel()
	text, token, err := auth.NewToken("ci", auth.Everything(), now, now+1)
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := auth.NewToken("ci", auth.Everything(), now, now+1)
	if !regexp.MustCompile(`^pawl_[A-Za-z0-9_-]{43}$`).MatchString(text) || text == other {
		t.Errorf("got %s and %s", text, other)
	}
	want := store.Token{
		Hash: sha256.Sum256([]byte(text)), Name: "ci", Scopes: []string{"read", "run", "push", "secrets"}, Created: now, Expires: now + 1,
	}
	if diff := cmp.Diff(want, token); diff != "" {
		t.Error(diff)
	}
}

func TestTokensThatCouldNotBeUsedAreNotMade(t *testing.T) {
	t.Parallel()
	for what, make := range map[string]func() (string, store.Token, error){
		"no name":  func() (string, store.Token, error) { return auth.NewToken("", auth.Everything(), now, 0) },
		"no scope": func() (string, store.Token, error) { return auth.NewToken("ci", nil, now, 0) },
		"control":  func() (string, store.Token, error) { return auth.NewToken("c\ni", auth.Everything(), now, 0) },
		"long": func() (string, store.Token, error) {
			return auth.NewToken(strings.Repeat("é", 256), auth.Everything(), now, 0)
		},
		"expired": func() (string, store.Token, error) { return auth.NewToken("ci", auth.Everything(), now, now) },
	} {
		if text, _, err := make(); model.CodeOf(err) != model.Invalid || text != "" {
			t.Errorf("%s: %q, %v", what, text, err)
		}
	}
}

func TestWhoTakesTokensIsKnown(t *testing.T) {
	t.Parallel()
	for want, list := range map[bool][]auth.Authenticator{
		true:  {auth.ByToken{}, auth.Chain{auth.None{}, auth.ByToken{}}},
		false: {auth.None{}, auth.Chain{auth.None{}}, auth.Chain{}},
	} {
		for _, a := range list {
			if auth.TakesTokens(a) != want {
				t.Errorf("%T: %v", a, !want)
			}
		}
	}
	if text, _, err := auth.NewToken(strings.Repeat("é", 255), auth.Everything(), now, 0); err != nil || text == "" {
		t.Errorf("a long name: %v", err)
	}
}

func TestOtherTokensAreRefused(t *testing.T) {
	t.Parallel()
	tokens := memory.New()
	a := auth.ByToken{Tokens: tokens, Now: clock}
	good := issue(t, tokens, "ci", 0, "read")
	stranger, _, _ := auth.NewToken("ci", auth.Everything(), now, 0)
	for _, text := range []string{stranger, good + "A", good[:len(good)-1], good[:20] + "!" + good[21:], "pawl_", good + "="} {
		if err := refuses(t, a, auth.Bearer(text), text[5:]+"?"); errors.Is(err, auth.ErrForeign) {
			t.Errorf("%s is foreign", text)
		}
	}
	expired := issue(t, tokens, "old", now+1, "read")
	later := auth.ByToken{Tokens: tokens, Now: func() time.Time { return noon.Add(time.Microsecond) }}
	if err := refuses(t, later, auth.Bearer(expired), expired); err.Error() != `token "old" has expired` {
		t.Errorf("got %v", err)
	}
	if err := tokens.DeleteToken(t.Context(), "ci"); err != nil {
		t.Fatal(err)
	}
	refuses(t, a, auth.Bearer(good), good)
	for _, c := range []auth.Credentials{{}, auth.Password("ci", good), auth.Bearer("a.b.c"), auth.Bearer(strings.ToUpper(good))} {
		foreign(t, a, c)
	}
}

// counted is tokens that count what is written.
type counted struct {
	store.Tokens
	writes int
	err    error
}

func (c *counted) TokenUsed(ctx context.Context, hash store.TokenHash, at model.Instant) error {
	c.writes++
	return errors.Join(c.err, c.Tokens.TokenUsed(ctx, hash, at))
}

func (c *counted) Token(ctx context.Context, hash store.TokenHash) (store.Token, error) {
	t, err := c.Tokens.Token(ctx, hash)
	return t, errors.Join(err, c.err)
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	tokens := &counted{Tokens: memory.New()}
	at := noon
	a := auth.ByToken{Tokens: tokens, Now: func() time.Time { return at }}
	text := issue(t, tokens, "ci", 0, "read")
	for _, step := range []struct {
		after  time.Duration
		writes int
	}{{0, 1}, {59 * time.Second, 1}, {time.Minute, 2}, {90 * time.Second, 2}, {2 * time.Minute, 3}} {
		at = noon.Add(step.after)
		if accepts(t, a, auth.Bearer(text)); tokens.writes != step.writes {
			t.Errorf("after %v: %d writes, want %d", step.after, tokens.writes, step.writes)
		}
	}
	kept, err := tokens.Token(t.Context(), sha256.Sum256([]byte(text)))
	if want := model.InstantOf(at); kept.Used != want || err != nil {
		t.Errorf("used at %v, %v, want %v", kept.Used, err, want)
	}
}

func TestTokensWithUnknownScopesAreNotAccepted(t *testing.T) {
	t.Parallel()
	tokens := memory.New()
	text, token, err := auth.NewToken("ci", auth.Everything(), now, 0)
	if err != nil {
		t.Fatal(err)
	}
	token.Scopes = append(token.Scopes, "fly")
	if err := tokens.PutToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	p, err := auth.ByToken{Tokens: tokens, Now: clock}.Authenticate(t.Context(), auth.Bearer(text))
	if model.CodeOf(err) != model.Internal || p.Name != "" || strings.Contains(err.Error(), text) {
		t.Errorf("got %q, %v", p.Name, err)
	}
}

func TestTokensThatCannotBeLookedUpAreNotCalledWrong(t *testing.T) {
	t.Parallel()
	tokens := &counted{Tokens: memory.New()}
	text := issue(t, tokens, "ci", 0, "read")
	tokens.err = model.Errorf(model.Unavailable, "the store is away")
	p, err := auth.ByToken{Tokens: tokens, Now: clock}.Authenticate(t.Context(), auth.Bearer(text))
	if model.CodeOf(err) != model.Unavailable || p.Name != "" || strings.Contains(err.Error(), text) {
		t.Errorf("got %q, %v", p.Name, err)
	}
	for _, c := range []auth.Credentials{auth.Bearer(text + "A"), auth.Bearer("pawl_"), auth.Bearer("pawl_?")} {
		refuses(t, auth.ByToken{Tokens: tokens, Now: clock}, c) // they are not looked up
	}
}
