package serve_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

func TestFoldersThatCanNotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key, value string
		code       model.Code
		check      string
	}{
		"a database in a file":            {"database.path", file, model.Conflict, "database"},
		"a database below a file":         {"database.path", filepath.Join(file, "data"), model.Conflict, "database"},
		"a database where nothing can be": {"database.path", "/proc/pawl", model.Forbidden, "database"},
		"logs in a file":                  {"log-server.local.path", file, model.Conflict, "task logs"},
		"logs where nothing can be":       {"log-server.local.path", "/proc/pawl/logs", model.Forbidden, "task logs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := settings(t, c.key, c.value)
			_, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Log: slog.New(slog.DiscardHandler)})
			if model.CodeOf(err) != c.code || !strings.Contains(model.HintsOf(err), c.key) {
				t.Errorf("%v, a %s with the hints %q", err, model.CodeOf(err), model.HintsOf(err))
			}
			found := serve.Examine(t.Context(), cfg, nil)
			if got := grades(found, c.check); len(got) != 1 || got[0] != serve.Problem {
				t.Errorf("the doctor finds %v", got)
			}
		})
	}
}

func TestAllSettingsThatAreWrongAreToldBeforeTheServerStarts(t *testing.T) {
	t.Parallel()
	var log paper
	cfg := settings(t, "database.type", "postgres", "database.migrate", "maybe", "database.port", "-1", "server.admin.port", "65536", "executor.task_ttl", "0s")
	_, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if model.CodeOf(err) != model.Invalid || err == nil {
		t.Fatalf("Open: %v", err)
	}
	for _, part := range []string{
		"test: database.type must be one of sqlite, memory, postgresql, h2", "test: database.migrate must be true or false",
		"test: database.port must be a port, from 0 to 65535", "test: server.admin.port must be a port",
		"test: executor.task_ttl must be a time such as 7d, 12h or 30m, above 0s",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
	if hints := model.HintsOf(err); hints != `did you mean "postgresql"?` {
		t.Errorf("the hints are %q", hints)
	}
	if log.text.Len() > 0 {
		t.Errorf("the log says %s", log.text.String())
	}
}

func TestPasswordsInTheClearAreToldOf(t *testing.T) {
	t.Parallel()
	users := []string{"server.authenticator.basic.username", "ann", "server.authenticator.basic.password", "secret"}
	for name, c := range map[string]struct {
		pairs []string
		clear bool
	}{
		"on this machine":          {users, false},
		"elsewhere":                {append(users[:4:4], "server.bind", "0.0.0.0"), true},
		"to administrators":        {append(users[:4:4], "server.admin.port", "0", "server.admin.bind", "0.0.0.0"), true},
		"elsewhere, behind a lock": {append(users[:4:4], "server.bind", "0.0.0.0", "server.tls.certificate", "none", "server.tls.key", "none"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log paper
			cfg := settings(t, c.pairs...)
			s, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err == nil {
				ctx, stop := context.WithCancel(t.Context())
				stop()
				err = s.Run(ctx, ctx)
			}
			if err != nil && cfg.Under("server.tls").Len() == 0 {
				t.Error(err)
			}
			if told := strings.Contains(log.text.String(), "in the clear"); told != c.clear {
				t.Errorf("the log says %s", log.text.String())
			}
			if found := grades(serve.Examine(t.Context(), cfg, nil), "authentication"); (len(found) > 0) != c.clear {
				t.Errorf("the doctor finds %v", found)
			}
		})
	}
}
