package daemon_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// heard is what a listener was told.
type heard struct {
	mu    sync.Mutex
	words []string
}

func (h *heard) say(word string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words = append(h.words, word)
}

func (h *heard) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.words, " ")
}

func TestListenersHearOfAttemptsAndTheirTries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("r", map[string]string{"w.dig": "+a:\n  sh>: test \"$MARK\" = w\n+b:\n  fail>: no\n"})
	var h heard
	stepped := make(chan struct{}, 1)
	listener := daemon.Listener{
		Driven: func(a *store.Attempt) { h.say("driven:" + a.Session.Workflow) },
		Left:   func(_ *store.Attempt, end *engine.AttemptRow) { h.say("left:" + end.State.String()) },
		Try: func(a *store.Attempt, try *executor.Try) ([]string, func(engine.Command)) {
			return []string{"MARK=" + a.Session.Workflow}, func(c engine.Command) {
				if c.Kind == engine.Succeed {
					h.say(try.Operator() + ":ok")
				} else {
					h.say(try.Operator() + ":failed")
				}
			}
		},
		Stepped: func(time.Duration) {
			select {
			case stepped <- struct{}{}:
			default:
			}
		},
	}
	d := s.work(func(c *daemon.Config) { c.Listeners = []daemon.Listener{{}, listener} })
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(of *store.Snapshot) bool { return of.Attempt.State.Done() })
	<-stepped
	l, err := d.Load(t.Context())
	if err != nil || l.Jobs.Slots != 2 || l.Archives == 0 || l.Fetched != 1 {
		t.Errorf("load %+v, %v", l, err)
	}
	if err := d.Close(); err != nil { // what is told last is told by then
		t.Fatal(err)
	}
	if got := h.all(); got != "driven:w sh:ok fail:failed notify:ok left:error" && got != "driven:w sh:ok fail:failed left:error" {
		t.Errorf("heard %s", got)
	}
}

func TestRetentionDeletesAttemptsWithTheirOutput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("r", map[string]string{"w.dig": "+a:\n  sh>: echo hello\n"})
	first := s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(of *store.Snapshot) bool { return of.Attempt.State.Done() })
	if files, err := s.logs.List(s.Context(), a.ID); err != nil || len(files) == 0 {
		t.Fatalf("%d logs, %v", len(files), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	told := make(chan *store.Pruned, 9)
	s.work(func(c *daemon.Config) {
		c.Retention.Attempts = time.Nanosecond
		c.Listeners = []daemon.Listener{{Pruned: func(p *store.Pruned) { told <- p }}}
	})
	if p := <-told; len(p.Attempts) != 1 || p.Attempts[0] != a.ID {
		t.Errorf("pruned %+v", p)
	}
	if files, err := s.logs.List(s.Context(), a.ID); err == nil && len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}

// A process may have died between deleting attempts and removing their output.
func TestOutputOfAttemptsThatAreGoneIsRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("r", map[string]string{"w.dig": "+a:\n  echo>: hello\n"})
	first := s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(of *store.Snapshot) bool { return of.Attempt.State.Done() })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for id, age := range map[model.AttemptID]time.Duration{a.ID: 48 * time.Hour, 98: 48 * time.Hour, 99: time.Hour, unknown: 48 * time.Hour} {
		if err := os.MkdirAll(s.logs.Attempt(id), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(s.logs.Attempt(id), now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	swept := make(chan struct{}, 1)
	s.work(func(c *daemon.Config) {
		c.Retention.Attempts = 24 * time.Hour
		c.Store = pruned{c.Store, swept}
	})
	<-swept
	for id, want := range map[model.AttemptID]bool{a.ID: true, 98: false, 99: true, unknown: true} {
		if _, err := os.Stat(s.logs.Attempt(id)); (err == nil) != want {
			t.Errorf("attempt %d: %v", id, err)
		}
	}
}

// unknown is an attempt that the database can't tell of right now.
const unknown model.AttemptID = 990

// pruned tells when it is asked what is old, which comes after the sweep.
type pruned struct {
	store.Store
	asked chan struct{}
}

func (p pruned) Prune(ctx context.Context, r store.Retention, now model.Instant, page store.Page) (store.Pruned, string, error) {
	select {
	case p.asked <- struct{}{}:
	default:
	}
	return p.Store.Prune(ctx, r, now, page)
}

func (p pruned) Attempt(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	if id == unknown {
		return store.Attempt{}, model.Errorf(model.Unavailable, "the database is out")
	}
	return p.Store.Attempt(ctx, id)
}
