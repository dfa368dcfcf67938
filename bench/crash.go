package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
)

// crash kills a server on PostgreSQL again and again while it has 50 workflows
// of three steps in flight and 100,000 unfinished ones besides, and measures
// from the start of the next one to its first step. No step that was
// acknowledged may be lost, and none may end twice.
func crash(h *harness) error {
	cfg, err := h.newSchema()
	if err != nil {
		return err
	}
	s, err := postgres.Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	if err := park(s, h.size(100_000, 100)); err != nil {
		return err
	}
	acknowledged := make(map[model.AttemptID]int64)
	for range h.size(50, 3) {
		life, err := killOnce(cfg, acknowledged)
		if err != nil {
			return err
		}
		h.note("crash-first-step", "s", life.first.Seconds())
		if life.takeover > 0 {
			h.note("crash-takeover", "s", life.takeover.Seconds())
		}
	}
	lost, doubled, err := checkHistory(s, acknowledged)
	if err != nil {
		return err
	}
	h.note("crash-acknowledged", "attempts", float64(len(acknowledged)))
	h.note("crash-lost", "steps", float64(lost))
	h.note("crash-doubled", "steps", float64(doubled))
	for _, name := range []string{"crash-first-step", "crash-takeover", "crash-acknowledged", "crash-lost", "crash-doubled"} {
		// A kill may come when nothing is begun, so a few of them may leave no
		// attempt to be taken over.
		if h.report.figures[name] != nil {
			h.report.printFigure(name)
		}
	}
	if lost+doubled > 0 {
		err = fmt.Errorf("%d steps were lost, %d doubled", lost, doubled)
	}
	return errors.Join(err, s.Close(), drop(cfg))
}

// park makes n attempts that come after one that never goes on.
func park(s store.Store, n int) error {
	ctx := context.Background()
	w, err := chain(1)
	if err != nil {
		return err
	}
	owner := uuid.NewString()
	epoch, err := s.Lease(ctx, owner, 0, time.Minute)
	if err != nil {
		return err
	}
	head := starting(w, "head")
	head.Owner, head.Epoch = owner, epoch
	a, _, err := s.StartAttempt(ctx, head)
	if err != nil {
		return err
	}
	for first := 0; first < n; first += insertAtOnce {
		starts := make([]store.Start, min(insertAtOnce, n-first))
		for i := range starts {
			starts[i] = starting(w, fmt.Sprintf("parked %d", first+i))
			starts[i].After = a.Session.ID
		}
		if _, err := s.StartAll(ctx, starts); err != nil {
			return err
		}
	}
	err = s.Commit(ctx, &store.Batch{Owner: owner, Epoch: epoch, Release: []store.Release{{Attempt: a.ID, Wake: model.Never}}})
	return errors.Join(err, s.EndLease(ctx, owner, epoch))
}

// life is what was seen of a server from its start to its end.
type life struct {
	// first is how long its first step took, and takeover the first one of an
	// attempt that another one had begun; zero if there was none.
	first, takeover time.Duration
}

// killOnce starts a server, kills it at a moment of its work and notes what it
// has acknowledged.
func killOnce(cfg postgres.Config, acknowledged map[model.AttemptID]int64) (l life, err error) {
	var newest model.AttemptID
	for id := range acknowledged {
		newest = max(newest, id)
	}
	began := time.Now()
	a, err := stage(part{Role: "driver", Config: cfg, Workflows: 50})
	if err != nil {
		return l, err
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for line, err := a.line(); err == nil; line, err = a.line() {
			lines <- line
		}
	}()
	var deadline <-chan time.Time
	for {
		select {
		case line, ok := <-lines:
			switch {
			case !ok && l.first == 0:
				return l, errors.New("the server ended before its first step")
			case !ok:
				a.bury()
				return l, nil
			case l.first == 0:
				l.first = time.Since(began)
				deadline = time.After(time.Duration(50+rand.IntN(500)) * time.Millisecond)
			}
			var id model.AttemptID
			var seq int64
			if _, err := fmt.Sscan(line, &id, &seq); err != nil {
				return l, fmt.Errorf("%q: %w", line, err)
			}
			if l.takeover == 0 && id <= newest {
				l.takeover = time.Since(began)
			}
			acknowledged[id] = max(acknowledged[id], seq)
		case <-deadline:
			if err := a.kill(); err != nil {
				return l, err
			}
		}
	}
}

// checkHistory counts steps that were acknowledged and are not there, and those
// that have ended more than once.
func checkHistory(s store.Store, acknowledged map[model.AttemptID]int64) (lost, doubled int, err error) {
	for id, seq := range acknowledged {
		events, err := s.Events(context.Background(), id, 0, 0)
		if err != nil {
			return 0, 0, err
		}
		if len(events) == 0 || events[len(events)-1].Seq < seq {
			lost++
		}
		ended := make(map[model.TaskID]int)
		for i := range events {
			if events[i].Kind == engine.TaskEnded {
				ended[events[i].Task]++
			}
		}
		for _, times := range ended {
			doubled += times - 1
		}
	}
	return lost, doubled, nil
}

// playDriver is a server with so many workflows in flight, which writes a line
// for each attempt that a commit was about, with the number of its newest
// event.
func playDriver(p part) error {
	s, err := postgres.Open(context.Background(), p.Config)
	if err != nil {
		return err
	}
	w, err := chain(stepsOfWorkflow)
	if err != nil {
		return err
	}
	m, err := newMachine(s, observed(acknowledge))
	if err != nil {
		return err
	}
	var group errgroup.Group
	for range p.Workflows {
		group.Go(func() error {
			for {
				if err := m.run(w, uuid.NewString()); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

func acknowledge(b *store.Batch) {
	newest := make(map[model.AttemptID]int64)
	for i := range b.Events {
		newest[b.Events[i].Attempt] = b.Events[i].Seq
	}
	var lines strings.Builder
	for id, seq := range newest {
		fmt.Fprintln(&lines, id, seq)
	}
	fmt.Print(lines.String())
}
