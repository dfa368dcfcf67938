package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// marker stands for a credential and must not turn up in an error.
const marker = "s3cret-marker"

var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

func header(values ...string) http.Header { return http.Header{"Authorization": values} }

func accepts(t *testing.T, a auth.Authenticator, c auth.Credentials) auth.Principal {
	t.Helper()
	p, err := a.Authenticate(t.Context(), c)
	if err != nil {
		t.Errorf("%v: %v", c, err)
	}
	return p
}

// refuses fails unless a refuses the credentials with an error that shows
// neither marker nor token, and returns that.
func refuses(t *testing.T, a auth.Authenticator, c auth.Credentials, secrets ...string) error {
	t.Helper()
	p, err := a.Authenticate(t.Context(), c)
	if model.CodeOf(err) != model.Unauthenticated || p.Name != "" || p.Admin || len(p.Scopes) > 0 {
		t.Errorf("%v: got %q, %v", c, p.Name, err)
		return err
	}
	for _, s := range append(secrets, marker) {
		if strings.Contains(fmt.Sprintf("%+v %s", err, model.HintsOf(err)), s) {
			t.Errorf("%v: the error shows it: %v", c, err)
		}
	}
	return err
}

func foreign(t *testing.T, a auth.Authenticator, c auth.Credentials) {
	t.Helper()
	if err := refuses(t, a, c); !errors.Is(err, auth.ErrForeign) {
		t.Errorf("%v: got %v, want it to be foreign", c, err)
	}
}

func newBasic(t *testing.T, user, password string, admin bool) *auth.Basic {
	t.Helper()
	b, err := auth.NewBasic(user, password, admin)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCredentialsAreReadFromHeaders(t *testing.T) {
	t.Parallel()
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tt := range []struct {
		header http.Header
		want   auth.Credentials
	}{
		{nil, auth.Credentials{}},
		{header("Basic " + encoded("ann:pass:word")), auth.Password("ann", "pass:word")},
		{header("basic  " + encoded("é:ü") + " "), auth.Password("é", "ü")},
		{header("Basic " + encoded(":")), auth.Password("", "")},
		{header("Bearer a.b.c"), auth.Bearer("a.b.c")},
		{header("BEARER pawl_x"), auth.Bearer("pawl_x")},
	} {
		if got := auth.FromHeader(tt.header); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.header, got, tt.want)
		}
	}
}

func TestUnreadableHeadersAreForeignToAll(t *testing.T) {
	t.Parallel()
	ann := base64.StdEncoding.EncodeToString([]byte("ann:" + marker))
	chain := auth.Chain{newBasic(t, "ann", marker, false), auth.NewJWT(auth.JWTOptions{Now: clock}), auth.ByToken{Now: clock}}
	for _, h := range []http.Header{
		header(""), header("Basic"), header("Basic ?"), header("Basic " + base64.StdEncoding.EncodeToString([]byte("ann"))),
		header("Basic " + base64.StdEncoding.EncodeToString([]byte("ann:\xff"))), header("Bearer"), header("Bearer a b"),
		header("Digest " + ann), header("Basic " + ann + "!"), header("Basic "+ann, "Basic "+ann),
		header(ann), header("Basic:" + ann),
	} {
		foreign(t, chain, auth.FromHeader(h))
	}
	accepts(t, chain, auth.FromHeader(header("Basic "+ann)))
}

func TestCredentialsDoNotPrintWhatIsSecret(t *testing.T) {
	t.Parallel()
	for c, want := range map[auth.Credentials]string{
		auth.Password("ann", marker):           `password of user "ann"`,
		auth.Bearer(marker):                    "token",
		auth.FromHeader(header("x " + marker)): "credentials that cannot be read",
		auth.FromHeader(header()):              "no credentials",
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, c); got != want {
				t.Errorf("%s: got %s, want %s", verb, got, want)
			}
		}
	}
}

// forAdministrators are the actions that no scope but admin allows.
var forAdministrators = []auth.Action{auth.Administer, auth.AuditList, auth.TokenList, auth.TokenCreate, auth.TokenRevoke, auth.SecretRotate}

func TestNoneLetsEveryoneInWithoutAdministration(t *testing.T) {
	t.Parallel()
	for _, c := range []auth.Credentials{{}, auth.Password("root", "x"), auth.Bearer("x"), auth.FromHeader(header("?"))} {
		p := accepts(t, auth.None{}, c)
		if p.Name != "local" || p.Admin {
			t.Errorf("%v: got %+v", c, p)
		}
		for _, a := range auth.Actions() {
			if err := (auth.ByScope{}).Allow(p, a, "any"); (err == nil) != !slices.Contains(forAdministrators, a) {
				t.Errorf("%s: %v", a, err)
			}
		}
	}
}

// fixed is an authenticator that always gives the same answer.
type fixed struct {
	name string
	err  error
}

func (f fixed) Authenticate(context.Context, auth.Credentials) (auth.Principal, error) {
	return auth.Principal{Name: f.name}, f.err
}

func TestChainTakesTheFirstThatAccepts(t *testing.T) {
	t.Parallel()
	wrong := fixed{err: model.Errorf(model.Unauthenticated, "wrong")}
	later := fixed{err: model.Errorf(model.Unauthenticated, "also wrong")}
	foreign := fixed{err: auth.ErrForeign}
	down := fixed{err: model.Errorf(model.Unavailable, "down")}
	banned := fixed{err: model.Errorf(model.Forbidden, "banned")}
	ann, bob := fixed{name: "ann"}, fixed{name: "bob"}
	for _, tt := range []struct {
		what  string
		chain auth.Chain
		name  string
		err   error
	}{
		{"the first", auth.Chain{ann, bob}, "ann", nil},
		{"after one to whom they are foreign", auth.Chain{foreign, bob}, "bob", nil},
		{"after one who found them wrong", auth.Chain{wrong, bob}, "bob", nil},
		{"nobody", auth.Chain{foreign, wrong, later, foreign}, "", wrong.err},
		{"foreign to all", auth.Chain{foreign, foreign}, "", auth.ErrForeign},
		{"no authenticator", nil, "", auth.ErrForeign},
		{"one that cannot tell", auth.Chain{foreign, down, ann}, "", down.err},
		{"one that forbids", auth.Chain{banned, ann}, "", banned.err},
	} {
		p, err := tt.chain.Authenticate(t.Context(), auth.Credentials{})
		if p.Name != tt.name || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.what, p.Name, err, tt.name, tt.err)
		}
	}
}
