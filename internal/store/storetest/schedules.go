package storetest

import (
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// scheduledPush describes a revision whose workflows are due at now, for a
// session a second before.
func (f *fixture) scheduledPush(project, revision string, workflows ...string) store.Push {
	p := f.push(project, revision, workflows...)
	p.Schedules = func(*store.Workflow, *store.Schedule) *store.Schedule {
		return &store.Schedule{NextRun: now, NextTime: now - second}
	}
	return p
}

// scheduled makes a project of workflows that are due at these instants. Their
// schedules have the ids 1, 2, 3 and so on.
func (f *fixture) scheduled(runs ...model.Instant) {
	f.Helper()
	var names []string
	for i := range runs {
		names = append(names, fmt.Sprint("w", i+1))
	}
	p := f.push("p", "r", names...)
	p.Schedules = func(w *store.Workflow, _ *store.Schedule) *store.Schedule {
		at := runs[slices.Index(names, w.Name)]
		return &store.Schedule{NextRun: at, NextTime: at - second}
	}
	f.pushed(p)
}

func (f *fixture) schedule(id model.ScheduleID) store.Schedule {
	f.Helper()
	s, err := f.store.Schedule(ctx, id)
	if err != nil {
		f.Fatalf("Schedule(%d): %v", id, err)
	}
	return s
}

func (f *fixture) changeSchedule(s store.Schedule) store.Schedule {
	f.Helper()
	s, err := f.store.ChangeSchedule(ctx, s)
	if err != nil {
		f.Fatalf("ChangeSchedule(%d): %v", s.ID, err)
	}
	return s
}

func (f *fixture) disable(id model.ScheduleID) store.Schedule {
	f.Helper()
	s := f.schedule(id)
	s.Disabled = now + 5*second
	return f.changeSchedule(s)
}

func (f *fixture) listSchedules(filter store.ScheduleFilter) listing[store.Schedule] {
	return func(page store.Page) ([]store.Schedule, string, error) {
		return f.store.ListSchedules(ctx, filter, page)
	}
}

func (f *fixture) schedules(ids ...model.ScheduleID) (list []store.Schedule) {
	f.Helper()
	for _, id := range ids {
		list = append(list, f.schedule(id))
	}
	return list
}

// wantDue checks which schedules are due at an instant, and when the next is.
func (f *fixture) wantDue(at model.Instant, n int, next model.Instant, ids ...model.ScheduleID) {
	f.Helper()
	due, got, err := f.store.DueSchedules(ctx, at, n)
	if err != nil {
		f.Fatal(err)
	}
	f.same(fmt.Sprintf("up to %d due at now+%d", n, at-now), due, f.schedules(ids...))
	f.same(fmt.Sprintf("next of up to %d at now+%d", n, at-now), got, next)
}

var scheduleTests = []test{
	{"a push makes schedules", func(f *fixture) {
		push := f.push("p", "r", "a", "b", "c")
		push.Schedules = func(w *store.Workflow, last *store.Schedule) *store.Schedule {
			if last != nil {
				f.Errorf("workflow %s had schedule %+v", w.Name, last)
			}
			if w.Name == "b" {
				return nil
			}
			return &store.Schedule{NextRun: now + second, NextTime: now, LastTime: now - second, Evaluated: now - 2, Rule: "é"}
		}
		f.pushed(push)
		want := store.Schedule{
			ID: 1, Project: 1, ProjectName: "p", Workflow: 1, WorkflowName: "a",
			NextRun: now + second, NextTime: now, LastTime: now - second, Evaluated: now - 2, Rule: "é",
			Created: now, Updated: now, Version: 1,
		}
		f.same("first", f.schedule(1), want)
		want.ID, want.Workflow, want.WorkflowName = 2, 3, "c"
		f.same("second", f.schedule(2), want)
		_, err := f.store.Schedule(ctx, 3)
		f.wantCode("third", err, model.NotFound)
	}},
	{"a push asks for every workflow in order", func(f *fixture) {
		push := f.push("p", "r", "b", "a")
		var asked []string
		push.Schedules = func(w *store.Workflow, _ *store.Schedule) *store.Schedule {
			asked = append(asked, w.Name)
			if w.Zone != "Asia/Tokyo" || w.Config.Len() != 1 || w.Definition == nil {
				f.Errorf("asked for workflow %+v", w)
			}
			return nil
		}
		f.pushed(push)
		if n := len(asked); n < 2 || !slices.Equal(asked[n-2:], []string{"b", "a"}) {
			f.Errorf("asked for %q", asked)
		}
	}},
	{"a push keeps the schedule of a workflow of the same name", func(f *fixture) {
		f.scheduled(now, now+second)
		before := f.disable(2)
		push := f.push("p", "r2", "w0", "w2", "w1")
		push.Revision.Created = now + 9*second
		push.Schedules = func(w *store.Workflow, last *store.Schedule) *store.Schedule {
			switch {
			case w.Name == "w0" && last != nil:
				f.Errorf("the new workflow had schedule %+v", last)
			case w.Name == "w2":
				f.same("schedule so far", *last, before)
			}
			return &store.Schedule{NextRun: now + 7*second, NextTime: now + 6*second, LastTime: now + 5*second, Evaluated: now + 4, Rule: "new"}
		}
		f.pushed(push)
		want := before
		want.Workflow, want.NextRun, want.NextTime, want.LastTime = 4, now+7*second, now+6*second, now+5*second
		want.Updated, want.Version, want.Evaluated, want.Rule = now+9*second, 3, now+4, "new"
		f.same("kept", f.schedule(2), want)
		f.same("the other's workflow", f.schedule(1).Workflow, model.WorkflowID(5))
		if s := f.schedule(3); s.WorkflowName != "w0" || s.Created != now+9*second {
			f.Errorf("the new one is %+v", s)
		}
	}},
	{"a push leaves the schedules of its workflows alone", func(f *fixture) {
		f.scheduled(now, now, now)
		f.pushed(f.scheduledPush("q", "r", "w1"))
		push := f.scheduledPush("p", "r2", "w1", "w2")
		push.Schedules = func(w *store.Workflow, _ *store.Schedule) *store.Schedule {
			if w.Name == "w1" {
				return nil // it is not scheduled any more
			}
			return &store.Schedule{NextRun: now}
		}
		f.pushed(push)
		for _, id := range []model.ScheduleID{1, 3} {
			_, err := f.store.Schedule(ctx, id)
			f.wantCode(fmt.Sprint("schedule ", id), err, model.NotFound)
		}
		wantPages(f, f.listSchedules(store.ScheduleFilter{}), f.schedules(2, 4))
		f.pushed(f.scheduledPush("p", "r3", "w1"))
		wantPages(f, f.listSchedules(store.ScheduleFilter{}), f.schedules(4, 5))
	}},
	{"a push without schedules ends them", func(f *fixture) {
		f.scheduled(now, now)
		f.pushed(f.push("p", "r2", "w1", "w2"))
		wantPages(f, f.listSchedules(store.ScheduleFilter{}), nil)
	}},
	{"pages show every schedule once, oldest first", func(f *fixture) {
		f.scheduled(now+3*second, now, now+second, now+2*second)
		f.pushed(f.scheduledPush("q", "r", "w1", "w9"))
		for _, c := range []struct {
			filter store.ScheduleFilter
			want   []model.ScheduleID
		}{
			{store.ScheduleFilter{}, []model.ScheduleID{1, 2, 3, 4, 5, 6}},
			{store.ScheduleFilter{Project: 1}, []model.ScheduleID{1, 2, 3, 4}},
			{store.ScheduleFilter{Project: 2, WorkflowName: "w1"}, []model.ScheduleID{5}},
			{store.ScheduleFilter{Project: 1, WorkflowName: "w9"}, nil},
			{store.ScheduleFilter{Project: 9}, nil},
		} {
			wantPages(f, f.listSchedules(c.filter), f.schedules(c.want...))
		}
		wantSteady(f, f.listSchedules(store.ScheduleFilter{}), func() {
			f.pushed(f.scheduledPush("a", "r", "w1"))
		}, func() []store.Schedule { return f.schedules(1, 2, 3, 4, 5, 6, 7) })
	}},
	{"the longest due comes first", func(f *fixture) {
		f.scheduled(now+3*second, now, now+2*second, now, now+second)
		f.wantDue(now-1, 9, now)
		f.wantDue(now, 9, now+second, 2, 4)
		f.wantDue(now+2*second, 9, now+3*second, 2, 4, 5, 3)
		f.wantDue(now+9*second, 9, model.Never, 2, 4, 5, 3, 1)
	}},
	{"what is due beyond the number asked for comes next", func(f *fixture) {
		f.scheduled(now+2*second, now+second, now)
		f.wantDue(now+9*second, 2, now+2*second, 3, 2)
		f.wantDue(now+9*second, 3, model.Never, 3, 2, 1)
		f.wantDue(now+9*second, 0, now)
	}},
	{"without schedules none is ever due", func(f *fixture) { f.wantDue(model.Never, 9, model.Never) }},
	{"a disabled schedule is never due", func(f *fixture) {
		f.scheduled(now, now+second)
		s := f.disable(1)
		f.wantDue(now, 9, now+second)
		f.wantDue(now+second, 9, model.Never, 2)
		s.Disabled = 0
		f.changeSchedule(s)
		f.wantDue(now+second, 9, model.Never, 1, 2)
	}},
	{"a change is written", func(f *fixture) {
		f.scheduled(now)
		want := f.schedule(1)
		want.NextRun, want.NextTime, want.LastTime = now+3*second, now+2*second, now+second
		want.Disabled, want.Updated, want.Evaluated = now+5*second, now+6*second, now+4*second
		changed := want
		changed.Project, changed.ProjectName, changed.Workflow, changed.WorkflowName, changed.Created, changed.Rule = 7, "x", 8, "y", 9, "z"
		want.Version = 2
		f.same("returned", f.changeSchedule(changed), want)
		f.same("stored", f.schedule(1), want)
	}},
	{"a change of another version changes nothing", func(f *fixture) {
		f.scheduled(now)
		f.disable(1)
		want := f.schedule(1)
		for _, version := range []int64{0, 1, 3} {
			s := want
			s.Version, s.NextRun = version, now+9*second
			_, err := f.store.ChangeSchedule(ctx, s)
			f.wantCode(fmt.Sprint("version ", version), err, model.Conflict)
		}
		f.same("schedule", f.schedule(1), want)
	}},
	{"a schedule that does not exist is not found", func(f *fixture) {
		f.scheduled(now)
		for _, id := range []model.ScheduleID{-1, 0, 2} {
			_, err := f.store.Schedule(ctx, id)
			f.wantCode(fmt.Sprintf("Schedule(%d)", id), err, model.NotFound)
			_, err = f.store.ChangeSchedule(ctx, store.Schedule{ID: id, Version: 1})
			f.wantCode(fmt.Sprintf("ChangeSchedule(%d)", id), err, model.NotFound)
		}
	}},
	{"of many changes of one version at once one succeeds", func(f *fixture) {
		f.scheduled(now)
		s := f.schedule(1)
		f.wantOne("change", f.atOnce(func(i int) error {
			change := s
			change.NextRun += model.Instant(i)
			_, err := f.store.ChangeSchedule(ctx, change)
			return err
		}))
		f.same("version", f.schedule(1).Version, int64(2))
	}},
}
