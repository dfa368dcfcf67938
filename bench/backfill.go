package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// sessionsAtOnce is how many sessions one request may ask for.
const sessionsAtOnce = 10_000

// backfill makes the past sessions of a schedule, as many at a time as one
// request may ask for, beside a program that inserts the same rows in as many
// transactions.
func backfill(h *harness) error {
	n := h.size(100_000, 50)
	for _, on := range []medium{h.onSQLite(), h.onPostgres()} {
		err := h.measure(
			testCase{"backfill-" + on.name, "sessions/s", func() (float64, error) { return fillIn(on, n) }},
			testCase{"bare-backfill-" + on.name, "sessions/s", func() (float64, error) { return bareFillIn(on, n) }},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func fillIn(on medium, n int) (float64, error) {
	s, err := on.open()
	if err != nil {
		return 0, err
	}
	w, err := hourly()
	if err != nil {
		return 0, err
	}
	now := time.Now().UTC().Truncate(time.Hour)
	ctx := context.Background()
	_, err = s.Push(ctx, store.Push{
		Project: "backfill", Revision: store.Revision{Name: "1", Archive: store.Archive{Type: "none"}, Created: model.InstantOf(now)},
		Workflows: []store.Workflow{{Name: "w", Zone: "UTC", Definition: w}},
		Schedules: func(*store.Workflow, *store.Schedule) *store.Schedule {
			return &store.Schedule{NextRun: model.InstantOf(now), NextTime: model.InstantOf(now)}
		},
	})
	if err != nil {
		return 0, err
	}
	rules := service.New(service.Config{Store: s, NewUUID: uuid.NewString})
	from := now.Add(-time.Duration(n) * time.Hour)
	began := time.Now()
	for left := n; left > 0; left -= sessionsAtOnce {
		count := min(left, sessionsAtOnce)
		_, list, err := rules.Backfill(ctx, 1, service.Backfill{From: from, Count: count, Name: "backfill"})
		if err != nil {
			return 0, err
		}
		if len(list) != count {
			return 0, fmt.Errorf("%d sessions instead of %d", len(list), count)
		}
		from = from.Add(time.Duration(count) * time.Hour)
	}
	took := time.Since(began)
	return float64(n) / took.Seconds(), s.Close()
}

func bareFillIn(on medium, n int) (float64, error) {
	b, err := on.bare()
	if err != nil {
		return 0, err
	}
	w, err := hourly()
	if err != nil {
		return 0, err
	}
	calendar, err := schedule.NewCalendar("UTC", w.Schedule)
	if err != nil {
		return 0, err
	}
	now := time.Now().UTC().Truncate(time.Hour)
	r := recording{start: starting(w, "")}
	r.start.Name, r.start.Workflow, r.start.After = "backfill", 1, 1
	r.start.Params = calendar.Around(now).Merge(params.Of("last_executed_session_time", schedule.FormatTime(now, time.UTC)))
	took, err := commitAll(b, r.replay(n, sessionsAtOnce))
	if err != nil {
		return 0, err
	}
	return float64(n) / took.Seconds(), b.close()
}

// hourly is a workflow of one step with a schedule.
func hourly() (*workflow.Workflow, error) {
	w, err := chain(1)
	if err == nil {
		w.Schedule = params.Of("hourly>", "00:00")
	}
	return w, err
}
