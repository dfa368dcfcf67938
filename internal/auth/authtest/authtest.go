// Package authtest is the suite that every implementation of auth.Tokens
// passes, and tokens in memory for tests. It knows no store.
package authtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// Run checks tokens against the contract. open returns empty ones and closes
// them when its test ends.
func Run(t *testing.T, open func(t *testing.T) auth.Tokens) {
	for name, test := range map[string]func(*fixture){
		"a token is kept as it is":          kept,
		"names and hashes are unique":       unique,
		"tokens are listed by name":         listed,
		"a deleted token is gone":           deleted,
		"use is noted while a token exists": used,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&fixture{T: t, Tokens: open(t)})
		})
	}
}

// fixture is tokens whose errors end the test.
type fixture struct {
	*testing.T
	auth.Tokens
}

// token returns a token whose hash is all b.
func token(name string, b byte) auth.Token {
	t := auth.Token{Name: name, Scopes: []auth.Scope{{Verb: auth.Read}}, Created: 7}
	for i := range t.Hash {
		t.Hash[i] = b
	}
	return t
}

func (f *fixture) put(t auth.Token) {
	f.Helper()
	if err := f.PutToken(f.Context(), t); err != nil {
		f.Fatalf("put %s: %v", t.Name, err)
	}
}

func (f *fixture) want(want auth.Token) {
	f.Helper()
	got, err := f.Token(f.Context(), want.Hash)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		f.Errorf("token %s: %v %s", want.Name, err, diff)
	}
}

func (f *fixture) wantCode(code model.Code, err error) {
	f.Helper()
	if model.CodeOf(err) != code || err == nil {
		f.Errorf("got %v, want %s", err, code)
	}
}

func (f *fixture) wantList(want ...auth.Token) {
	f.Helper()
	got, err := f.ListTokens(f.Context())
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		f.Errorf("list: %v %s", err, diff)
	}
}

func kept(f *fixture) {
	t := auth.Token{
		Hash: auth.TokenHash{0, 1, 0xff}, Name: "ci: é", Created: 1, Expires: model.Never, Used: 3,
		Scopes: []auth.Scope{{Verb: auth.Run, Project: "a:b c,d"}, {Verb: auth.Admin}, {Verb: auth.Run, Project: "a"}},
	}
	f.put(t)
	f.put(token("other", 1))
	f.want(t)
	_, err := f.Token(f.Context(), auth.TokenHash{0, 1})
	f.wantCode(model.NotFound, err)
}

func unique(f *fixture) {
	f.put(token("a", 1))
	f.wantCode(model.Conflict, f.PutToken(f.Context(), token("a", 2)))
	f.wantCode(model.Conflict, f.PutToken(f.Context(), token("b", 1)))
	f.put(token("A", 3))
	f.wantList(token("A", 3), token("a", 1))
}

func listed(f *fixture) {
	f.wantList()
	for i, name := range []string{"b", "C", "a"} {
		f.put(token(name, byte(i)))
	}
	f.wantList(token("C", 1), token("a", 2), token("b", 0))
}

func deleted(f *fixture) {
	f.put(token("a", 1))
	f.put(token("b", 2))
	if err := f.DeleteToken(f.Context(), "a"); err != nil {
		f.Fatal(err)
	}
	_, err := f.Token(f.Context(), token("a", 1).Hash)
	f.wantCode(model.NotFound, err)
	f.wantCode(model.NotFound, f.DeleteToken(f.Context(), "a"))
	f.wantList(token("b", 2))
	f.put(token("a", 3)) // the name is free
}

func used(f *fixture) {
	t := token("a", 1)
	f.put(t)
	for _, at := range []model.Instant{10, 20} {
		if err := f.TokenUsed(f.Context(), t.Hash, at); err != nil {
			f.Fatal(err)
		}
		t.Used = at
		f.want(t)
	}
	if err := f.DeleteToken(f.Context(), "a"); err != nil {
		f.Fatal(err)
	}
	if err := f.TokenUsed(f.Context(), t.Hash, 30); err != nil {
		f.Errorf("of a deleted token: %v", err)
	}
	f.wantList()
}
