package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// ticks measures how late sessions are on disk that schedules start. The
// attempts are left to others: what is measured is the scheduler and its
// transactions.
func ticks(h *harness) error {
	n := h.size(10_000, 50)
	for _, shape := range []struct {
		name string
		over time.Duration
	}{{"spread", time.Duration(h.size(5_000, 100)) * time.Millisecond}, {"at-once", 0}} {
		err := h.measure(testCase{"ticks-" + shape.name + "-p50", "ms", func() (float64, error) {
			return h.tick("ticks-"+shape.name, n, shape.over)
		}})
		if err != nil {
			return err
		}
	}
	return h.killTicker(n)
}

// tick fires n schedules that become due over a time, once they have been
// fired before, and notes how late that was.
func (h *harness) tick(name string, n int, over time.Duration) (p50 float64, err error) {
	s, err := h.newSQLite()
	if err != nil {
		return 0, err
	}
	soon := model.InstantOf(time.Now())
	if err := pushSchedules(s, n, func(int) model.Instant { return soon }); err != nil {
		return 0, err
	}
	var late []time.Duration
	fired := make(chan struct{}, n)
	scheduler := conductor.NewScheduler(conductor.SchedulerConfig{
		Store: s, NewUUID: uuid.NewString, Fired: func(slot conductor.Slot) {
			if slot.Outcome == conductor.SlotStarted {
				late = append(late, time.Since(slot.Schedule.NextRun.Time()))
			}
			fired <- struct{}{}
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		scheduler.Run(ctx, slog.Default())
	}()
	await(fired, n) // what is read once for each workflow is read by now
	late = late[:0]
	if err := delaySchedules(s, n, dueOver(time.Now().Add(time.Duration(h.size(2_000, 200))*time.Millisecond), over, n)); err != nil {
		return 0, err
	}
	before := usedHere()
	await(fired, n)
	if over > 0 {
		h.note(name+"-cpu", "share of a processor", (usedHere()-before).Seconds()/over.Seconds())
	}
	stop()
	<-ended
	if len(late) != n {
		return 0, fmt.Errorf("%d of %d schedules were started", len(late), n)
	}
	h.note(name+"-p99", "ms", percentile(late, 99))
	h.note(name+"-max", "ms", percentile(late, 100))
	return percentile(late, 50), s.Close()
}

func await(what <-chan struct{}, n int) {
	for range n {
		<-what
	}
}

// dueOver spreads n instants over a time from an instant on.
func dueOver(from time.Time, over time.Duration, n int) func(i int) model.Instant {
	return func(i int) model.Instant {
		return model.InstantOf(from.Add(over * time.Duration(i) / time.Duration(n)))
	}
}

// pushSchedules makes n workflows with daily schedules that are due when said.
func pushSchedules(s store.Store, n int, due func(i int) model.Instant) error {
	w, err := chain(1)
	if err != nil {
		return err
	}
	w.Schedule = params.Of("daily>", "00:00:00")
	push := store.Push{
		Project: "ticks", Revision: store.Revision{Name: "1", Archive: store.Archive{Type: "none"}, Created: model.InstantOf(time.Now())},
	}
	for i := range n {
		push.Workflows = append(push.Workflows, store.Workflow{Name: fmt.Sprintf("w%05d", i), Zone: "UTC", Definition: w})
	}
	made := 0
	push.Schedules = func(*store.Workflow, *store.Schedule) *store.Schedule {
		made++
		midnight := model.InstantOf(time.Now().UTC().Truncate(24 * time.Hour))
		return &store.Schedule{NextRun: due(made - 1), NextTime: midnight}
	}
	_, err = s.Push(context.Background(), push)
	return err
}

// delaySchedules makes schedules due when said.
func delaySchedules(s store.Store, n int, due func(i int) model.Instant) error {
	ctx := context.Background()
	_, err := inTurn(n, 500, func(i int) error {
		at, err := s.Schedule(ctx, model.ScheduleID(i+1))
		if err != nil {
			return err
		}
		at.NextRun = due(i)
		_, err = s.ChangeSchedule(ctx, at)
		return err
	})
	return err
}

// killTicker kills a scheduler in the middle of its work, and has another one
// go on. No session may be lost, and none may have two attempts.
func (h *harness) killTicker(n int) error {
	path := h.newPath()
	s, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	soon := time.Now().Add(500 * time.Millisecond)
	err = pushSchedules(s, n, func(int) model.Instant { return model.InstantOf(soon) })
	if err != nil {
		return err
	}
	kills := 0
	for left := n; left > 0; {
		a, err := stage(part{Role: "ticker", Path: path})
		if err != nil {
			return err
		}
		for fired, until := 0, rand.IntN(1+n/2); left > fired && (fired < until || kills >= 3); fired++ {
			if err := a.expect("fired"); err != nil {
				return err
			}
		}
		kills++
		if err := a.kill(); err != nil {
			return err
		}
		a.bury()
		if left, err = stillDue(s, model.InstantOf(soon)); err != nil {
			return err
		}
	}
	lost, doubled, err := countTicks(s, n)
	h.note("ticks-kills", "kills", float64(kills))
	h.note("ticks-lost", "sessions", float64(lost))
	h.note("ticks-doubled", "sessions", float64(doubled))
	for _, name := range []string{"ticks-kills", "ticks-lost", "ticks-doubled"} {
		h.report.printFigure(name)
	}
	if lost+doubled > 0 {
		err = errors.Join(err, fmt.Errorf("%d sessions were lost, %d doubled", lost, doubled))
	}
	return errors.Join(err, s.Close())
}

// stillDue counts the schedules that were not fired.
func stillDue(s store.Store, now model.Instant) (int, error) {
	due, _, err := s.DueSchedules(context.Background(), now, 1_000_000)
	return len(due), err
}

// countTicks counts what is not as it should be: one session with one attempt
// for each schedule.
func countTicks(s store.Store, n int) (lost, doubled int, err error) {
	attempts := make(map[string]int)
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := s.ListAttempts(context.Background(), store.Filter{}, page)
		if err != nil {
			return 0, 0, err
		}
		for i := range list {
			attempts[list[i].Session.Workflow]++
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	for _, times := range attempts {
		if times > 1 {
			doubled++
		}
	}
	return n - len(attempts), doubled, nil
}

// playTicker is a scheduler that says what it has fired.
func playTicker(p part) error {
	s, err := sqlite.Open(p.Path)
	if err != nil {
		return err
	}
	scheduler := conductor.NewScheduler(conductor.SchedulerConfig{
		Store: s, NewUUID: uuid.NewString,
		Fired: func(conductor.Slot) { fmt.Println("fired") },
	})
	scheduler.Run(context.Background(), slog.Default())
	return nil
}
