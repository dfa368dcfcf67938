package pawl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/worker"
)

// site is a server and a program on one database.
type site struct {
	*testing.T
	store *shared
	rules *service.Service
	*pawl.Engine
}

// databases are those that a program and a server can share.
var databases = map[string]func(*testing.T) string{
	"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "pawl.db") },
	"postgres": func(t *testing.T) string { return postgrestest.Own(t).URL },
}

// connect opens a database that is there as long as the test.
func connect(t *testing.T, database string) (db store.Store) {
	t.Helper()
	var err error
	if strings.HasPrefix(database, "postgres") {
		db, err = postgres.Open(t.Context(), postgres.Config{URL: database})
	} else {
		db, err = sqlite.Open(database)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newSite(t *testing.T, database string, processes ...pawl.Definition) *site {
	t.Helper()
	commits := make(chan struct{}, 1)
	s := &site{T: t, store: &shared{connect(t, database), commits}}
	s.rules = service.New(service.Config{Store: s.store, NewUUID: uuid.NewString})
	server, err := daemon.Start(t.Context(), daemon.Config{Config: worker.Config{
		Store: s.store, Service: s.rules, WorkDir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Engine = (&shared{connect(t, database), commits}).engine(t, processes...)
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), s.Engine.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// start pushes a workflow and starts it.
func (s *site) start(name, text string) store.Attempt {
	s.Helper()
	dir := s.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name+".dig"), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
	var b bytes.Buffer
	if err := project.Pack(dir, &b, project.PackOptions{}); err != nil {
		s.Fatal(err)
	}
	p, err := s.rules.Push(s.Context(), service.Push{Project: name, Revision: "1", Archive: &b, Length: int64(b.Len())})
	if err != nil {
		s.Fatal(err)
	}
	w, err := s.store.WorkflowNamed(s.Context(), p.Latest.ID, name)
	if err != nil {
		s.Fatal(err)
	}
	a, err := s.rules.Start(s.Context(), service.Start{Workflow: &w, Session: pawlStart})
	if err != nil {
		s.Fatal(err)
	}
	return a
}

const shipOf = `+ship:
  start>: shipping
  project_name: notes
  params: {order: %s}
  store: shipped
+see:
  store>: {number: "${shipped.parcel}"}
`

func TestAWorkflowOfAServerCallsAProcess(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := shipping()
			s := newSite(t, database(t), by)
			done := s.start("daily", fmt.Sprintf(shipOf, "o-1"))
			killed := s.start("weekly", fmt.Sprintf(shipOf, "o-2"))
			failed := s.start("yearly", fmt.Sprintf(shipOf, "[o-3]"))
			called := func(a store.Attempt) *pawl.Run[child] {
				return by.Run(s.Engine, "+"+a.Session.Workflow+"+ship/"+a.Session.UUID)
			}
			s.store.state(t, failed.ID, "error")
			s.signal("o-1", "P-7")
			s.store.state(t, done.ID, "success")
			if tasks, err := s.rules.Tasks(t.Context(), done.ID); err != nil || fmt.Sprint(tasks.Result()) != `{"shipped":{"order":"o-1","session_time":"2026-01-01T00:00:00+00:00","parcel":"P-7"},"number":"P-7"}` {
				t.Errorf("got %v, %v", tasks.Result(), err)
			}
			s.store.until(t, "what is to be killed is called", func() bool {
				_, err := called(killed).State(t.Context())
				return err == nil
			})
			if _, err := s.rules.Kill(t.Context(), killed.ID, ""); err != nil {
				t.Fatal(err)
			}
			s.store.state(t, killed.ID, "killed")
			s.store.until(t, "what it has called is killed", func() bool {
				state, err := called(killed).State(t.Context())
				return err == nil && state == "killed"
			})
			if list, _, err := s.store.ListLetters(t.Context(), store.LetterFilter{Dead: true}, store.Page{}); err != nil || len(list) > 0 {
				t.Errorf("dead letters %v, %v", list, err)
			}
		})
	}
}

// signal delivers the message that the shipping of an order waits for.
func (s *site) signal(order, number string) {
	s.Helper()
	_, err := s.Signal(context.Background(), pawl.Message{Topic: shipments, Keys: map[string]any{"order": order}, Body: number})
	if err != nil {
		s.Fatal(err)
	}
}

func TestASchedulesRunsAreStartedOnceWhoeverDoesSo(t *testing.T) {
	t.Parallel()
	ran := make(chan string, 100)
	p := pawl.Must(pawl.Define("report", "1", pawl.Execute("write", func(ctx context.Context, _ *report) error {
		ran <- pawl.Key(ctx)
		return nil
	})))
	of := databases["sqlite"](t)
	d := p.Scheduled(pawl.Schedule{Rule: "seconds_interval>: 1"}, report{})
	s := newSite(t, of, d) // whose server and program fire it
	second := open(t, quiet(of), d)
	defer closed(t, second)
	for keys := make(map[string]bool); len(keys) < 4; { // a call may be made again, a start may not
		keys[<-ran] = true
	}
	list, _, err := s.store.ListAttempts(t.Context(), store.Filter{}, store.Page{Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	started := make(map[string]bool)
	for _, a := range list {
		if started[a.Session.Key] {
			t.Errorf("%s was started twice", a.Session.Key)
		}
		started[a.Session.Key] = true
	}
}
