package serve

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// given returns a try as a program gets it from a server with some settings.
func given(t *testing.T, pairs ...string) *Try {
	t.Helper()
	var cfg config.Config
	for i := 0; i < len(pairs); i += 2 {
		cfg.Set(pairs[i], pairs[i+1], "test")
	}
	reference, err := referenceOf(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	input, err := (&launchedTry{Instance: reference, Defaults: []byte("{}")}).encode()
	if err != nil {
		t.Fatal(err)
	}
	try, err := ReadTry(input)
	if err != nil {
		t.Fatal(err)
	}
	return try
}

func quiet() Config { return Config{Log: slog.New(slog.DiscardHandler)} }

func TestWhatProgramsAreTold(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := given(t, "database.path", "data", "digdag.secret-encryption-key", "k", "server.authenticator.basic.password", "p",
		"client.http.token", "p", "webhooks.w.secret", "p", "secrets.s", "p", "runner.docker.program", "docker").Settings()
	if dir, _ := got.Get("database.path"); dir != filepath.Join(here, "data") {
		t.Errorf("database.path is %s", dir)
	}
	if key, _ := got.Get(secret.KeySetting); key != "k" || len(got.Keys()) != 2 {
		t.Errorf("they are told %v", got.Keys())
	}
}

// A program that sees another folder must not take an empty database for the server's.
func TestATryMakesNoDatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	err := given(t, "database.path", dir).Run(t.Context(), quiet())
	if model.CodeOf(err) != model.NotFound || err == nil || errors.Is(err, ErrTold) || !strings.Contains(model.HintsOf(err), "database.path") {
		t.Errorf("code %v, error %v", model.CodeOf(err), err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("there is a database")
	}
}

func TestATryThatIsToldToEndWhileItWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := given(t, "database.type", "postgresql", "database.url", "postgres://127.0.0.1:1/x", "tmpdir", t.TempDir()).Run(ctx, quiet())
	if !errors.Is(err, ErrTold) {
		t.Errorf("error %v", err)
	}
}

// postbox is away for a while.
type postbox struct {
	store.Inbox
	back time.Time
}

func (p *postbox) Post(ctx context.Context, _ []store.Post) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if time.Now().Before(p.back) {
		return model.Errorf(model.Unavailable, "away")
	}
	return nil
}

// Who is told to end while a report waits has time to store it.
func TestAReportIsStoredAfterTheEnd(t *testing.T) {
	t.Parallel()
	for away, stored := range map[time.Duration]bool{15 * time.Second: true, time.Minute: false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := deliver(ctx, &postbox{back: time.Now().Add(away)}, runner.Report{Lost: true})
			if (err == nil) != stored {
				t.Errorf("away for %v: error %v", away, err)
			}
		})
	}
}
