package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
)

// queueing has a service queue what is started.
func queueing(t *testing.T, max int) func(*service.Config) {
	limits, err := admission.NewLimits([]admission.Limit{{Name: "max-runs", Max: max}})
	must(t, err)
	return func(c *service.Config) {
		c.Turns, c.Admission, c.Limits.Attempts = conductor.Turns{Queue: true}, limits, 1
	}
}

func TestAnAttemptThatWaitsIsKilledWithoutBeginning(t *testing.T) {
	t.Parallel()
	f := open(t, queueing(t, 1))
	f.pushed("1", "w.dig", daily)
	start := func(at time.Time) store.Attempt {
		a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: at, Tags: model.Tags{"n": "1"}})
		must(t, err)
		return a
	}
	a, b := start(noon), start(noon.Add(time.Hour)) // of which only one may be unfinished without a queue
	q, err := f.Queue(t.Context(), store.QueueFilter{Tags: model.Tags{"n": "1"}}, 1)
	must(t, err)
	if q.Total != 2 || len(q.Shown) != 1 || q.Shown[0].ID != a.ID || q.Shown[0].Why != "it may begin" {
		t.Errorf("the queue is %+v", q)
	}
	if q, err := f.Queue(t.Context(), store.QueueFilter{Projects: []model.ProjectID{9}}, 1); err != nil || q.Total+q.Running+len(q.Shown) != 0 {
		t.Errorf("of another project, the queue is %+v, %v", q, err)
	}
	if was, err := f.Kill(t.Context(), b.ID, "ann"); err != nil || !was.Queued() {
		t.Errorf("kill: %+v, %v", was, err)
	}
	if got, err := f.store.Attempt(t.Context(), b.ID); err != nil || got.State != engine.AttemptKilled || got.Started != 0 {
		t.Errorf("it is %+v, %v", got.AttemptRow, err)
	}
	if told, err := f.store.Events(t.Context(), b.ID, 0, 9); err != nil || len(told) != 1 || history.Of(&told[0]) != history.AttemptKilled {
		t.Errorf("its history is %+v, %v", told, err)
	}
	if ids, err := f.CancelQueued(t.Context(), store.QueueFilter{Workflow: "w"}); err != nil || len(ids) != 1 {
		t.Errorf("cancelled %v, %v", ids, err)
	}
	if _, err := f.Kill(t.Context(), a.ID, ""); model.CodeOf(err) != model.Conflict {
		t.Errorf("once more: %v", err)
	}
}

// Others are told of the end of an attempt that never began, as of any other.
func TestThatAnAttemptEndsInTheQueueIsTold(t *testing.T) {
	t.Parallel()
	f := open(t, func(c *service.Config) {
		queueing(t, 1)(c)
		c.Updates = updates.Options{Topics: []string{"runs"}, Projects: []string{"p"}}
	})
	f.pushed("1", "w.dig", hourly)
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: at(t, "2026-03-08T07:00:00Z")})
	must(t, err)
	_, err = f.Kill(t.Context(), a.ID, "")
	must(t, err)
	list, err := f.store.Outbox(t.Context(), 0, 9)
	must(t, err)
	if len(list) != 1 || list[0].Topic != "runs" || list[0].Key != a.Session.UUID {
		t.Fatalf("told %+v", list)
	}
	m, _ := list[0].Value.(params.Map)
	for key, want := range map[string]params.Value{"event": "attempt_ended", "state": "killed", "project": "p", "revision": "1", "workflow": "w"} {
		if got, _ := m.Get(key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

// An attempt that is admitted while somebody kills it gets the kill.
func TestAKillThatComesTooLateForTheQueueIsPosted(t *testing.T) {
	t.Parallel()
	f := open(t, func(c *service.Config) {
		queueing(t, 1)(c)
		c.Store = &lateKill{c.Store}
	})
	f.pushed("1", "w.dig", daily)
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon})
	must(t, err)
	_, err = f.Kill(t.Context(), a.ID, "ann")
	must(t, err)
	snap, err := f.store.Load(t.Context(), a.ID)
	if err != nil || len(snap.Inbox) != 1 || snap.Inbox[0].Command.Kind != engine.Kill {
		t.Errorf("the inbox has %v, %v", snap.Inbox, err)
	}
}

// lateKill admits what is to be cancelled just before.
type lateKill struct{ store.Store }

func (l *lateKill) CancelQueued(ctx context.Context, f store.QueueFilter, now model.Instant, tell func(*store.Withdrawn) []engine.Record) ([]model.AttemptID, error) {
	limits, err := admission.NewLimits(nil)
	if err != nil {
		return nil, err
	}
	if _, err := l.Admit(ctx, nil, now, store.Choose(limits, now)); err != nil {
		return nil, err
	}
	return l.Store.CancelQueued(ctx, f, now, tell)
}

func TestTagsGoWithRetriesAndBackfills(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", "_tags: {team: search}\n"+hourly)
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: at(t, "2026-03-08T07:00:00Z"), Tags: model.Tags{"user": "ann"}})
	must(t, err)
	if _, err := f.Tag(t.Context(), a.ID, model.Tags{"seen": "yes"}, nil); err != nil {
		t.Fatal(err)
	}
	f.end(a.ID, false, "+w+a")
	again, err := f.Retry(t.Context(), service.Retry{Attempt: a.ID, All: true})
	must(t, err)
	_, list, err := f.Backfill(t.Context(), 1, service.Backfill{From: at(t, "2026-03-08T09:30:00Z"), Name: "fill"})
	must(t, err)
	got, err := f.store.TagsOf(t.Context(), []model.AttemptID{again.ID, list[0].ID})
	must(t, err)
	want := map[model.AttemptID]model.Tags{
		again.ID:   {"team": "search", "user": "ann", "seen": "yes", model.ParentTag: "1", model.RootTag: "1"},
		list[0].ID: {"team": "search", model.BackfillTag: "fill", model.ScheduleTag: "1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTagsAndWeightsOfStartsAreChecked(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", daily)
	for name, s := range map[string]service.Start{
		"a system tag": {Tags: model.Tags{model.BackfillTag: "x"}}, "no weight": {Weight: -1}, "too much": {Weight: 1 << 30},
	} {
		s.Workflow, s.Session = f.workflow(1), noon
		if _, err := f.Start(t.Context(), s); model.CodeOf(err) != model.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
