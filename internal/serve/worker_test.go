package serve_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
)

// shared are settings of servers and workers on one database.
func shared(t *testing.T, pairs ...string) *config.Config {
	t.Helper()
	return settings(t, append([]string{
		"database.type", "postgresql", "database.url", postgrestest.URL(t), "database.schema", postgrestest.Schema(t), "runner.type", "queue",
	}, pairs...)...)
}

func TestQueuesThatCanNotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pairs        []string
		folder, hint string
	}{
		"sqlite":          {[]string{"runner.type", "queue"}, "", "database.type"},
		"memory":          {[]string{"runner.type", "queue", "database.type", "memory"}, "", "database.type"},
		"a folder":        {[]string{"runner.type", "queue"}, t.TempDir(), "push the folder"},
		"nobody":          {[]string{"agent.enabled", "false"}, "", "runner.type"},
		"a kind":          {[]string{"runner.type", "cloud"}, "", ""},
		"a name of queue": {[]string{"runner.type", "queue", "runner.queue.names", "a,B"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve.Open(t.Context(), serve.Config{
				Settings: settings(t, c.pairs...), Folder: c.folder, Log: slog.New(slog.DiscardHandler),
			})
			if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(model.HintsOf(err), c.hint) {
				t.Errorf("error %v, hints %q", err, model.HintsOf(err))
			}
		})
	}
	_, err := serve.OpenWorker(t.Context(), serve.Config{Settings: settings(t), Log: slog.New(slog.DiscardHandler)})
	if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), "database.type") {
		t.Errorf("a worker on SQLite: error %v, hints %q", err, model.HintsOf(err))
	}
}

func TestAWorkerCanBeWatched(t *testing.T) {
	t.Parallel()
	cfg := shared(t, "server.admin.port", "0", "agent.max-task-threads", "3", "runner.queue.names", "default, gpu")
	var log paper
	w, err := serve.OpenWorker(t.Context(), serve.Config{Settings: cfg, Version: "9.9", Log: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, t.Context()) }()
	ask := func(path string) (int, string) {
		t.Helper()
		answer, err := http.Get("http://" + w.Address().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if status, text := ask(path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	_, shown := ask("/metrics")
	for _, line := range []string{`version="9.9"`, "\npawl_slots_free 6\n"} {
		if !strings.Contains(shown, line) {
			t.Errorf("no %s in\n%s", line, shown)
		}
	}
	if status, _ := ask("/api/projects"); status != http.StatusNotFound {
		t.Errorf("the REST API answers with %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	messages, all := log.lines(t)
	if len(messages) == 0 || messages[len(messages)-1] != "worker stopped" || !strings.Contains(all, `"queues":["default","gpu"]`) {
		t.Errorf("the log is\n%s", all)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAWorkerIsWatchedFromElsewhereWithALoginOnly(t *testing.T) {
	t.Parallel()
	_, err := serve.OpenWorker(t.Context(), serve.Config{
		Settings: shared(t, "server.admin.port", "0", "server.admin.bind", "0.0.0.0"), Log: slog.New(slog.DiscardHandler),
	})
	if model.CodeOf(err) != model.Invalid || !strings.Contains(model.HintsOf(err), "server.authenticator") {
		t.Errorf("without a login: %v", err)
	}
	w, err := serve.OpenWorker(t.Context(), serve.Config{
		Settings: shared(t, "server.admin.port", "0", "server.admin.bind", "0.0.0.0",
			"server.authenticator.basic.username", "ann", "server.authenticator.basic.password", "secret"),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx, t.Context()) }()
	_, port, err := net.SplitHostPort(w.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ anybody, ann int }{
		"/livez":   {http.StatusOK, http.StatusOK},
		"/metrics": {http.StatusUnauthorized, http.StatusOK},
	} {
		for user, want := range map[string]int{"": want.anybody, "ann:secret@": want.ann} {
			answer, err := http.Get("http://" + user + "127.0.0.1:" + port + path)
			if err != nil {
				t.Fatal(err)
			}
			if err := answer.Body.Close(); err != nil || answer.StatusCode != want {
				t.Errorf("%s%s: %d, want %d (%v)", user, path, answer.StatusCode, want, err)
			}
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestDoctorSaysWhoRunsTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg   *config.Config
		grade serve.Grade
	}{
		"the server":         {settings(t), serve.Fine},
		"nobody":             {settings(t, "agent.enabled", "false"), serve.Problem},
		"a queue on SQLite":  {settings(t, "runner.type", "queue"), serve.Problem},
		"workers and server": {shared(t), serve.Fine},
		"workers":            {shared(t, "agent.enabled", "false"), serve.Note},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := serve.Examine(t.Context(), c.cfg, nil)
			if got := grades(found, "tasks"); len(got) != 1 || got[0] != c.grade {
				t.Errorf("%v, want a %s\n%+v", got, c.grade, found)
			}
		})
	}
}
