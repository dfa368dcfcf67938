package pawl_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/internal/workflow"
)

// shared is a store that others use, too, and that tells when something was
// committed.
type shared struct {
	store.Store
	commits chan struct{}
}

func (*shared) Close() error { return nil }

func (s *shared) Commit(ctx context.Context, b *store.Batch) error {
	err := s.Store.Commit(ctx, b)
	select {
	case s.commits <- struct{}{}:
	default:
	}
	return err
}

// engine opens an engine on the store.
func (s *shared) engine(t *testing.T, processes ...pawl.Definition) *pawl.Engine {
	t.Helper()
	e, err := pawl.Open(host.With(t.Context(), host.Under{Store: s, Clock: clock.System{}, Drive: host.Live}), quiet(""), processes...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// until waits until something is so, which a commit makes so.
func (s *shared) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.After(time.Minute); !is(); {
		select {
		case <-s.commits:
		case <-late:
			t.Fatalf("it is not so that %s", what)
		}
	}
}

// state waits until an attempt is in a state.
func (s *shared) state(t *testing.T, id model.AttemptID, want string) {
	t.Helper()
	s.until(t, fmt.Sprintf("attempt %d is %s", id, want), func() bool {
		a, err := s.Attempt(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return a.State.String() == want
	})
}

// A server knows the processes of a program that shares its database, and starts
// them, but leaves it to the program to run them.
func TestAServerLeavesProcessesToTheirProgram(t *testing.T) {
	t.Parallel()
	shared := &shared{memory.New(), make(chan struct{}, 1)}
	rules := service.New(service.Config{Store: shared, NewUUID: uuid.NewString})
	server, err := daemon.Start(t.Context(), daemon.Config{Config: worker.Config{
		Store: shared, Service: rules, WorkDir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	p := pawl.Must(pawl.Define("notes", "1", say("x")))
	closed(t, shared.engine(t, p)) // it has told of itself

	of, err := shared.ProjectNamed(t.Context(), "notes")
	if err != nil {
		t.Fatal(err)
	}
	w, err := shared.WorkflowNamed(t.Context(), of.Latest.ID, "notes")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(params.AppendJSON(nil, w.Config)); got != `{"process":"1","params":{"at":"time","bag":{"*":"integer"},"count":"integer",`+
		`"every":"number","id":"text","other":"text","words":["text"]},"+x":{"go>":"execute"}}` {
		t.Errorf("it is shown as %s", got)
	}
	started, err := rules.Start(t.Context(), service.Start{Workflow: &w, Session: pawlStart, Params: params.Of("id", "a")})
	if err != nil {
		t.Fatal(err)
	}
	other := &workflow.Workflow{Name: "w", Dialect: "dig", Root: &workflow.Node{Name: "+w", Operator: "echo", Config: params.Of("_command", "hi")}}
	if err := other.Finish(); err != nil {
		t.Fatal(err)
	}
	next, _, err := shared.StartAttempt(t.Context(), store.Start{
		Session: store.Session{UUID: uuid.NewString(), Workflow: "w", Key: "k"}, Zone: "UTC", Definition: other,
	})
	if err != nil {
		t.Fatal(err)
	}
	shared.state(t, next.ID, "success") // which was due after the one of the program
	if a, err := shared.Attempt(t.Context(), started.ID); err != nil || a.Owner != "" || a.Started != 0 {
		t.Fatalf("the server has begun with it: %+v, %v", a, err)
	}

	e := shared.engine(t, p)
	defer closed(t, e)
	shared.state(t, started.ID, "success")
	r := p.Run(e, started.Session.Key)
	if n, err := r.Params(t.Context()); err != nil || strings.Join(n.Words, " ") != "x" || n.ID != "a" {
		t.Errorf("got %+v, %v", n, err)
	}
	if again, err := shared.ProjectNamed(t.Context(), "notes"); err != nil || again.Latest.ID != of.Latest.ID {
		t.Errorf("what has not changed was pushed again: %+v, %v", again.Latest, err)
	}
}

// pawlStart is a session time.
var pawlStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
