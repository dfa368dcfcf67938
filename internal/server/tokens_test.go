package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

// newTokenWorld is one whose server takes tokens.
func newTokenWorld(t *testing.T) *world {
	var clock *fakeClock
	return newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		clock = c.Clock.(*fakeClock)
		c.Auth = auth.Chain{everybody(), auth.ByToken{Tokens: c.Store, Now: clock.Now}}
	})
}

func (w *world) asRoot(method, path, body string) *httptest.ResponseRecorder {
	r := request(method, path, body)
	r.SetBasicAuth("root", "root")
	return w.do(r)
}

// get asks for the projects with a token, and returns the status.
func (w *world) withToken(method, path, token string) int {
	r := request(method, path, "")
	r.Header.Set("Authorization", "Bearer "+token)
	return w.do(r).Code
}

func TestATokenIsToldOnceAndCountsUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	w := newTokenWorld(t)
	rec := w.asRoot("POST", "/api/pawl/v1/tokens", `{"name":"ci","scopes":["read:p"],"expiresAt":"2026-03-08T13:00:00Z"}`)
	var made struct{ Name, Token, ExpiresAt string }
	must(t, json.Unmarshal(rec.Body.Bytes(), &made))
	if rec.Code != http.StatusOK || made.Name != "ci" || made.ExpiresAt != "2026-03-08T13:00:00Z" || rec.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s %v", rec.Code, rec.Body, rec.Header())
	}
	if got := w.withToken("GET", "/api/projects", made.Token); got != http.StatusOK {
		t.Errorf("with the token: %d", got)
	}
	if got := w.withToken("GET", "/api/pawl/v1/tokens", made.Token); got != http.StatusForbidden {
		t.Errorf("it lists tokens: %d", got)
	}
	list := w.asRoot("GET", "/api/pawl/v1/tokens", "").Body.String()
	want := `{"tokens":[{"name":"ci","scopes":["read:p"],"createdAt":"2026-03-08T12:00:00Z","expiresAt":"2026-03-08T13:00:00Z","usedAt":"2026-03-08T12:00:00Z"}]}`
	if list != want {
		t.Errorf("listed as %s", list)
	}
	if rec := w.asRoot("DELETE", "/api/pawl/v1/tokens/ci", ""); rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), made.Token) {
		t.Errorf("revoke: %d %s", rec.Code, rec.Body)
	}
	if got := w.withToken("GET", "/api/projects", made.Token); got != http.StatusUnauthorized {
		t.Errorf("with the revoked token: %d", got)
	}
	if rec := w.asRoot("DELETE", "/api/pawl/v1/tokens/ci", ""); rec.Code != http.StatusNotFound {
		t.Errorf("revoke again: %d %s", rec.Code, rec.Body)
	}
	for _, e := range w.audit() {
		if strings.Contains(e.Target, made.Token) {
			t.Errorf("the audit log has the token: %+v", e)
		}
	}
}

func TestTokensThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := newTokenWorld(t)
	for body, want := range map[string]int{
		`{"name":"ci","scopes":["fly"]}`:                                     http.StatusBadRequest,
		`{"name":"ci","scopes":[]}`:                                          http.StatusBadRequest,
		`{"scopes":["read"]}`:                                                http.StatusBadRequest,
		`{"name":"ci","scopes":["read"],"expiresAt":"soon"}`:                 http.StatusBadRequest,
		`{"name":"ci","scopes":["read"],"expiresAt":"2026-03-08T12:00:00Z"}`: http.StatusBadRequest,
		`{"name":`: http.StatusBadRequest,
		`{"name":"ok","scopes":["read","run:p","admin"],"expiresAt":null}`: http.StatusOK,
	} {
		if rec := w.asRoot("POST", "/api/pawl/v1/tokens", body); rec.Code != want {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	if rec := w.asRoot("POST", "/api/pawl/v1/tokens", `{"name":"ok","scopes":["read"]}`); rec.Code != http.StatusConflict {
		t.Errorf("a name that is taken: %d %s", rec.Code, rec.Body)
	}
}
