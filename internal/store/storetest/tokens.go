package storetest

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// token returns a token whose hash is all b.
func token(name string, b byte) store.Token {
	t := store.Token{Name: name, Scopes: []string{"read"}, Created: 7}
	for i := range t.Hash {
		t.Hash[i] = b
	}
	return t
}

func (f *fixture) putToken(t store.Token) {
	f.Helper()
	if err := f.store.PutToken(ctx, t); err != nil {
		f.Fatalf("PutToken(%s): %v", t.Name, err)
	}
}

func (f *fixture) wantToken(want store.Token) {
	f.Helper()
	got, err := f.store.Token(ctx, want.Hash)
	if err != nil {
		f.Fatalf("Token(%s): %v", want.Name, err)
	}
	f.same("token", got, want)
}

func (f *fixture) wantTokens(want ...store.Token) {
	f.Helper()
	got, err := f.store.ListTokens(ctx)
	if err != nil {
		f.Fatal(err)
	}
	f.same("tokens", got, want)
}

func (f *fixture) useToken(t store.Token, at model.Instant) {
	f.Helper()
	if err := f.store.TokenUsed(ctx, t.Hash, at); err != nil {
		f.Fatalf("TokenUsed(%s): %v", t.Name, err)
	}
}

var tokenTests = []test{
	{"a token is kept as it is", func(f *fixture) {
		t := store.Token{
			Hash: store.TokenHash{0, 1, 0xff}, Name: "ci: é", Created: 1, Expires: model.Never, Used: 3,
			Scopes: []string{"run:a:b c,d", "admin", "", "run:a"},
		}
		f.putToken(t)
		f.putToken(token("other", 1))
		f.wantToken(t)
		_, err := f.store.Token(ctx, store.TokenHash{0, 1})
		f.wantCode("another hash", err, model.NotFound)
	}},
	{"a token is the caller's to change", func(f *fixture) {
		t := token("a", 1)
		f.putToken(t)
		t.Scopes[0] = "changed"
		got, err := f.store.Token(ctx, t.Hash)
		if err != nil {
			f.Fatal(err)
		}
		got.Scopes[0] = "changed, too"
		f.wantToken(token("a", 1))
	}},
	{"names and hashes are unique", func(f *fixture) {
		f.putToken(token("a", 1))
		f.wantCode("name", f.store.PutToken(ctx, token("a", 2)), model.Conflict)
		f.wantCode("hash", f.store.PutToken(ctx, token("b", 1)), model.Conflict)
		f.putToken(token("A", 3))
		f.wantTokens(token("A", 3), token("a", 1))
	}},
	{"of tokens with one name that come together one is kept", func(f *fixture) {
		f.wantOne("PutToken", f.atOnce(func(i int) error { return f.store.PutToken(ctx, token("a", byte(i))) }))
	}},
	{"tokens are listed by name", func(f *fixture) {
		f.wantTokens()
		for i, name := range []string{"b", "C", "a", "ab", "é"} {
			f.putToken(token(name, byte(i)))
		}
		f.wantTokens(token("C", 1), token("a", 2), token("ab", 3), token("b", 0), token("é", 4))
	}},
	{"a deleted token is gone", func(f *fixture) {
		f.putToken(token("a", 1))
		f.putToken(token("b", 2))
		if err := f.store.DeleteToken(ctx, "a"); err != nil {
			f.Fatal(err)
		}
		_, err := f.store.Token(ctx, token("a", 1).Hash)
		f.wantCode("Token", err, model.NotFound)
		f.wantCode("DeleteToken", f.store.DeleteToken(ctx, "a"), model.NotFound)
		f.useToken(token("a", 1), now)
		f.wantTokens(token("b", 2))
		f.putToken(token("a", 3)) // the name is free
	}},
	{"the latest use is noted", func(f *fixture) {
		t := token("a", 1)
		f.putToken(t)
		f.putToken(token("b", 2))
		for _, use := range []struct{ at, noted model.Instant }{{10, 10}, {30, 30}, {20, 30}, {40, 40}} {
			f.useToken(t, use.at)
			t.Used = use.noted
			f.wantToken(t)
		}
		f.wantToken(token("b", 2))
	}},
	{"uses at the same time are no conflict", func(f *fixture) {
		t := token("a", 1)
		f.putToken(t)
		for i, err := range f.atOnce(func(i int) error { return f.store.TokenUsed(ctx, t.Hash, model.Instant(i+1)) }) {
			if err != nil {
				f.Errorf("use %d: %v", i, err)
			}
		}
		t.Used = many
		f.wantToken(t)
	}},
}
