package serve_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// asked opens what a folder has of its runs, and a client of it.
func asked(t *testing.T, dir string) *client.Client {
	t.Helper()
	l, err := serve.OpenLocal(t.Context(), dir, "9.9", clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	at, err := client.ParseEndpoint("localhost")
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(client.Config{Endpoint: at, Dial: l.Dial, Retries: -1})
	t.Cleanup(func() {
		c.Close()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := l.Dial(context.Background(), "", ""); err == nil {
			t.Error("it is connected to when it is closed")
		}
	})
	return c
}

// folder makes a folder with a database.
func folder(t *testing.T) (dir string, of *sqlite.Store) {
	t.Helper()
	dir = t.TempDir()
	of, err := sqlite.Open(serve.LocalDatabase(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := of.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, of
}

// begin starts an attempt of a project.
func begin(t *testing.T, of *sqlite.Store, project model.ProjectID) {
	t.Helper()
	start := storetest.StartOf("k")
	start.Session.Project = project
	if _, _, err := of.StartAttempt(t.Context(), start); err != nil {
		t.Fatal(err)
	}
}

func TestWhatAFolderHasIsAskedAndNotChanged(t *testing.T) {
	t.Parallel()
	dir, of := folder(t)
	begin(t, of, 0)
	c := asked(t, dir)
	list, err := c.Attempts(t.Context(), client.Page{})
	if err != nil || len(list) != 1 || list[0].Project.Name != "default" {
		t.Errorf("the attempts are %+v, %v", list, err)
	}
	if _, err := c.Kill(t.Context(), list[0].ID); model.CodeOf(err) != model.Forbidden {
		t.Errorf("a kill: %v", err)
	}
	if files, err := c.LogFiles(t.Context(), list[0].ID, ""); err != nil || len(files) > 0 {
		t.Errorf("the logs are %v, %v", files, err)
	}
	made, err := os.ReadDir(filepath.Dir(serve.LocalDatabase(dir)))
	for _, e := range made {
		if !strings.HasPrefix(e.Name(), "pawl.db") {
			t.Errorf("%s was made", e.Name())
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// A server may keep its database where a folder has its own.
func TestTheDatabaseOfAServerIsShownAsItIs(t *testing.T) {
	t.Parallel()
	dir, of := folder(t)
	p, err := of.Push(t.Context(), store.Push{Project: "shop", Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.NoArchive}}})
	if err != nil {
		t.Fatal(err)
	}
	begin(t, of, p.ID)
	list, err := asked(t, dir).Attempts(t.Context(), client.Page{})
	if err != nil || len(list) != 1 || list[0].Project.Name != "shop" {
		t.Errorf("the attempts are %+v, %v", list, err)
	}
}

func TestAFolderWithoutRunsHasNothingToAsk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := serve.OpenLocal(t.Context(), dir, "9.9", clock.System{}, slog.New(slog.DiscardHandler))
	if model.CodeOf(err) != model.NotFound {
		t.Error(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("there is %v, %v", list, err)
	}
}
