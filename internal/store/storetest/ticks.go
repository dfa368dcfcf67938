package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// tickAt returns the tick that is to have an id.
func tickAt(id store.TickID, at model.Instant) store.Tick {
	return store.Tick{
		ID: id, At: at, Kind: store.SensorTick, Project: 1, ProjectName: "p", Name: "s",
		Outcome: store.TickStarted, Started: 2, Attempts: []model.AttemptID{7, 8},
	}
}

// ticked writes ticks, each alone.
func (f *fixture) ticked(ticks ...store.Tick) {
	f.Helper()
	for i := range ticks {
		if err := f.store.AppendTicks(ctx, ticks[i:i+1]); err != nil {
			f.Fatalf("AppendTicks: %v", err)
		}
	}
}

func (f *fixture) listTicks(filter store.TickFilter) listing[store.Tick] {
	return func(page store.Page) ([]store.Tick, string, error) { return f.store.ListTicks(ctx, filter, page) }
}

// ticks returns all ticks, the latest first.
func (f *fixture) ticks() []store.Tick {
	f.Helper()
	return walk(f, f.listTicks(store.TickFilter{}), store.Page{Limit: 99})
}

// passed returns the tick of slots that a schedule of the fixture passes over, which
// is to have an id.
func (f *fixture) passed(id store.TickID, workflow string) store.Tick {
	return store.Tick{
		ID: id, At: now, Kind: store.ScheduleTick, Project: 1, ProjectName: "p", Name: workflow,
		Slot: now - 60*second, Until: now - 2*second, Slots: 30, Outcome: store.TickSkipped, Reason: "too late",
	}
}

// fired returns the tick of a start, which is to have an id.
func fired(id store.TickID, s *store.Start) store.Tick {
	return store.Tick{
		ID: id, At: s.Created, Kind: store.ScheduleTick, Project: 1, ProjectName: "p", Name: s.Session.Workflow,
		Slot: s.Session.Time, Slots: 1,
	}
}

var tickTests = []test{
	{"ticks are kept as they are and numbered", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		full := f.passed(7, "w")
		full.Started, full.Attempts = 3, []model.AttemptID{1, 1 << 40, 3}
		empty := store.Tick{At: now, Kind: store.SensorTick, Outcome: store.TickFailed, Reason: "é\n'"}
		if err := f.store.AppendTicks(ctx, []store.Tick{full, empty}); err != nil {
			f.Fatal(err)
		}
		if err := f.store.AppendTicks(ctx, nil); err != nil {
			f.Fatal(err)
		}
		other := full
		other.Project, other.ProjectName = 9, "written by nobody"
		f.ticked(other)
		full.ID, empty.ID, other.ID, other.ProjectName = 1, 2, 3, ""
		wantPages(f, f.listTicks(store.TickFilter{}), []store.Tick{other, empty, full})
	}},
	{"what a tick has too much of is left out", func(f *fixture) {
		long := tickAt(1, now)
		long.Project, long.ProjectName = 0, ""
		long.Reason, long.Started, long.Attempts = "a\x00b\xff"+strings.Repeat("c", 9000), 5000, make([]model.AttemptID, 5000)
		f.ticked(long)
		got := f.ticks()
		if len(got) != 1 || got[0].Started != 5000 || len(got[0].Attempts) != store.MaxTickAttempts {
			f.Fatalf("there are %+v", got)
		}
		if r := got[0].Reason; !strings.HasPrefix(r, "a\uFFFDb\uFFFDcc") || len(r) < 1000 || len(r) > 5000 {
			f.Errorf("reason of %d bytes: %.20q", len(r), r)
		}
	}},
	{"the latest come first", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		for id, at := range []model.Instant{now, now + 2, now + 1, now + 2, now} {
			f.ticked(tickAt(store.TickID(id+1), at))
		}
		wantPages(f, f.listTicks(store.TickFilter{}), []store.Tick{
			tickAt(4, now+2), tickAt(2, now+2), tickAt(3, now+1), tickAt(5, now), tickAt(1, now),
		})
	}},
	{"new ticks do not move the next page", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		var want []store.Tick
		for id := range store.TickID(5) {
			want = append(want, tickAt(id+1, now))
		}
		f.ticked(want...)
		slices.Reverse(want)
		wantSteady(f, f.listTicks(store.TickFilter{}), func() { f.ticked(tickAt(6, now), tickAt(7, now+1)) },
			func() []store.Tick { return want })
	}},
	{"without ticks there is no next page", func(f *fixture) {
		wantPages(f, f.listTicks(store.TickFilter{}), nil)
	}},
	{"filters select ticks", testTickFilters},
	{"ticks that are written at the same time are all there", func(f *fixture) {
		for _, err := range f.atOnce(func(int) error {
			return f.store.AppendTicks(ctx, []store.Tick{tickAt(0, now), tickAt(0, now)})
		}) {
			if err != nil {
				f.Error(err)
			}
		}
		var want []store.TickID
		for id := store.TickID(2 * many); id > 0; id-- {
			want = append(want, id)
		}
		f.same("ids", ids(f.ticks(), func(t store.Tick) store.TickID { return t.ID }), want)
	}},
	{"a firing writes what came of it", func(f *fixture) {
		f.scheduled(now, now, now)
		f.make(f.startOf(3, "other"))
		started, taken, crowded := f.firing(1), f.firing(2), f.firing(3)
		f.make(*taken.Start)
		crowded.Start.MaxRunning = 1
		started.Ticks, crowded.Ticks = []store.Tick{f.passed(9, "w1")}, []store.Tick{f.passed(9, "w3"), f.passed(9, "w3")}
		got := f.fire(started, taken, crowded)
		one, two, three := fired(2, started.Start), fired(3, taken.Start), fired(6, crowded.Start)
		one.Outcome, one.Started, one.Attempts = store.TickStarted, 1, []model.AttemptID{got[0].Attempt.ID}
		two.Outcome, two.Reason = store.TickSkipped, "its session has an attempt already"
		three.Outcome, three.Reason = store.TickFailed, got[2].Err.Error()
		list := f.ticks()
		slices.SortFunc(list, func(a, b store.Tick) int { return int(a.ID - b.ID) })
		f.same("ticks", list, []store.Tick{f.passed(1, "w1"), one, two, f.passed(4, "w3"), f.passed(5, "w3"), three})
	}},
	{"a firing without start writes what was passed over", func(f *fixture) {
		f.scheduled(now)
		firing := f.firing(1)
		firing.Start, firing.Ticks = nil, []store.Tick{f.passed(1, "w1")}
		f.fire(firing)
		f.same("ticks", f.ticks(), []store.Tick{f.passed(1, "w1")})
	}},
	{"a firing that does nothing writes no ticks", func(f *fixture) {
		f.scheduled(now)
		changed, gone := f.firing(1), f.firing(1)
		changed.Ticks, gone.Ticks = []store.Tick{f.passed(1, "w1")}, []store.Tick{f.passed(1, "w1")}
		gone.Schedule.ID, gone.Refused.ID = 9, 9
		f.disable(1)
		f.fire(changed, gone)
		wantPages(f, f.listTicks(store.TickFilter{}), nil)
	}},
	{"a change of a schedule writes ticks with it", func(f *fixture) {
		f.scheduled(now)
		s := f.schedule(1)
		if _, err := f.store.ChangeSchedule(ctx, s, f.passed(0, "w1"), f.passed(0, "w1")); err != nil {
			f.Fatal(err)
		}
		_, err := f.store.ChangeSchedule(ctx, s, f.passed(0, "w1"))
		f.wantCode("of another version", err, model.Conflict)
		f.same("ticks", f.ticks(), []store.Tick{f.passed(2, "w1"), f.passed(1, "w1")})
	}},
	{"a push that passes over what is due writes a tick", func(f *fixture) {
		f.scheduled(now, now, now+9*second)
		push := f.push("p", "r2", "w1", "w2", "w3", "w4")
		push.Revision.Created = now + 8*second
		push.Schedules = func(w *store.Workflow, last *store.Schedule) *store.Schedule {
			if w.Name == "w2" {
				return &store.Schedule{NextRun: last.NextRun, NextTime: last.NextTime}
			}
			return &store.Schedule{NextRun: now + 60*second, NextTime: now + 60*second}
		}
		f.pushed(push)
		want := f.passed(1, "w1")
		want.At, want.Slot, want.Until, want.Slots = now+8*second, now-second, 0, 1
		got := f.ticks()
		if len(got) != 1 || got[0].Reason == "" {
			f.Fatalf("there are %+v", got)
		}
		want.Reason = got[0].Reason
		f.same("tick", got[0], want)
	}},
	{"ticks stay when their project is deleted", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		f.ticked(tickAt(1, now))
		f.deleteProject(1)
		f.same("ticks", f.ticks(), []store.Tick{tickAt(1, now)})
	}},
	{"old ticks go, by what came of them", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		var want []store.Tick
		for _, at := range []model.Instant{old, now - hour - 1, now - hour, now} {
			for _, o := range store.TickOutcomes {
				t := tickAt(store.TickID(len(want)+1), at)
				t.Outcome = o
				want = append(want, t)
			}
		}
		f.ticked(want...)
		f.same("nothing asked", f.prune(store.Retention{}, 1), store.Pruned{})
		for _, c := range []struct {
			keep store.TickRetention
			n    int
		}{
			{store.TickRetention{Skipped: time.Hour}, 2},
			{store.TickRetention{Skipped: time.Hour, Started: 3 * time.Hour}, 0},
			{store.TickRetention{Started: time.Hour, Failed: time.Hour}, 4},
		} {
			f.same(fmt.Sprintf("%+v", c.keep), f.prune(store.Retention{Ticks: c.keep}, 1), store.Pruned{Ticks: c.n})
		}
		want = want[6:]
		slices.SortFunc(want, func(a, b store.Tick) int { return b.Mark().Compare(a.Mark()) })
		f.same("kept", f.ticks(), want)
		f.ticked(tickAt(13, now+1))
		f.same("the next", f.ticks()[0], tickAt(13, now+1))
	}},
}

// testTickFilters makes ticks that differ in one thing each and selects by every
// field of a filter, alone and with others.
func testTickFilters(f *fixture) {
	f.pushed(f.push("p", "r", "w"))
	f.pushed(f.push("q", "r", "w"))
	var all []store.Tick
	for _, change := range []func(*store.Tick){
		func(*store.Tick) {},
		func(t *store.Tick) { t.Kind = store.ScheduleTick },
		func(t *store.Tick) { t.Project, t.ProjectName = 2, "q" },
		func(t *store.Tick) { t.Project, t.ProjectName = 0, "" },
		func(t *store.Tick) { t.Name = "other" },
		func(t *store.Tick) { t.Outcome = store.TickSkipped },
		func(t *store.Tick) { t.Outcome = store.TickFailed },
		func(t *store.Tick) { t.At = now - 1 },
		func(t *store.Tick) { t.At = now + 1 },
	} {
		t := tickAt(store.TickID(len(all)+1), now)
		change(&t)
		all = append(all, t)
	}
	f.ticked(all...)
	slices.SortFunc(all, func(a, b store.Tick) int { return b.Mark().Compare(a.Mark()) })
	for _, filter := range []store.TickFilter{
		{},
		{Kind: store.ScheduleTick}, {Kind: store.SensorTick}, {Project: 1}, {Project: 2}, {Project: 9},
		{Projects: []model.ProjectID{}}, {Projects: []model.ProjectID{2, 0}}, {Projects: []model.ProjectID{1}, Outcome: store.TickFailed},
		{Project: 1, Projects: []model.ProjectID{2}}, {Project: 1, Projects: []model.ProjectID{1, 2}},
		{Name: "s"}, {Name: "S"}, {Project: 1, Name: "other"}, {Project: 1, Name: "s", Kind: store.SensorTick},
		{Outcome: store.TickStarted}, {Outcome: store.TickSkipped}, {Outcome: store.TickFailed, Project: 1, Name: "s"},
		{From: now}, {From: now + 1}, {From: now + 2}, {Until: now}, {Until: now + 1}, {Until: now - 1},
		{From: now, Until: now + 1}, {From: now, Until: now}, {Project: 1, Name: "s", From: now, Until: now + 1},
	} {
		var want []store.Tick
		for _, t := range all {
			if filter.Matches(&t) {
				want = append(want, t)
			}
		}
		f.same(fmt.Sprintf("%+v", filter), walk(f, f.listTicks(filter), store.Page{Limit: 2}), want)
	}
}
