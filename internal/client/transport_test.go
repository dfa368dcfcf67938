package client_test

import (
	"bytes"
	"compress/gzip"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"localhost":                     "http://localhost:80",
		"localhost:8080":                "http://localhost:8080",
		"http://h:1/path/of/it":         "http://h:1",
		"https://h.example":             "https://h.example:443",
		"https://[::1]:9":               "https://[::1]:9",
		client.DefaultEndpoint:          client.DefaultEndpoint,
		"http://digdag.example/?a=b#no": "http://digdag.example:80",
	} {
		e, err := client.ParseEndpoint(text)
		if err != nil || e.String() != want {
			t.Errorf("%s: %s, %v", text, e, err)
		}
	}
	for _, text := range []string{"", "ftp://h", "http://", "h:port", "http://u:p@h", "/x"} {
		if e, err := client.ParseEndpoint(text); model.CodeOf(err) != model.Invalid {
			t.Errorf("%q: %s, %v", text, e, err)
		}
	}
}

func TestHeadersAreForTheServerOnly(t *testing.T) {
	t.Parallel()
	store := newPeer(t, answer(200, "stored"))
	server := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, store.URL+"/x?sig=1", http.StatusSeeOther)
	})
	c := to(t, server.URL, client.Config{Headers: http.Header{"Authorization": {"Bearer t"}, "x-mine": {"1"}}})
	body, err := c.Archive(t.Context(), "3", "r")
	if got := read(t, body, err); got != "stored" {
		t.Errorf("got %q", got)
	}
	body, err = c.Log(t.Context(), "3", client.LogFile{FileName: "f", Direct: client.Text(store.URL + "/log")})
	if got := read(t, body, err); got != "stored" {
		t.Errorf("got %q", got)
	}
	if h := server.head(0); h.Get("Authorization") != "Bearer t" || h.Get("X-Mine") != "1" {
		t.Errorf("the server got %v", h)
	}
	for i := range store.requests() {
		if h := store.head(i); h.Get("Authorization") != "" || h.Get("X-Mine") != "" {
			t.Errorf("the store got %v", h)
		}
	}
	if got := strings.Join(append(server.requests(), store.requests()...), ", "); got != "GET /api/projects/3/archive?revision=r, GET /x?sig=1, GET /log" {
		t.Errorf("requests: %s", got)
	}
}

func TestAStoreThatFailsForTheMomentIsAskedForAgainByWayOfTheServer(t *testing.T) {
	t.Parallel()
	store := newPeer(t, answer(503, ""), answer(200, "stored"))
	server := newPeer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, store.URL, http.StatusSeeOther) })
	body, err := to(t, server.URL, client.Config{}).Archive(t.Context(), "3", "")
	if got := read(t, body, err); got != "stored" || len(server.requests()) != 2 {
		t.Errorf("got %q after %d requests", got, len(server.requests()))
	}
}

func TestRedirectionsAreFollowedOnce(t *testing.T) {
	t.Parallel()
	var p *peer
	p = newPeer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, p.URL, http.StatusFound) })
	c := to(t, p.URL, client.Config{})
	if _, err := c.Archive(t.Context(), "3", ""); model.CodeOf(err) != model.Unavailable || len(p.requests()) != 2 {
		t.Errorf("%d requests, %v", len(p.requests()), err)
	}
	if _, err := c.Version(t.Context()); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "on to "+p.URL) {
		t.Errorf("got %v", err)
	}
}

func TestFilesMayBeAskedForOfTheServerItself(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(200, `{}`))
	c := to(t, p.URL, client.Config{NoDirect: true})
	body, err := c.Archive(t.Context(), "3", "r")
	read(t, body, err)
	if _, err := c.LogFiles(t.Context(), "3", ""); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(p.requests(), ", "); got != "GET /api/projects/3/archive?direct_download=false&revision=r, GET /api/logs/3/files?direct_download=false" {
		t.Errorf("requests: %s", got)
	}
}

func TestCompressedAnswersAreRead(t *testing.T) {
	t.Parallel()
	p := newPeer(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Errorf("the client takes %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(`{"version":"3"}`))
		_ = z.Close()
	})
	if v, err := to(t, p.URL, client.Config{}).Version(t.Context()); v != "3" || err != nil {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	p := new(peer)
	p.Server = httptest.NewUnstartedServer(p.answering([]http.HandlerFunc{answer(200, `{"version":"4"}`)}))
	p.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	p.StartTLS()
	t.Cleanup(p.Close)
	clock := new(clockwork)
	_, err := to(t, p.URL, client.Config{Clock: clock}).Version(t.Context())
	if model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "can't be trusted") || len(clock.waited()) > 0 {
		t.Errorf("after %d waits: %v", len(clock.waited()), err)
	}
	if v, err := to(t, p.URL, client.Config{TrustAll: true}).Version(t.Context()); v != "4" || err != nil {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env       map[string]string
		url, want string
	}{
		{nil, "http://h.example", ""},
		{map[string]string{"http_proxy": "http://a:1", "HTTP_PROXY": "http://b:1"}, "http://h.example", "http://a:1"},
		{map[string]string{"HTTP_PROXY": "http://b:1"}, "http://h.example", "http://b:1"},
		{map[string]string{"HTTP_PROXY": "http://b:1"}, "https://h.example", "http://b:1"},
		{map[string]string{"HTTP_PROXY": "http://b:1", "HTTPS_PROXY": "http://c:1"}, "https://h.example", "http://c:1"},
		{map[string]string{"https_proxy": "http://d:1", "HTTPS_PROXY": "http://c:1"}, "https://h.example", "http://d:1"},
		{map[string]string{"http_proxy": "http://a:1", "no_proxy": "h.example"}, "http://h.example", ""},
		{map[string]string{"http_proxy": "http://a:1"}, "http://127.0.0.1:65432", ""},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := client.ProxyFrom(func(k string) string { return c.env[k] })(&http.Request{URL: u})
		got := ""
		if proxy != nil {
			got = proxy.String()
		}
		if got != c.want || err != nil {
			t.Errorf("%v %s: %q, %v", c.env, c.url, got, err)
		}
	}
}

func TestAProxyIsUsed(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(200, `{"version":"5"}`))
	through := client.ProxyFrom(func(k string) string { return map[string]string{"http_proxy": p.URL}[k] })
	v, err := to(t, "digdag.example:65432", client.Config{Proxy: through}).Version(t.Context())
	if v != "5" || err != nil || p.requests()[0] != "GET http://digdag.example:65432/api/version" {
		t.Errorf("got %q, %v, %q", v, err, p.requests())
	}
}

func TestTheLogTellsNoSecrets(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	store := newPeer(t, answer(200, "stored"))
	server := newPeer(t,
		answer(503, ""),
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, store.URL+"/x?hidden", http.StatusSeeOther)
		},
		answer(200, `{}`))
	c := to(t, server.URL, client.Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Headers: http.Header{"Authorization": {"hidden"}}})
	body, err := c.Archive(t.Context(), "3", "")
	read(t, body, err)
	if err := c.SetSecret(t.Context(), "3", "k", "hidden"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"path=/api/projects/3/archive status=503", "sent again", "path=/x status=200", "method=PUT"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log", want)
		}
	}
	if strings.Contains(log.String(), "hidden") {
		t.Error(log.String())
	}
}
