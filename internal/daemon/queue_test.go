package daemon_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// enqueue makes attempts that wait in the queue of a site, each of them for the one
// before it where they are a chain.
func enqueue(t *testing.T, s *site, n int, chain bool) (ids []model.AttemptID) {
	t.Helper()
	s.push("1", map[string]string{"w.dig": "+a:\n  sh>: mkdir $HERE/alone && rmdir $HERE/alone\n  _env: {HERE: '${here}'}\n"})
	w, dir := s.workflow("w"), t.TempDir()
	var last model.SessionID
	for i := range n {
		start := store.Start{
			Session: store.Session{Project: w.Project, Workflow: "w", Key: time.Unix(int64(i), 0).UTC().Format(time.RFC3339), Time: model.InstantOf(time.Unix(int64(i+1), 0))},
			Zone:    "UTC", Params: params.Of("here", dir), Definition: w.Definition, Workflow: w.ID, After: last,
		}
		conductor.Turns{Queue: true}.Ask(&start, nil, 0)
		a, _, err := s.store.StartAttempt(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
		if chain {
			last = a.Session.ID
		}
	}
	return ids
}

// Each run fails that is not alone.
func TestRunsThatWaitAreAdmittedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limits, err := admission.NewLimits([]admission.Limit{{Name: "max-runs", Max: 1}})
	if err != nil {
		t.Fatal(err)
	}
	ids := enqueue(t, s, 5, false)
	for range 2 {
		s.work(func(c *daemon.Config) { c.Turns, c.Limits = conductor.Turns{Queue: true}, limits })
	}
	for _, id := range ids {
		if state := s.ended(id).String(); state != "success" {
			t.Errorf("attempt %d ended as %s", id, state)
		}
	}
}

func TestWhoWaitsBeginsWhenThereIsNoQueueAnyMore(t *testing.T) {
	t.Parallel()
	for name, chain := range map[string]bool{"at once": false, "one after the other": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			ids := enqueue(t, s, 2, chain)
			s.work(nil)
			for _, id := range ids {
				s.ended(id)
			}
			a := s.start(service.Start{Workflow: s.workflow("w"), Session: time.Now(), Params: params.Of("here", t.TempDir())})
			s.ended(a.ID)
		})
	}
}

// looked is a store that tells when somebody has read which processes live.
type looked struct {
	store.Store
	at chan struct{}
}

func (l *looked) Notes(ctx context.Context, prefix string) (map[string]string, error) {
	defer func() {
		select {
		case l.at <- struct{}{}:
		default:
		}
	}()
	return l.Store.Notes(ctx, prefix)
}

// told keeps what is logged.
type told struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *told) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *told) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func TestWhoWaitsForAnotherServerIsLeftToIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := enqueue(t, s, 1, false)
	h := pulse.New(clock.System{}, pulse.Process{Name: "other", Kind: "server"})
	h.Loop("run queue", time.Minute)
	if err := h.Beat(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
	seen, log := &looked{s.store, make(chan struct{}, 1)}, new(told)
	d := s.work(func(c *daemon.Config) { c.Store, c.Log = seen, slog.New(slog.NewTextHandler(log, nil)) })
	<-seen.at
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if a, err := s.store.Attempt(t.Context(), ids[0]); err != nil || !a.Queued() {
		t.Errorf("it is %+v, %v", a, err)
	}
	if !strings.Contains(log.String(), "server=other") {
		t.Errorf("the log says %s", log)
	}
}
