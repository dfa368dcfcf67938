package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

var shared = []byte("a shared key of 32 bytes or more")

// pairs are one key of each kind, made once.
type pairs struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	ed  ed25519.PrivateKey
}

var keyPairs = sync.OnceValue(func() pairs {
	r, err1 := rsa.GenerateKey(rand.Reader, 2048)
	e, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, d, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2, err3); err != nil {
		panic(err)
	}
	return pairs{r, e, d}
})

func pemOf(t testing.TB, kind string, public crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

type object = map[string]any

// webKeys returns the public keys as a JSON Web Key Set.
func webKeys(t testing.TB, keys ...object) string {
	t.Helper()
	text, err := json.Marshal(object{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (p pairs) webRSA() object {
	return object{"kty": "RSA", "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())}
}

func (p pairs) webEC(t testing.TB) object {
	point, err := p.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return object{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func (p pairs) webEd() object {
	return object{"kty": "OKP", "crv": "Ed25519", "x": b64(p.ed.Public().(ed25519.PublicKey))}
}

func plus(o object, key string, value any) object {
	c := object{key: value}
	for k, v := range o {
		if k != key {
			c[k] = v
		}
	}
	return c
}

func parseKeys(t testing.TB, text string) auth.Keys {
	t.Helper()
	keys, err := auth.ParseKeys([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func sharedKeys(t testing.TB) auth.Keys {
	t.Helper()
	keys, err := auth.SharedKey(shared)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// sign makes a token with claims besides sub and exp; nil takes one away.
func sign(t testing.TB, method jwt.SigningMethod, key any, header, claims object) auth.Credentials {
	t.Helper()
	all := jwt.MapClaims{"sub": "ann", "exp": noon.Add(time.Hour).Unix()}
	for k, v := range claims {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	token := jwt.NewWithClaims(method, all)
	for k, v := range header {
		token.Header[k] = v
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Bearer(text)
}

func TestTokensOfEachAlgorithmAreAccepted(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	pems := pemOf(t, "PUBLIC KEY", p.rsa.Public()) + pemOf(t, "PUBLIC KEY", p.ec.Public()) + pemOf(t, "PUBLIC KEY", p.ed.Public())
	set := webKeys(t, p.webRSA(), plus(p.webEC(t), "kid", "ec"), plus(p.webEd(), "alg", "EdDSA"))
	for _, tt := range []struct {
		method jwt.SigningMethod
		key    any
		keys   []auth.Keys
	}{
		{jwt.SigningMethodHS256, shared, []auth.Keys{sharedKeys(t)}},
		{jwt.SigningMethodHS384, shared, []auth.Keys{sharedKeys(t)}},
		{jwt.SigningMethodHS512, shared, []auth.Keys{sharedKeys(t), append(sharedKeys(t), parseKeys(t, pems)...)}},
		{jwt.SigningMethodRS256, p.rsa, []auth.Keys{parseKeys(t, pems), parseKeys(t, set)}},
		{jwt.SigningMethodES256, p.ec, []auth.Keys{parseKeys(t, pems), parseKeys(t, set)}},
		{jwt.SigningMethodEdDSA, p.ed, []auth.Keys{parseKeys(t, pems), parseKeys(t, set)}},
	} {
		for _, keys := range tt.keys {
			a := auth.NewJWT(auth.JWTOptions{Keys: keys, Now: clock})
			if got := accepts(t, a, sign(t, tt.method, tt.key, nil, nil)); got.Name != "ann" || got.Admin || len(got.Scopes) > 0 {
				t.Errorf("%s: got %+v", tt.method.Alg(), got)
			}
		}
	}
}

func TestClaimsSayWhatIsAllowed(t *testing.T) {
	t.Parallel()
	a := auth.NewJWT(auth.JWTOptions{Keys: sharedKeys(t), Now: clock})
	for _, tt := range []struct {
		claims object
		want   []string
		admin  bool
	}{
		{object{"scope": "openid run:x  read profile"}, []string{"run:x", "read"}, false},
		{object{"scopes": []string{"push", "run:a b", "run:"}}, []string{"push", "run:a b"}, false},
		{object{"scope": []string{"read"}, "scopes": "read run"}, []string{"read", "run"}, false},
		{object{"scope": nil, "admin": true}, nil, true},
		{object{"scope": "admin", "admin": false}, []string{"admin"}, true},
	} {
		p := accepts(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, tt.claims))
		if diff := cmp.Diff(with(t, tt.want...).Scopes, p.Scopes); diff != "" || p.Admin != tt.admin {
			t.Errorf("%v: admin %v %s", tt.claims, p.Admin, diff)
		}
	}
}

func TestClaimsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	a := auth.NewJWT(auth.JWTOptions{Keys: sharedKeys(t), Issuer: "us", Audience: "pawl", Leeway: time.Minute, Now: clock})
	right := object{"iss": "us", "aud": []string{"other", "pawl"}}
	sec := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for _, tt := range []struct {
		claim string
		value any
		want  string // empty if it fits
	}{
		{"exp", sec(-time.Minute + time.Second), ""},
		{"exp", sec(-time.Minute), "token has expired"},
		{"exp", nil, "token lacks a claim that is required"},
		{"exp", "soon", "credentials are not valid"},
		{"nbf", sec(time.Minute), ""},
		{"nbf", sec(time.Minute + time.Second), "token is not valid yet"},
		{"iss", "them", "token is from another issuer"},
		{"iss", nil, "token lacks a claim that is required"},
		{"aud", "pawl", ""},
		{"aud", "other", "token is for another audience"},
		{"aud", nil, "token lacks a claim that is required"},
		{"sub", "", "token has no subject"},
		{"sub", nil, "token has no subject"},
		{"sub", 7, "credentials are not valid"},
		{"admin", "true", "credentials are not valid"},
		{"scope", 7, "credentials are not valid"},
		{"scopes", []any{7}, "credentials are not valid"},
	} {
		c := sign(t, jwt.SigningMethodHS256, shared, nil, plus(right, tt.claim, tt.value))
		if tt.want == "" {
			accepts(t, a, c)
		} else if err := refuses(t, a, c); err.Error() != tt.want {
			t.Errorf("%s %v: got %v, want %s", tt.claim, tt.value, err, tt.want)
		}
	}
	anyone := auth.NewJWT(auth.JWTOptions{Keys: sharedKeys(t), Now: clock})
	accepts(t, anyone, sign(t, jwt.SigningMethodHS256, shared, nil, object{"iss": "them"}))
	if err := refuses(t, anyone, sign(t, jwt.SigningMethodHS256, shared, nil, right)); err.Error() != "token is for another audience" {
		t.Errorf("for an audience where none is configured: %v", err)
	}
}

// forged returns a token with any header, signed with HMAC-SHA256.
func forged(header string, key []byte) auth.Credentials {
	text := b64([]byte(header)) + "." + b64([]byte(`{"sub":"ann","exp":99999999999}`))
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(text))
	return auth.Bearer(text + "." + b64(mac.Sum(nil)))
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	public := pemOf(t, "PUBLIC KEY", p.rsa.Public())
	der, _ := x509.MarshalPKIXPublicKey(p.rsa.Public())
	all := append(sharedKeys(t), parseKeys(t, public+pemOf(t, "PUBLIC KEY", p.ec.Public()))...)
	keyless := auth.NewJWT(auth.JWTOptions{Now: clock})
	byPublic := auth.NewJWT(auth.JWTOptions{Keys: parseKeys(t, public), Now: clock})
	byAll := auth.NewJWT(auth.JWTOptions{Keys: all, Now: clock})
	none := b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(`{"sub":"ann","exp":99999999999}`)) + "."
	good, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ann", "exp": 99999999999}).SignedString(shared)
	accepts(t, byAll, auth.Bearer(good))
	accepts(t, byAll, forged(`{"alg":"HS256"}`, shared))
	for what, c := range map[string]auth.Credentials{
		"no signature":                        auth.Bearer(none),
		"no signature, signed":                auth.Bearer(none + b64([]byte("x"))),
		"the public key as shared key":        forged(`{"alg":"HS256"}`, []byte(public)),
		"the public key in DER as shared key": forged(`{"alg":"HS256"}`, der),
		"a shared signature called RS256":     forged(`{"alg":"RS256"}`, []byte(public)),
		"a shared signature called none":      forged(`{"alg":"none"}`, shared),
		"a shared signature called NONE":      forged(`{"alg":"nOnE"}`, shared),
		"no algorithm":                        forged(`{}`, shared),
		"an algorithm that is no text":        forged(`{"alg":["HS256"]}`, shared),
		"an empty key":                        forged(`{"alg":"HS256"}`, nil),
		"a demand that is not known":          forged(`{"alg":"HS256","crit":["b64"],"b64":false}`, shared),
		"an algorithm that is not accepted":   sign(t, jwt.SigningMethodPS256, p.rsa, nil, nil),
		"another hash":                        sign(t, jwt.SigningMethodRS512, p.rsa, nil, nil),
		"a changed signature":                 auth.Bearer(good[:len(good)-6] + "AAAAAA"),
		"a cut signature":                     auth.Bearer(good[:len(good)-4]),
		"padding":                             auth.Bearer(good + "="),
		"bits that do not count":              auth.Bearer(good[:len(good)-1] + string(good[len(good)-1]+1)),
		"another part":                        auth.Bearer(good + ".x"),
		"a key of a stranger":                 forged(`{"alg":"HS256"}`, []byte(strings.Repeat("x", 32))),
		"no JWT":                              auth.Bearer(marker),
	} {
		for name, a := range map[string]auth.Authenticator{"public": byPublic, "all": byAll, "none": keyless} {
			if err := refuses(t, a, c); err.Error() != "credentials are not valid" {
				t.Errorf("%s, keys: %s: %v", what, name, err)
			}
		}
	}
	foreign(t, byAll, auth.Credentials{})
	foreign(t, byAll, auth.Password("ann", good))
	foreign(t, byAll, auth.Bearer("pawl_"+marker))
}

func TestKeyIDsChooseTheKey(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := pairs{ec: stranger}
	a := auth.NewJWT(auth.JWTOptions{Now: clock, Keys: parseKeys(t, webKeys(t, plus(other.webEC(t), "kid", "old"), plus(p.webEC(t), "kid", "new")))})
	accepts(t, a, sign(t, jwt.SigningMethodES256, p.ec, object{"kid": "new"}, nil))
	accepts(t, a, sign(t, jwt.SigningMethodES256, p.ec, nil, nil))
	refuses(t, a, sign(t, jwt.SigningMethodES256, p.ec, object{"kid": "old"}, nil))
	refuses(t, a, sign(t, jwt.SigningMethodES256, p.ec, object{"kid": "other"}, nil))
}

func TestKeysForSomethingElseArePassedOver(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	useless := []object{
		plus(p.webRSA(), "use", "enc"), plus(p.webRSA(), "alg", "RS512"), plus(p.webEC(t), "crv", "P-384"),
		{"kty": "oct", "k": b64(shared)}, {"kty": "new"}, plus(p.webEd(), "crv", "X25519"),
	}
	a := auth.NewJWT(auth.JWTOptions{Keys: parseKeys(t, webKeys(t, append(useless, p.webEd())...)), Now: clock})
	accepts(t, a, sign(t, jwt.SigningMethodEdDSA, p.ed, nil, nil))
	refuses(t, a, sign(t, jwt.SigningMethodRS256, p.rsa, nil, nil))
	refuses(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, nil))
	if _, err := auth.ParseKeys([]byte(webKeys(t, useless...))); model.CodeOf(err) != model.Invalid {
		t.Errorf("without a key of use: %v", err)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	weak := object{"kty": "RSA", "n": b64(new(big.Int).Rsh(p.rsa.N, 1024).Bytes()), "e": "AQAB", "kid": "weak"}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(p.rsa)})
	for text, want := range map[string]string{
		"":                                    "no public key found",
		"ssh-rsa AAAA":                        "no public key found",
		string(private):                       `a PEM block is "RSA PRIVATE KEY", not PUBLIC KEY`,
		pemOf(t, "PUBLIC KEY", p384.Public()): "a public key is of a kind that is not accepted",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n": "a PEM block holds no public key",
		"{":                                     "the key set is not JSON of the right form",
		`{"keys":7}`:                            "the key set is not JSON of the right form",
		"{}":                                    "no public key found",
		webKeys(t, weak):                        `key "weak" of the set: an RSA key has 1024 bits, less than 2048`,
		webKeys(t, plus(p.webRSA(), "e", "AQ")): `key "" of the set is no valid key`,
		webKeys(t, plus(p.webRSA(), "e", "AQAAAAAAAA")):          `key "" of the set is no valid key`,
		webKeys(t, plus(p.webRSA(), "n", "?")):                   `key "" of the set is no valid key`,
		webKeys(t, plus(p.webRSA(), "d", "AQAB")):                `key "" of the set is a private key; give the public one`,
		webKeys(t, plus(p.webEC(t), "x", b64(make([]byte, 32)))): `key "" of the set is no valid key`,
		webKeys(t, plus(p.webEC(t), "y", "AA")):                  `key "" of the set is no valid key`,
		webKeys(t, plus(p.webEd(), "x", "AA")):                   `key "" of the set is no valid key`,
	} {
		if _, err := auth.ParseKeys([]byte(text)); model.CodeOf(err) != model.Invalid || err.Error() != want {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
	}
	if _, err := auth.SharedKey([]byte(marker)); model.CodeOf(err) != model.Invalid || strings.Contains(err.Error(), marker) {
		t.Errorf("short shared key: %v", err)
	}
}
