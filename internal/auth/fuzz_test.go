package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// Whatever a header says, it is refused as Unauthenticated unless it holds
// the right credentials, and the error does not repeat them.
func FuzzHeader(f *testing.F) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ann", "exp": noon.Add(time.Hour).Unix()}).SignedString(shared)
	if err != nil {
		f.Fatal(err)
	}
	const right = "YW5uOnMzY3JldC1tYXJrZXI=" // ann:s3cret-marker
	for _, h := range []string{
		"", "Basic " + right, "Basic", "bearer x.y.z", "Bearer " + token, "Bearer " + token[:40] + "." + token[41:], "Bearer pawl_" + strings.Repeat("A", 43),
		"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjk5OTk5OTk5OTk5fQ.", "Basic YW5uOgo=", "Negotiate abcdefgh",
	} {
		f.Add(h)
	}
	b, err := auth.NewBasic("ann", marker, false)
	if err != nil {
		f.Fatal(err)
	}
	chain := auth.Chain{b, auth.NewJWT(auth.JWTOptions{Keys: sharedKeys(f), Now: clock}), auth.ByToken{Tokens: memory.New(), Now: clock}}
	f.Fuzz(func(t *testing.T, header string) {
		c := auth.FromHeader(http.Header{"Authorization": {header}})
		p, err := chain.Authenticate(t.Context(), c)
		if err == nil {
			if p.Name != "ann" || c != auth.Password("ann", marker) && c != auth.Bearer(token) {
				t.Fatalf("%q lets %q in", header, p.Name)
			}
			return
		}
		if model.CodeOf(err) != model.Unauthenticated {
			t.Fatalf("%q: %v", header, err)
		}
		for word := range strings.FieldsSeq(header) {
			if len(word) > 12 && strings.Contains(fmt.Sprintf("%v %+v", err, c), word) {
				t.Fatalf("%q shows in %v or %v", header, err, c)
			}
		}
	})
}

// Whatever claims and headers a signed token has, it names a principal or is
// refused.
func FuzzClaims(f *testing.F) {
	for _, claims := range []string{
		"{}", `{"sub":"ann","exp":99999999999}`, `{"sub":"ann","exp":1e400}`, `{"sub":"ann","exp":-1,"scope":"read run:x","aud":["x"]}`,
		`{"sub":"ann","exp":"99999999999","scopes":["a",null]}`, `{"sub":{"a":1}}`, "[]", "null", `{"exp":9e18,"sub":"a","admin":true,"scope":null}`,
	} {
		f.Add(`{"alg":"HS256","kid":"x"}`, claims)
	}
	f.Add(`{"alg":"HS256","kid":7,"crit":[]}`, `{"sub":"ann","exp":99999999999}`)
	a := auth.NewJWT(auth.JWTOptions{Keys: sharedKeys(f), Now: clock})
	f.Fuzz(func(t *testing.T, header, claims string) {
		text := b64([]byte(header)) + "." + b64([]byte(claims))
		signature, err := jwt.SigningMethodHS256.Sign(text, shared)
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.Authenticate(t.Context(), auth.Bearer(text+"."+b64(signature)))
		switch {
		case err == nil && p.Name == "":
			t.Fatalf("%s: nobody is let in", claims)
		case err != nil && (model.CodeOf(err) != model.Unauthenticated || errors.Is(err, auth.ErrForeign) || p.Name != ""):
			t.Fatalf("%s: got %q, %v", claims, p.Name, err)
		}
	})
}

// Whatever a file of keys holds, it is read or an Invalid error.
func FuzzKeys(f *testing.F) {
	p := keyPairs()
	f.Add(pemOf(f, "PUBLIC KEY", p.ec.Public()) + "x" + pemOf(f, "PUBLIC KEY", p.ed.Public()))
	f.Add(webKeys(f, p.webRSA(), p.webEC(f), p.webEd()))
	f.Add(`{"keys":[null,{"kty":"RSA"},{"kty":"OKP","crv":"Ed25519"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if keys, err := auth.ParseKeys([]byte(text)); (err == nil) != (len(keys) > 0) || err != nil && model.CodeOf(err) != model.Invalid {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
	})
}
