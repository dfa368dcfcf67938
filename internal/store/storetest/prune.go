package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// hour is how long what can be pruned is kept in these tests.
const hour = 3600 * second

// old is an instant whose attempts go when an hour is kept.
const old = now - 2*hour

var keepHour = store.Retention{Attempts: time.Hour}

// endedAt makes an attempt that ended at an instant.
func (f *fixture) endedAt(s store.Start, at model.Instant) {
	f.Helper()
	f.endAt(f.make(s).ID, at)
}

func (f *fixture) endAt(id model.AttemptID, at model.Instant) {
	f.Helper()
	f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: id, State: engine.AttemptSuccess, Tasks: 3, Ended: at}}})
}

// prune prunes to the end, in calls of a size.
func (f *fixture) prune(r store.Retention, size int) (all store.Pruned) {
	f.Helper()
	page := store.Page{Limit: size}
	for range 100 {
		p, next, err := f.store.Prune(ctx, r, now, page)
		if err != nil {
			f.Fatalf("Prune: %v", err)
		}
		if most := max(len(p.Attempts), len(p.Revisions), p.Values, p.Audit, p.Ticks, p.Facts); most > size {
			f.Fatalf("a call of %d pruned %d", size, most)
		}
		all.Attempts = append(all.Attempts, p.Attempts...)
		all.Sessions = append(all.Sessions, p.Sessions...)
		all.Revisions = append(all.Revisions, p.Revisions...)
		all.Projects = append(all.Projects, p.Projects...)
		all.Values += p.Values
		all.Audit += p.Audit
		all.Ticks += p.Ticks
		all.Facts += p.Facts
		if next == "" {
			return all
		}
		page.Cursor = next
	}
	f.Fatal("pruning does not come to an end")
	return all
}

// wantPruned prunes what is older than an hour and checks which attempts went.
func (f *fixture) wantPruned(what string, want ...model.AttemptID) {
	f.Helper()
	f.same(what, f.prune(keepHour, 9).Attempts, want)
}

// wantGone checks that nothing is left of an attempt and its session, with the key k.
func (f *fixture) wantGone(id model.AttemptID, session model.SessionID) {
	f.Helper()
	_, err := f.store.Attempt(ctx, id)
	f.wantCode("Attempt", err, model.NotFound)
	_, err = f.store.Load(ctx, id)
	f.wantCode("Load", err, model.NotFound)
	_, err = f.store.Events(ctx, id, 0, 0)
	f.wantCode("Events", err, model.NotFound)
	f.wantCode("Commit", f.store.Commit(ctx, fullBatch(f, id)), model.NotFound)
	f.wantCode("Post", f.store.Post(ctx, []store.Post{{Attempt: id, Command: signal(1)}}), model.NotFound)
	_, err = f.store.Session(ctx, session)
	f.wantCode("Session", err, model.NotFound)
	_, err = f.store.FindSession(ctx, 1, "w", "k")
	f.wantCode("FindSession", err, model.NotFound)
}

var pruneTests = []test{
	{"nothing is pruned unless asked", func(f *fixture) {
		f.endedAt(f.start("k"), old)
		f.projects("p")
		f.deleteProject(1)
		f.audited(entryAt(1, old))
		f.same("pruned", f.prune(store.Retention{}, 9), store.Pruned{})
		f.same("kept sessions only", f.prune(store.Retention{Sessions: 1}, 9), store.Pruned{})
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{1})
	}},
	{"an attempt goes with all that it had", func(f *fixture) {
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		other := f.make(f.start("other"))
		f.commit(fullBatch(f, other.ID))
		f.endAt(made.ID, old)
		p := f.prune(keepHour, 9)
		f.same("pruned", p, store.Pruned{Attempts: []model.AttemptID{1}, Sessions: []model.SessionID{1}})
		f.wantGone(1, 1)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{2})
		f.same("sessions", len(walk(f, f.listSessions(store.SessionFilter{}), store.Page{Limit: 9})), 1)
		f.wantFull(other, s.Definition)
		again := f.make(f.start("k"))
		if again.ID != 3 || again.Session.ID != 3 || again.Index != 1 {
			f.Errorf("the next is attempt %d of session %d with index %d", again.ID, again.Session.ID, again.Index)
		}
		if tasks := f.load(3).Tasks; len(tasks) > 0 {
			f.Errorf("the next has %d tasks", len(tasks))
		}
	}},
	{"what runs, and what ended later, stays", func(f *fixture) {
		f.make(f.start("runs"))
		f.endedAt(f.start("later"), now-hour)
		f.endedAt(f.start("just before"), now-hour-1)
		f.endedAt(f.start("at the end"), now)
		f.wantPruned("pruned", 3)
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID{4, 2, 1})
	}},
	{"the oldest go first, a few at a time", func(f *fixture) {
		for i, at := range []model.Instant{3, 1, 2, 1, 0} {
			f.endedAt(f.start(fmt.Sprint(i)), at)
		}
		want := []model.AttemptID{5, 2, 4, 3, 1}
		page := store.Page{Limit: 2}
		for n := 0; n < len(want); n += 2 {
			p, next, err := f.store.Prune(ctx, keepHour, now, page)
			if err != nil || (next == "") != (n == 4) {
				f.Fatalf("cursor %q, error %v", next, err)
			}
			f.same("pruned", p.Attempts, want[n:min(n+2, len(want))])
			page.Cursor = next
		}
		f.same("attempts", f.list(store.Filter{}, 9), []model.AttemptID(nil))
	}},
	{"a call ends early where attempts are large", func(f *fixture) {
		for i := range 3 {
			id := f.make(f.start(fmt.Sprint(i))).ID
			f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: id, State: engine.AttemptFailed, Tasks: store.PruneTasks / 2, Ended: old}}})
		}
		p, next, err := f.store.Prune(ctx, keepHour, now, store.Page{})
		if err != nil || next == "" {
			f.Fatalf("cursor %q, error %v", next, err)
		}
		f.same("first", p.Attempts, []model.AttemptID{1, 2})
		f.wantPruned("then", 3)
	}},
	{"pages that can't be are invalid", func(f *fixture) {
		for _, page := range []store.Page{{Limit: -1}, {Limit: store.MaxLimit + 1}, {Cursor: "x.y!"}, {Cursor: "1.0"}, {Cursor: "."}} {
			_, _, err := f.store.Prune(ctx, keepHour, now, page)
			f.wantCode(fmt.Sprintf("%+v", page), err, model.Invalid)
		}
	}},
	{"what an unfinished attempt resumes from stays", func(f *fixture) {
		f.endedAt(f.start("first"), old)
		again := f.named("first", "again")
		again.Resume = store.Resume{Attempt: 1, From: "+w+step1"}
		f.make(again)
		f.wantPruned("while it runs")
		f.endAt(2, now)
		f.wantPruned("then", 1)
		f.same("attempt", f.attempt(2).Resume, again.Resume)
		f.same("last", f.session(1).Last.ID, model.AttemptID(2))
	}},
	{"what an unfinished attempt has called stays", func(f *fixture) {
		caller := f.make(f.start("caller"))
		s := f.start("called")
		s.Name = calls.ID{Attempt: caller.ID, Task: 3}.Name()
		f.endedAt(s, old)
		s = f.start("named alike") // by a user
		s.Name = "^1x.3.0"
		f.endedAt(s, old)
		s = f.start("of nobody")
		s.Name = calls.ID{Attempt: 99, Task: 3}.Name()
		f.endedAt(s, old)
		f.wantPruned("while the caller runs", 3, 4)
		_, err := f.store.DeleteAttempts(ctx, []model.AttemptID{2}, 0)
		f.wantCode("DeleteAttempts", err, model.Conflict)
		f.endAt(caller.ID, now)
		f.wantPruned("then", 2)
	}},
	{"what a task of an unfinished attempt follows stays", func(f *fixture) {
		caller, other := f.make(f.start("caller")), f.make(f.start("other"))
		follow := func(key string, by ...model.AttemptID) {
			a := f.make(f.start(key))
			root := engine.TaskRow{Attempt: a.ID, Parent: model.NoTask, Name: "+w", State: model.Success, Ended: old, Detail: &engine.Detail{}}
			for _, id := range by {
				root.Detail.Followers = append(root.Detail.Followers, calls.ID{Attempt: id, Task: 3}.Follow().By)
			}
			f.commit(&store.Batch{Tasks: []engine.TaskRow{root}})
			f.endAt(a.ID, old)
		}
		follow("of both", caller.ID, other.ID)
		follow("of the other", other.ID)
		follow("of nobody")
		follow("of one that is gone", 99)
		f.wantPruned("while they run", 5, 6)
		_, err := f.store.DeleteAttempts(ctx, []model.AttemptID{3}, 0)
		f.wantCode("DeleteAttempts", err, model.Conflict)
		f.endAt(other.ID, now)
		f.wantPruned("while one of them runs", 4)
		f.endAt(caller.ID, now)
		f.same("then", f.delete(3).Attempts, []model.AttemptID{3})
	}},
	{"the newest of a session stays while there are others", func(f *fixture) {
		f.make(f.start("k"))
		f.endedAt(f.named("k", "second"), old)
		f.wantPruned("while the first runs")
		f.endAt(1, now)
		f.wantPruned("while the first is young")
		f.same("last", f.session(1).Last.ID, model.AttemptID(2))
		f.same("newest", f.list(store.Filter{Last: true}, 9), []model.AttemptID{2})
	}},
	{"a session goes once it has no attempts", func(f *fixture) {
		f.endedAt(f.start("k"), old+1)
		f.endedAt(f.named("k", "second"), old)
		f.endedAt(f.named("k", "third"), old+2)
		p, _, err := f.store.Prune(ctx, keepHour, now, store.Page{Limit: 1})
		if err != nil {
			f.Fatal(err)
		}
		f.same("first", p, store.Pruned{Attempts: []model.AttemptID{2}})
		f.same("newest", f.session(1).Last, f.attempt(3))
		f.same("the rest", f.prune(keepHour, 9), store.Pruned{Attempts: []model.AttemptID{1, 3}, Sessions: []model.SessionID{1}})
	}},
	{"the attempts of a session are counted on", func(f *fixture) {
		f.endedAt(f.start("k"), old)
		f.endedAt(f.named("k", "second"), now)
		f.wantPruned("pruned", 1)
		again := f.make(f.start("k"))
		if again.ID != 3 || again.Session.ID != 1 || again.Index != 3 {
			f.Errorf("the next is attempt %d of session %d with index %d", again.ID, again.Session.ID, again.Index)
		}
		_, made, err := f.store.StartAttempt(ctx, f.named("k", "second"))
		if made || err != nil {
			f.Errorf("made %v, error %v", made, err)
		}
	}},
	{"a session that an unfinished attempt comes after stays", func(f *fixture) {
		f.endedAt(f.start("first"), old)
		f.endedAt(f.named("first", "again"), old)
		f.make(f.after("second", 1))
		f.wantPruned("while it runs", 1)
		f.same("session", f.session(1).Last.ID, model.AttemptID(2))
		f.endAt(3, now)
		f.wantPruned("then", 2)
		f.same("after", f.attempt(3).After, model.SessionID(1))
		if a := f.make(f.after("third", 1)); a.Wake != 0 {
			f.Errorf("what comes after a session that is gone wakes at %d", a.Wake)
		}
	}},
	{"the newest sessions of a workflow stay", testKeptSessions},
	{"what stays is looked at once", func(f *fixture) {
		for i := range 5 {
			f.endedAt(f.start(fmt.Sprint(i)), old)
		}
		keep := keepHour
		keep.Sessions = 3
		f.same("pruned", f.prune(keep, 1).Attempts, []model.AttemptID{1, 2})
		f.same("again", f.prune(keep, 1), store.Pruned{})
	}},
	{"what an owner finished goes", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Attempts: []engine.AttemptRow{{ID: ids[0], State: engine.AttemptSuccess, Ended: old}}})
		f.wantPruned("pruned", ids[0])
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Events: []engine.Event{event(ids[1], 1)}})
		f.same("running", f.list(store.Filter{Owner: "a"}, 9), ids[1:])
	}},
	{"expired values go", func(f *fixture) {
		f.set(params.Of("a", 1, "b", 2, "c", 3), old, now)
		f.set(params.Of("d", 4), old, now+1)
		f.same("pruned", f.prune(store.Retention{}, 2), store.Pruned{Values: 3})
		f.same("values", f.get(old, "a", "b", "c", "d"), params.Of("d", 4))
	}},
	{"old entries of the audit log go", func(f *fixture) {
		f.audited(entryAt(1, now-hour), entryAt(2, old), entryAt(3, now-hour-1), entryAt(4, now))
		f.same("pruned", f.prune(store.Retention{Audit: time.Hour}, 1), store.Pruned{Audit: 2})
		f.audited(entryAt(5, now))
		wantPages(f, f.listAudit(store.AuditFilter{}), []store.AuditEntry{entryAt(5, now), entryAt(4, now), entryAt(1, now-hour)})
	}},
	{"what is pruned at the same time goes once", func(f *fixture) {
		for i := range 9 {
			f.endedAt(f.start(fmt.Sprint(i)), old)
		}
		pruned := make([]store.Pruned, many)
		for i, err := range f.atOnce(func(i int) (err error) {
			pruned[i], _, err = f.store.Prune(ctx, keepHour, now, store.Page{Limit: 2})
			return err
		}) {
			if err != nil {
				f.Errorf("Prune %d: %v", i, err)
			}
		}
		var all []model.AttemptID
		for _, p := range pruned {
			all = append(all, p.Attempts...)
		}
		slices.Sort(all)
		f.same("pruned", all, []model.AttemptID{1, 2, 3, 4, 5, 6, 7, 8, 9})
	}},
}

// testKeptSessions has sessions of several workflows, the last of which have a
// second attempt.
func testKeptSessions(f *fixture) {
	add := func(project model.ProjectID, workflow, key string) {
		s := f.start(key)
		s.Session.Project, s.Session.Workflow = project, workflow
		f.endedAt(s, old)
	}
	for _, key := range []string{"1", "2", "3"} {
		add(1, "w", key) // 1, 4, 7
		add(1, "v", key)
		add(2, "w", key)
	}
	add(0, "w", "1")
	f.endedAt(f.named("3", "again"), old) // 11
	keep := keepHour
	keep.Sessions = 4
	f.same("four", f.prune(keep, 2).Attempts, []model.AttemptID(nil))
	keep.Sessions = 2
	f.same("two", f.prune(keep, 2).Attempts, []model.AttemptID{1, 2, 3})
	keep.Sessions = 1
	f.same("one", f.prune(keep, 2).Attempts, []model.AttemptID{4, 5, 6})
	f.same("newest", f.list(store.Filter{Project: 1, Workflow: "w"}, 9), []model.AttemptID{11, 7})
	keep.Sessions = 0
	f.same("none", f.prune(keep, 2).Attempts, []model.AttemptID{7, 8, 9, 10, 11})
}
