package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// What waits in the benchmark of limits: runs with one of so many tags, each with a
// limit from 1 to 10, for so many places.
const (
	limitedTags   = 100
	limitedPlaces = 50
)

// tagOf is the tag of the i-th run, and limitOf how many runs may have one.
func tagOf(i int) int      { return i * 37 % limitedTags }
func limitOf(tag int) int  { return 1 + tag%10 }
func tagName(t int) string { return fmt.Sprintf("%02d", t) }

// concurrencyLimits works off a queue of runs of one step with and without limits for
// tags. No limit is ever passed, or it fails.
func concurrencyLimits(h *harness) error {
	n := h.size(10_000, 200)
	for _, on := range []medium{h.onSQLite(), h.onPostgres()} {
		err := h.measure(
			h.limitsCase("limits-"+on.name, on, n, true),
			h.limitsCase("no-limits-"+on.name, on, n, false),
		)
		if err != nil {
			return err
		}
	}
	return h.measure(testCase{"limits-river", "jobs/s", func() (float64, error) { return h.riverLimits(n) }})
}

func (h *harness) limitsCase(name string, on medium, n int, limited bool) testCase {
	return testCase{name, "runs/s", func() (float64, error) {
		s, err := on.open()
		if err != nil {
			return 0, err
		}
		w, err := chain(1)
		if err != nil {
			return 0, err
		}
		list := []admission.Limit{{Name: "max-runs", Max: limitedPlaces}}
		for tag := range limitedTags {
			if value := tagName(tag); limited {
				list = append(list, admission.Limit{Name: "tag-" + value, Tag: "tag", Value: &value, Max: limitOf(tag)})
			}
		}
		limits, err := admission.NewLimits(list)
		if err != nil {
			return 0, err
		}
		if err := enqueueRuns(s, w, n); err != nil {
			return 0, err
		}
		watch := &limitWatch{limited: limited, left: n, tags: make(map[model.AttemptID]int), done: make(chan error, 1)}
		admit := conductor.NewAdmitter(conductor.AdmitterConfig{Store: s, Limits: limits})
		m, err := newMachine(s, observed(func(b *store.Batch) {
			watch.see(b)
			admit.Ended(b)
		}))
		if err != nil {
			return 0, err
		}
		loop, stop := context.WithCancel(context.Background())
		var admitting sync.WaitGroup
		began := time.Now()
		admitting.Go(func() { admit.Run(loop, slog.New(slog.DiscardHandler)) })
		err = <-watch.done
		took := time.Since(began)
		stop()
		admitting.Wait()
		err = errors.Join(err, checkSucceeded(s, w, n), m.close())
		return float64(n) / took.Seconds(), err
	}}
}

// enqueueRuns makes runs that wait; the id of each tells its tag.
func enqueueRuns(s store.Store, w *workflow.Workflow, n int) error {
	for first := 0; first < n; first += insertAtOnce {
		starts := make([]store.Start, min(insertAtOnce, n-first))
		for i := range starts {
			starts[i] = starting(w, fmt.Sprintf("%09d", first+i))
			starts[i].Queue, starts[i].Tags = &store.Turn{}, model.Tags{"tag": tagName(tagOf(first + i))}
		}
		if _, err := s.StartAll(context.Background(), starts); err != nil {
			return err
		}
	}
	return nil
}

// limitWatch looks at all commits of a run in order. What has begun and has not
// ended had a place at the time.
type limitWatch struct {
	limited bool
	left    int
	running [limitedTags]int
	total   int
	tags    map[model.AttemptID]int
	done    chan error
}

func (l *limitWatch) see(b *store.Batch) {
	for i := range b.Attempts {
		id := b.Attempts[i].ID
		if _, known := l.tags[id]; known {
			continue
		}
		tag := tagOf(int(id) - 1)
		l.tags[id] = tag
		l.running[tag]++
		if l.total++; l.total > limitedPlaces || l.limited && l.running[tag] > limitOf(tag) {
			l.end(fmt.Errorf("%d runs, %d of tag %d, run at a time", l.total, l.running[tag], tag))
		}
	}
	for i := range b.Attempts {
		if b.Attempts[i].State.Done() {
			l.running[l.tags[b.Attempts[i].ID]]--
			l.total--
			if l.left--; l.left == 0 {
				l.end(nil)
			}
		}
	}
}

func (l *limitWatch) end(err error) {
	select {
	case l.done <- err:
	default:
	}
}

// riverLimits does the same with River, which has a queue for each tag and no bound
// for all of them.
func (h *harness) riverLimits(n int) (float64, error) {
	queues := make(map[string]river.QueueConfig, limitedTags)
	for tag := range limitedTags {
		queues["tag"+tagName(tag)] = river.QueueConfig{MaxWorkers: limitOf(tag)}
	}
	q, err := h.openRiverOn(n, queues)
	if err != nil {
		return 0, err
	}
	ctx := context.Background()
	for first := 0; first < n; first += insertAtOnce {
		batch := make([]river.InsertManyParams, min(insertAtOnce, n-first))
		for i := range batch {
			batch[i] = river.InsertManyParams{Args: single{}, InsertOpts: &river.InsertOpts{Queue: "tag" + tagName(tagOf(first+i))}}
		}
		if _, err := q.client.InsertManyFast(ctx, batch); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	if err := q.client.Start(ctx); err != nil {
		return 0, err
	}
	for range n {
		<-q.done
	}
	return float64(n) / time.Since(began).Seconds(), q.close()
}
