package service_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const hourlyPair = "schedule:\n  hourly>: \"00:00\"\n+a:\n  echo>: 1\n+b:\n  echo>: 2\n"

// filler has an hourly workflow, whose next session is at noon.
func filler(t *testing.T, adjust func(*service.Config)) *fixture {
	t.Helper()
	f := open(t, adjust)
	f.pushed("1", "w.dig", hourlyPair)
	return f
}

// fill asks for a backfill from an hour on.
func (f *fixture) fill(hour int, r service.Backfill) []store.Attempt {
	f.Helper()
	r.From = time.Date(2026, 3, 8, hour, 0, 0, 0, time.UTC)
	_, list, err := f.Backfill(f.Context(), 1, r)
	must(f.T, err)
	return list
}

// brief names attempts by their sessions, and says what each comes after.
func (f *fixture) brief(list []store.Attempt) (all []string) {
	f.Helper()
	for i := range list {
		a := &list[i]
		text := fmt.Sprintf("%s %s", a.Session.Time.Time().Format("15"), a.Name)
		if a.After != 0 {
			after, err := f.store.Session(f.Context(), a.After)
			must(f.T, err)
			text += " after " + after.Time.Time().Format("15")
		}
		all = append(all, text)
	}
	return all
}

// fails drives an attempt to its end, whose last task fails.
func (f *fixture) fails(id model.AttemptID, tasks ...string) {
	f.Helper()
	f.end(id, true, tasks...)
	snap, err := f.store.Load(f.Context(), id)
	must(f.T, err)
	a, err := snap.Restore()
	must(f.T, err)
	alert, ok := a.Find("+w^failure-alert")
	if !ok {
		f.Fatal("nobody is alerted")
	}
	var step engine.Step
	must(f.T, a.Apply(model.InstantOf(noon), engine.Command{Kind: engine.Succeed, Task: alert, Try: a.Task(alert).Try, Result: &engine.Result{}}, &step))
	must(f.T, f.store.Commit(f.Context(), &store.Batch{Attempts: step.Attempts, Tasks: step.Tasks, Grown: step.Grown, Events: step.Events}))
}

// progress returns what is known of the backfill of an attempt.
func (f *fixture) progress(id model.AttemptID) store.Backfill {
	f.Helper()
	a, err := f.store.Attempt(f.Context(), id)
	must(f.T, err)
	b, err := f.BackfillOf(f.Context(), &a)
	must(f.T, err)
	return b
}

func TestABackfillThatIsAskedForAgainGoesOn(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	if diff := cmp.Diff([]string{"09 fill"}, f.brief(f.fill(9, service.Backfill{Name: "fill", Count: 1}))); diff != "" {
		t.Error(diff)
	}
	again := service.Backfill{Name: "fill", DryRun: true}
	if got := f.brief(f.fill(8, again)); len(got) != 3 {
		t.Errorf("a dry run would make %v", got)
	}
	again.DryRun = false
	list := f.fill(8, again)
	if diff := cmp.Diff([]string{"08 fill", "10 fill after 08", "11 fill after 10"}, f.brief(list)); diff != "" {
		t.Error(diff)
	}
	if executed, _ := list[1].Params.Get("last_executed_session_time"); executed != "2026-03-08T09:00:00+00:00" {
		t.Errorf("the one before was executed at %v", executed)
	}
	if list := f.fill(8, again); len(list) != 0 {
		t.Errorf("once more, it makes %v", f.brief(list))
	}
	if b := f.progress(list[0].ID); b.Waiting != 4 || b.First != 1 || b.From.Time().Hour() != 8 || b.Until.Time().Hour() != 11 || b.Done() {
		t.Errorf("it is %+v", b)
	}
}

func TestWhatIsLeftOfABackfillComesAfterWhatThereIs(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	f.fill(9, service.Backfill{Name: "fill", Count: 2})
	if diff := cmp.Diff([]string{"11 fill after 10"}, f.brief(f.fill(9, service.Backfill{Name: "fill"}))); diff != "" {
		t.Error(diff)
	}
}

// An attempt of the name that is of no backfill is not taken for one.
func TestABackfillRefusesTheNameOfAnotherAttempt(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	_, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: at(t, "2026-03-08T10:00:00Z"), Name: "fill"})
	must(t, err)
	_, list, err := f.Backfill(t.Context(), 1, service.Backfill{From: at(t, "2026-03-08T09:00:00Z"), Name: "fill"})
	if model.CodeOf(err) != model.Conflict || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
	known, _, err := f.store.ListBackfills(t.Context(), store.BackfillFilter{}, store.Page{})
	if err != nil || len(known) != 0 {
		t.Errorf("there are %v, %v", known, err)
	}
}

// rival is a store in which somebody else fills in a slot first.
type rival struct {
	store.Store
	first func()
}

func (r *rival) StartAll(ctx context.Context, starts []store.Start) ([]store.Attempt, error) {
	if f := r.first; f != nil {
		r.first = nil
		f()
	}
	return r.Store.StartAll(ctx, starts)
}

func TestBackfillsOfTheSameNameMakeEachAttemptOnce(t *testing.T) {
	t.Parallel()
	r := &rival{}
	f := filler(t, func(c *service.Config) { r.Store, c.Store = c.Store, r })
	r.first = func() { f.fill(9, service.Backfill{Name: "fill", Count: 2}) }
	if diff := cmp.Diff([]string{"11 fill after 10"}, f.brief(f.fill(9, service.Backfill{Name: "fill"}))); diff != "" {
		t.Error(diff)
	}
}

func TestABackfillFromFailureGoesOnWithWhatFailed(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	list := f.fill(8, service.Backfill{Name: "fill"})
	f.fails(list[0].ID, "+w+a", "+w+b")
	f.end(list[1].ID, false, "+w+a", "+w+b")
	f.fails(list[2].ID, "+w+a")
	if list[0].Resume.Again() {
		t.Error("memoised tasks are run again, too")
	}
	if all := f.fill(11, service.Backfill{Name: "anew", Rerun: true}); len(all) != 1 || all[0].Resume != (store.Resume{From: store.Anew}) {
		t.Errorf("memoised tasks are not run again: %+v", all)
	}
	again := f.fill(8, service.Backfill{Name: "fix", FromFailure: true, Rerun: true})
	if diff := cmp.Diff([]string{"08 fix", "10 fix after 08"}, f.brief(again)); diff != "" {
		t.Error(diff)
	}
	if again[0].Resume.Attempt != list[0].ID || again[1].Resume != (store.Resume{Attempt: list[2].ID, From: store.Anew}) {
		t.Errorf("they go on with %v and %v", again[0].Resume, again[1].Resume)
	}
	if more := f.fill(8, service.Backfill{Name: "more", FromFailure: true}); len(more) != 0 {
		t.Errorf("while they run, more go on: %v", f.brief(more))
	}
	if b := f.progress(again[0].ID); b.Name != "fix" || b.Waiting != 2 || b.Sessions() != 2 {
		t.Errorf("it is %+v", b)
	}
	if b := f.progress(list[0].ID); b.Failed != 2 || b.Succeeded != 1 || b.Waiting != 1 {
		t.Errorf("the first is %+v", b)
	}
	tags, err := f.store.TagsOf(t.Context(), []model.AttemptID{again[0].ID})
	must(t, err)
	want := model.Tags{model.BackfillTag: "fix", model.ScheduleTag: "1", model.ParentTag: "1", model.RootTag: "1"}
	if diff := cmp.Diff(want, tags[again[0].ID]); diff != "" {
		t.Error(diff)
	}
}

// Under its own name, what goes on counts for the backfill itself.
func TestABackfillGoesOnFromItsOwnFailures(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	list := f.fill(10, service.Backfill{Name: "fill"})
	f.fails(list[0].ID, "+w+a", "+w+b")
	f.end(list[1].ID, false, "+w+a", "+w+b")
	again := f.fill(10, service.Backfill{Name: "fill", FromFailure: true, Only: []string{"+b"}})
	if diff := cmp.Diff([]string{"10 run 2"}, f.brief(again)); diff != "" {
		t.Error(diff)
	}
	if tasks, ok := again[0].Resume.Tasks(); !ok || !tasks["+w+b"] || len(tasks) != 1 {
		t.Errorf("it runs %v", again[0].Resume)
	}
	f.end(again[0].ID, false, "+w+a", "+w+b")
	if b := f.progress(again[0].ID); b.Succeeded != 2 || !b.Done() || b.First != list[0].ID {
		t.Errorf("it is %+v", b)
	}
}

func TestWhatABackfillFromFailureCantDo(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	a := f.fill(11, service.Backfill{Name: "fill"})[0]
	f.fails(a.ID, "+w+a")
	for name, test := range map[string]struct {
		ask  service.Backfill
		code model.Code
	}{
		"tasks of all sessions": {service.Backfill{Name: "x", Only: []string{"+a"}}, model.Invalid},
		"a task that is not":    {service.Backfill{Name: "x", FromFailure: true, Only: []string{"+nope"}}, model.NotFound},
		"more than there are":   {service.Backfill{Name: "x", FromFailure: true, Count: 9}, model.Invalid},
		"no name":               {service.Backfill{FromFailure: true}, model.Invalid},
	} {
		test.ask.From = at(t, "2026-03-08T11:00:00Z")
		if _, list, err := f.Backfill(t.Context(), 1, test.ask); model.CodeOf(err) != test.code || err == nil || len(list) != 0 {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	_, _, err := f.Backfill(t.Context(), 1, service.Backfill{From: at(t, "2000-01-01T00:00:00Z"), Name: "x", FromFailure: true})
	if model.CodeOf(err) != model.Exhausted {
		t.Errorf("since ever: %v", err)
	}
}

// A retry of an attempt of a backfill is of it, too, of whatever revision.
func TestARetryCountsForItsBackfill(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	a := f.fill(11, service.Backfill{Name: "fill"})[0]
	f.fails(a.ID, "+w+a")
	f.pushed("2", "w.dig", hourlyPair+"+c:\n  echo>: 3\n")
	again, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(2), Session: at(t, "2026-03-08T11:00:00Z"), Name: "again", Resume: service.Resume{Attempt: a.ID}})
	must(t, err)
	if b := f.progress(again.ID); b.Name != "fill" || b.Waiting != 1 || b.Failed != 0 || b.First != a.ID {
		t.Errorf("it is %+v", b)
	}
}

func TestAnAttemptMayBeOfNoBackfill(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	a, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon})
	must(t, err)
	if _, err := f.BackfillOf(t.Context(), &a); model.CodeOf(err) != model.NotFound {
		t.Errorf("got %v", err)
	}
}

// posted returns the attempts to which a kill was posted, in order.
func (f *fixture) posted(ids ...model.AttemptID) (killed []model.AttemptID) {
	f.Helper()
	for _, id := range ids {
		snap, err := f.store.Load(f.Context(), id)
		must(f.T, err)
		for _, p := range snap.Inbox {
			if p.Command.Kind == engine.Kill && p.Command.By == "ann" {
				killed = append(killed, id)
			}
		}
	}
	return killed
}

func TestABackfillIsCancelled(t *testing.T) {
	t.Parallel()
	f := filler(t, nil)
	other := f.fill(11, service.Backfill{Name: "other"})[0]
	list := f.fill(8, service.Backfill{Name: "fill"})
	f.end(list[0].ID, false, "+w+a", "+w+b")
	f.end(list[1].ID, false, "+w+a") // runs
	b := f.progress(list[0].ID)
	ended, err := f.CancelBackfill(t.Context(), &b, "ann")
	must(t, err)
	want := []model.AttemptID{list[1].ID, list[2].ID, list[3].ID}
	if !slices.Equal(ended, want) {
		t.Errorf("it ends %v", ended)
	}
	if killed := f.posted(other.ID, list[0].ID, list[1].ID, list[2].ID, list[3].ID); !slices.Equal(killed, want) {
		t.Errorf("kills are posted to %v", killed)
	}
}

// What waits in the queue, or would once it is its turn, ends at once.
func TestABackfillThatIsQueuedIsCancelled(t *testing.T) {
	t.Parallel()
	f := filler(t, func(c *service.Config) { c.Turns = conductor.Turns{Queue: true} })
	list := f.fill(9, service.Backfill{Name: "fill"})
	b := f.progress(list[0].ID)
	ended, err := f.CancelBackfill(t.Context(), &b, "ann")
	if err != nil || len(ended) != 3 {
		t.Errorf("it ends %v, %v", ended, err)
	}
	if b := f.progress(list[0].ID); b.Killed != 3 || !b.Done() {
		t.Errorf("it is %+v", b)
	}
	if ended, err := f.CancelBackfill(t.Context(), &b, "ann"); err != nil || len(ended) != 0 {
		t.Errorf("once more, it ends %v, %v", ended, err)
	}
}

// ending is a store in which an attempt ends just before it is told to.
type ending struct {
	store.Store
	first func()
}

func (e *ending) Post(ctx context.Context, posts []store.Post) error {
	if f := e.first; f != nil {
		e.first = nil
		f()
	}
	return e.Store.Post(ctx, posts)
}

func TestABackfillIsCancelledWhileItGoesOn(t *testing.T) {
	t.Parallel()
	e := &ending{}
	f := filler(t, func(c *service.Config) { e.Store, c.Store = c.Store, e })
	list := f.fill(9, service.Backfill{Name: "fill"})
	b := f.progress(list[0].ID)
	e.first = func() { f.end(list[0].ID, false, "+w+a", "+w+b") }
	ended, err := f.CancelBackfill(t.Context(), &b, "ann")
	want := []model.AttemptID{list[1].ID, list[2].ID}
	if err != nil || !slices.Equal(ended, want) || !slices.Equal(f.posted(want...), want) {
		t.Errorf("it ends %v, %v", ended, err)
	}
}
