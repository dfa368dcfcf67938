package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

// paper is what a log is written to.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// lines returns the messages of the log and all of it.
func (p *paper) lines(t *testing.T) (messages []string, all string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(p.text.String()) {
		var l struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, l.Msg)
	}
	return messages, p.text.String()
}

func settings(t *testing.T, pairs ...string) *config.Config {
	t.Helper()
	c := &config.Config{}
	c.Set("database.path", filepath.Join(t.TempDir(), "data"), "test")
	c.Set("server.port", "0", "test")
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1], "test")
	}
	return c
}

func TestAServerShowsItsMetricsAndLogsItsLife(t *testing.T) {
	t.Parallel()
	var log paper
	cfg := settings(t, "of.others", "1", "digdag.secret-encryption-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	s, err := serve.Open(t.Context(), serve.Config{
		Settings: cfg, Version: "9.9", Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	get(t, s, "/livez")
	const leased = `pawl_lease_renewals_total{result="taken"} `
	shown := get(t, s, "/metrics")
	for deadline := time.Now().Add(time.Minute); !strings.Contains(shown, leased) && time.Now().Before(deadline); {
		shown = get(t, s, "/metrics") // leases are taken while the server answers already
	}
	for _, line := range []string{`version="9.9"`, "\npawl_slots_free ", "\npawl_attempts_driven 0\n", leased,
		`pawl_http_requests_total{code="200",method="GET",route="/livez"} 1`,
	} {
		if !strings.Contains(shown, line) {
			t.Errorf("no %s in\n%s", line, shown)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	messages, all := log.lines(t)
	want := []string{"server starts", "setting is not known", "server listens", "server stops once its tasks have ended", "server stopped"}
	if strings.Join(messages, "|") != strings.Join(want, "|") || strings.Contains(all, "MDEyMzQ1") {
		t.Errorf("the log:\n%s", all)
	}
}

func get(t *testing.T, s *serve.Server, path string) string {
	t.Helper()
	answer, err := http.Get("http://" + s.Addresses()[0].String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A collector is found by the variables of the process itself.
func TestTracesReachTheCollectorThatTheEnvironmentNames(t *testing.T) {
	got := make(chan string, 9)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	s, err := serve.Open(t.Context(), serve.Config{
		Settings: settings(t, "database.type", "memory"), Env: os.Environ(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	get(t, s, "/livez")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if path := <-got; path != "/v1/traces" {
		t.Errorf("sent to %s", path)
	}
}

// grades returns what was found about a check.
func grades(found []serve.Finding, check string) (list []serve.Grade) {
	for _, f := range found {
		if f.Check == check {
			list = append(list, f.Grade)
		}
	}
	return list
}

func TestDoctorFindsAPortThatIsTakenAndSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	go func() { // whoever has the port is no server
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	found := serve.Examine(t.Context(), settings(t, "server.port", port, "server.prt", "1", "executor.task_ttl", "soon", "tmpdir", "/does/not/exist"), nil)
	for check, want := range map[string][]serve.Grade{
		"settings": {serve.Problem, serve.Problem}, "port": {serve.Problem}, "temp folder": {serve.Problem},
		"program sh": {serve.Problem}, "program ruby": {serve.Note}, "secret key": {serve.Note}, "database": {serve.Fine},
	} {
		got := grades(found, check)
		if len(got) != len(want) || got[0] != want[0] {
			t.Errorf("%s: %v, want %v", check, got, want)
		}
	}
	for _, f := range found {
		if f.Grade == serve.Problem && f.Hint == "" && f.Check != "settings" {
			t.Errorf("%+v does not say how to mend it", f)
		}
	}
}

func TestAServerWithoutItsDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  *config.Config
		code model.Code
	}{
		"postgresql": {settings(t, "database.type", "postgresql", "database.url", "postgres://nobody@127.0.0.1:1/x"), model.Unavailable},
		"sqlite":     {settings(t, "database.path", file), model.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve.Open(t.Context(), serve.Config{Settings: c.cfg, Log: slog.New(slog.DiscardHandler)})
			if err == nil || model.CodeOf(err) != c.code {
				t.Errorf("error %v with code %v, want %v", err, model.CodeOf(err), c.code)
			}
		})
	}
}

func TestDoctorWarnsOfAnOpenServerThatOthersCanReach(t *testing.T) {
	t.Parallel()
	found := serve.Examine(t.Context(), settings(t, "server.bind", "0.0.0.0"), nil)
	if got := grades(found, "authentication"); len(got) != 1 || got[0] != serve.Problem {
		t.Errorf("found %v", got)
	}
}

func TestDoctorKnowsARunningServer(t *testing.T) {
	t.Parallel()
	cfg := settings(t, "database.type", "memory")
	s, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	get(t, s, "/livez") // once it is there to answer, it does so soon
	_, port, _ := net.SplitHostPort(s.Addresses()[0].String())
	if got := grades(serve.Examine(t.Context(), settings(t, "server.port", port), nil), "port"); len(got) != 1 || got[0] != serve.Note {
		t.Errorf("found %v", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
