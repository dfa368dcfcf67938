package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// configured makes an authenticator from lines "key=value".
func configured(t *testing.T, tokens store.Tokens, lines ...string) (auth.Authenticator, error) {
	t.Helper()
	var c config.Config
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		c.Set(key, value, "test.properties")
	}
	return auth.FromConfig(&c, tokens, clock)
}

func mustConfigure(t *testing.T, tokens store.Tokens, lines ...string) auth.Authenticator {
	t.Helper()
	a, err := configured(t, tokens, lines...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWithoutAUserEveryoneIsLetIn(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{nil, {"server.port=1"}, {"server.authenticator.type=basic"}} {
		a := mustConfigure(t, nil, lines...)
		if accepts(t, a, auth.Credentials{}); !auth.Open(a) {
			t.Errorf("%q: not open", lines)
		}
	}
}

func TestTheUserOfTheConfigurationIsLetIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []string
		admin bool
	}{
		{[]string{"server.authenticator.basic.username=ann", "server.authenticator.basic.password=" + marker}, false},
		{[]string{"server.authenticator.basic.username=ann", "server.authenticator.basic.password=" + cheapHash, "server.authenticator.basic.admin=true"}, true},
		{[]string{"basicauth.username=ann", "basicauth.password=" + marker, "basicauth.admin=true"}, true},
		{[]string{
			"basicauth.username=bob", "server.authenticator.basic.username=ann", "server.authenticator.basic.password=" + marker,
			"basicauth.password=x", "basicauth.admin=true", "server.authenticator.basic.admin=false",
		}, false},
	} {
		a := mustConfigure(t, nil, tt.lines...)
		if p := accepts(t, a, auth.Password("ann", marker)); p.Admin != tt.admin || auth.Open(a) {
			t.Errorf("%q: got %+v", tt.lines, p)
		}
		refuses(t, a, auth.Password("ann", "x"))
		foreign(t, a, auth.Credentials{})
	}
}

func TestSeveralAuthenticatorsAreConfigured(t *testing.T) {
	t.Parallel()
	p := keyPairs()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(webKeys(t, p.webEC(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens := memory.New()
	a := mustConfigure(t, tokens, "server.authenticator.type=token, jwt,basic,jwt",
		"server.authenticator.basic.username=ann", "server.authenticator.basic.password="+marker,
		"server.authenticator.jwt.keys="+file, "server.authenticator.jwt.secret="+string(shared),
		"server.authenticator.jwt.issuer=us", "server.authenticator.jwt.audience=pawl", "server.authenticator.jwt.leeway=10s")
	right := object{"iss": "us", "aud": "pawl"}
	accepts(t, a, auth.Password("ann", marker))
	accepts(t, a, auth.Bearer(issue(t, tokens, "ci", 0, "read")))
	accepts(t, a, sign(t, jwt.SigningMethodES256, p.ec, nil, right))
	accepts(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, plus(right, "exp", noon.Add(-9*time.Second).Unix())))
	refuses(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, plus(right, "exp", noon.Add(-10*time.Second).Unix())))
	refuses(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, plus(right, "iss", "them")))
	refuses(t, a, sign(t, jwt.SigningMethodHS256, shared, nil, plus(right, "aud", "them")))
	if foreign(t, a, auth.Credentials{}); auth.Open(a) {
		t.Error("open")
	}
	usual := mustConfigure(t, nil, "server.authenticator.type=jwt", "server.authenticator.jwt.secret="+string(shared))
	accepts(t, usual, sign(t, jwt.SigningMethodHS256, shared, nil, object{"exp": noon.Add(-29 * time.Second).Unix()}))
	refuses(t, usual, sign(t, jwt.SigningMethodHS256, shared, nil, object{"exp": noon.Add(-30 * time.Second).Unix()}))
}

func TestSettingsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	const s = "server.authenticator."
	missing := filepath.Join(t.TempDir(), "missing")
	rubbish := filepath.Join(t.TempDir(), "rubbish")
	if err := os.WriteFile(rubbish, []byte(marker), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lines      []string
		want, hint string
	}{
		{[]string{s + "type=basic,ldap"}, `test.properties: server.authenticator.type: there is no authenticator "ldap"`, "choose from basic, jwt, token"},
		{[]string{s + "type="}, `test.properties: server.authenticator.type: there is no authenticator ""`, "choose from"},
		{[]string{s + "basic.pasword=" + marker}, "test.properties: server.authenticator.basic.pasword: there is no such setting", "server.authenticator.basic.password"},
		{[]string{s + "jwt.secret=" + marker}, "test.properties: server.authenticator.jwt.secret: the setting is not used", "add jwt to server.authenticator.type"},
		{[]string{s + "basic.password=" + marker}, "server.authenticator.basic.username: authentication by password needs a user", "everyone would be let in"},
		{[]string{s + "basic.admin=true"}, "server.authenticator.basic.username: authentication by password needs a user", "everyone would be let in"},
		{[]string{s + "type=token,basic"}, "server.authenticator.basic.username: authentication by password needs a user", "leave basic out"},
		{[]string{s + "basic.username=ann"}, "server.authenticator.basic.password: a user needs a name and a password", ""},
		{[]string{s + "basic.username=", s + "basic.password=" + marker}, "test.properties: server.authenticator.basic.password: a user needs a name and a password", ""},
		{[]string{s + "basic.username=ann", s + "basic.password=$argon2id$" + marker}, "test.properties: server.authenticator.basic.password: password of user \"ann\" is not an argon2id hash of the form $argon2id$v=19$m=65536,t=3,p=4$salt$hash", ""},
		{[]string{s + "basic.username=ann", s + "basic.password=" + marker, s + "basic.admin=yes"}, "test.properties: server.authenticator.basic.admin: must be true or false", ""},
		{[]string{s + "type=jwt"}, "server.authenticator.jwt.secret: authentication by JWT needs a key", s + "jwt.keys"},
		{[]string{s + "type=jwt", s + "jwt.secret=" + marker}, "test.properties: server.authenticator.jwt.secret: shared key has 13 bytes, less than 32", "openssl"},
		{[]string{s + "type=jwt", s + "jwt.secret=" + string(shared), s + "jwt.leeway=1"}, `test.properties: server.authenticator.jwt.leeway: must be a time such as 30s, not "1"`, ""},
		{[]string{s + "type=jwt", s + "jwt.secret=" + string(shared), s + "jwt.leeway=-1s"}, `test.properties: server.authenticator.jwt.leeway: must be a time such as 30s, not "-1s"`, ""},
		{[]string{s + "type=jwt", s + "jwt.keys=" + missing}, "test.properties: server.authenticator.jwt.keys: read public keys: open " + missing + ": no such file or directory", ""},
		{[]string{s + "type=jwt", s + "jwt.keys=" + rubbish}, "test.properties: server.authenticator.jwt.keys: " + rubbish + ": no public key found", "PEM"},
	} {
		a, err := configured(t, nil, tt.lines...)
		if model.CodeOf(err) != model.Invalid || a != nil || err.Error() != tt.want || !strings.Contains(model.HintsOf(err), tt.hint) {
			t.Errorf("%q: got %v, hint %q, want %s, hint %q", tt.lines, err, model.HintsOf(err), tt.want, tt.hint)
		}
		if err != nil && strings.Contains(err.Error()+model.HintsOf(err), marker) {
			t.Errorf("%q: the error shows a secret: %v", tt.lines, err)
		}
	}
}
