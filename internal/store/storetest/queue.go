package storetest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// queued makes an attempt that waits in the queue.
func (f *fixture) queued(key string, turn store.Turn, tags model.Tags) store.Attempt {
	f.Helper()
	s := f.start(key)
	s.Queue, s.Tags = &turn, tags
	return f.make(s)
}

// admit admits what limits allow.
func (f *fixture) admit(at model.Instant, list ...admission.Limit) []model.AttemptID {
	f.Helper()
	limits, err := admission.NewLimits(list)
	if err != nil {
		f.Fatal(err)
	}
	ids, err := f.store.Admit(ctx, limits.Tags(), at, store.Choose(limits, at))
	if err != nil {
		f.Fatalf("Admit: %v", err)
	}
	return ids
}

// ends ends attempts that nobody drives.
func (f *fixture) ends(ids ...model.AttemptID) {
	f.Helper()
	b := &store.Batch{}
	for _, id := range ids {
		row := f.attempt(id).AttemptRow
		row.State, row.Started, row.Ended = engine.AttemptSuccess, now, now+1
		b.Attempts = append(b.Attempts, row)
	}
	f.commit(b)
}

func most(n int) admission.Limit { return admission.Limit{Name: "max-runs", Max: n} }

var queueTests = []test{
	{"what waits in the queue is nobody's until it is admitted", func(f *fixture) {
		a := f.queued("k", store.Turn{}, nil)
		if stored := f.attempt(a.ID); !a.Queued() || !stored.Queued() {
			f.Errorf("it is due at %d", stored.Wake)
		}
		epoch := f.lease("c")
		must(f, f.store.Post(ctx, []store.Post{{Attempt: a.ID, Command: engine.Command{Kind: engine.Kill}}}))
		f.same("claimed", f.claim("c", epoch, now+3600*second, 9), []model.AttemptID(nil))
		f.same("admitted", f.admit(now, most(1)), []model.AttemptID{a.ID})
		if a := f.attempt(a.ID); a.Queued() {
			f.Error("it is queued still")
		}
		f.same("claimed", f.claim("c", epoch, now, 9), []model.AttemptID{a.ID})
	}},
	{"places are free once attempts have ended", func(f *fixture) {
		ids := []model.AttemptID{f.queued("1", store.Turn{}, nil).ID, f.queued("2", store.Turn{}, nil).ID, f.queued("3", store.Turn{}, nil).ID}
		f.same("first", f.admit(now, most(2)), ids[:2])
		f.same("none", f.admit(now, most(2)), []model.AttemptID(nil))
		f.ends(ids[1])
		f.same("next", f.admit(now, most(2)), ids[2:])
		f.ends(ids[0], ids[2])
		f.same("nobody", f.admit(now, most(2)), []model.AttemptID(nil))
	}},
	{"the queue is in order of priority and then of starts", func(f *fixture) {
		low, first := f.queued("low", store.Turn{Priority: -1}, nil), f.queued("first", store.Turn{}, nil)
		second, high := f.queued("second", store.Turn{}, nil), f.queued("high", store.Turn{Priority: 7}, nil)
		f.same("three", f.admit(now, most(3)), []model.AttemptID{high.ID, first.ID, second.ID})
		f.ends(high.ID)
		f.same("the last", f.admit(now, most(3)), []model.AttemptID{low.ID})
	}},
	{"many that wait are gone through, page after page", func(f *fixture) {
		f.startAtOnce(1234, func(i int) store.Start {
			s := f.start(fmt.Sprintf("k%d", i))
			s.Queue = &store.Turn{Priority: i % 3}
			s.Tags = model.Tags{"n": fmt.Sprint(i % 600)}
			return s
		})
		each := admission.Limit{Name: "each", Tag: "n", PerValue: true, Max: 1}
		if got := f.admit(now, each); len(got) != 600 {
			f.Errorf("%d are admitted, want one of each of 600 values", len(got))
		}
		f.same("again", f.admit(now, each), []model.AttemptID(nil))
	}},
	{"weights, tags and projects count", func(f *fixture) {
		f.projects("p")
		user := func(key, name string, weight int) model.AttemptID {
			return f.queued(key, store.Turn{Weight: weight}, model.Tags{"user": name, "other": "x"}).ID
		}
		ann, ann2, bob := user("1", "ann", 1), user("2", "ann", 1), user("3", "bob", 2)
		each := admission.Limit{Name: "users", Tag: "user", PerValue: true, Max: 1}
		name, flow := "p", "p/w"
		f.same("one of ann", f.admit(now, each), []model.AttemptID{ann})
		f.same("the project is full", f.admit(now, admission.Limit{Name: "project", Tag: model.ProjectTag, Value: &name, Max: 1}), []model.AttemptID(nil))
		f.same("so is the workflow", f.admit(now, admission.Limit{Name: "workflow", Tag: model.WorkflowTag, Value: &flow, Max: 1}), []model.AttemptID(nil))
		f.same("bob weighs 2", f.admit(now, most(3), admission.Limit{Name: "users", Tag: "user", PerValue: true, Max: 2}), []model.AttemptID{ann2})
		f.same("bob fits", f.admit(now, most(4)), []model.AttemptID{bob})
	}},
	{"a rate is kept by all who admit", func(f *fixture) {
		var ids []model.AttemptID
		for i := range 5 {
			ids = append(ids, f.queued(fmt.Sprint(i), store.Turn{}, model.Tags{"api": "x"}).ID)
		}
		rate := admission.Limit{Name: "calls", Tag: "api", PerValue: true, Rate: 2, Per: 10 * time.Second}
		f.same("two at once", f.admit(now, rate), ids[:2])
		f.ends(ids[:2]...)
		f.same("none", f.admit(now+4*second, rate), []model.AttemptID(nil))
		f.same("another", f.admit(now+5*second, rate), ids[2:3])
		f.same("two after a while", f.admit(now+60*second, rate), ids[3:])
	}},
	{"a run that another waits for takes a place at once", func(f *fixture) {
		a := f.queued("k", store.Turn{Taken: true, Weight: 2}, nil)
		if a.Queued() {
			f.Error("it waits")
		}
		b := f.queued("b", store.Turn{}, nil)
		f.same("no room", f.admit(now, most(2)), []model.AttemptID(nil))
		f.same("room", f.admit(now, most(3)), []model.AttemptID{b.ID})
	}},
	{"what comes after a session is queued once that has ended", func(f *fixture) {
		former := f.make(f.start("former"))
		s := f.start("next")
		s.After, s.Queue = former.Session.ID, &store.Turn{}
		next := f.make(s)
		f.same("held back", f.admit(now, most(9)), []model.AttemptID(nil))
		epoch := f.lease("c")
		f.same("claimed", f.claim("c", epoch, now, 9), []model.AttemptID{former.ID})
		row := former.AttemptRow
		row.State, row.Started, row.Ended = engine.AttemptSuccess, now, now
		f.commit(&store.Batch{Owner: "c", Epoch: epoch, Attempts: []engine.AttemptRow{row}})
		if a := f.attempt(next.ID); !a.Queued() {
			f.Errorf("it is due at %d", a.Wake)
		}
		f.same("admitted", f.admit(now, most(9)), []model.AttemptID{next.ID})
	}},
	{"queued attempts are cancelled together, and never begin", testCancelQueued},
	{"others are told of attempts that are cancelled", testWithdrawnTold},
	{"whoever cancels and whoever admits agree", testCancelRaces},
	{"several that admit at once pass no limit", testAdmitTogether},
	{"an empty queue is seen to be", func(f *fixture) {
		empty := func(want bool) {
			f.Helper()
			if got, err := f.store.QueueEmpty(ctx); err != nil || got != want {
				f.Errorf("empty: %v, %v", got, err)
			}
		}
		f.attempts(1)
		empty(true)
		f.queued("k", store.Turn{}, nil)
		empty(false)
		f.admit(now, most(1))
		empty(true)
		held := f.after("l", f.make(f.start("former")).Session.ID)
		held.Queue = &store.Turn{}
		f.make(held)
		empty(false) // once that has ended
	}},
	{"a look at the queue admits nobody", func(f *fixture) {
		f.projects("p")
		a, b := f.queued("a", store.Turn{Priority: 3, Weight: 2}, model.Tags{"t": "1"}), f.queued("b", store.Turn{}, nil)
		limits, err := admission.NewLimits([]admission.Limit{most(1)})
		must(f, err)
		for range 2 {
			var got []string
			c := store.Choose(limits, now)
			c.Judged = func(page []store.Waiting, verdicts []admission.Verdict) {
				for i := range page {
					slices.SortFunc(page[i].Tags, func(a, b admission.Tag) int { return len(a.Name) - len(b.Name) })
					got = append(got, fmt.Sprint(page[i], verdicts[i].String()))
				}
			}
			must(f, f.store.LookAtQueue(ctx, c))
			f.same("waiting", got, []string{
				fmt.Sprint(store.Waiting{Run: admission.Run{ID: a.ID, Priority: 3, Weight: 2, Tags: append([]admission.Tag{{Name: "t", Value: "1"}}, store.PlaceTags("p", "w")...)}, Project: 1, Workflow: "w", Since: now},
					"max-runs: it takes 2 places, and there are only 1"),
				fmt.Sprint(store.Waiting{Run: admission.Run{ID: b.ID, Tags: store.PlaceTags("p", "w")}, Project: 1, Workflow: "w", Since: now}, "it may begin"),
			})
		}
	}},
}

// testWithdrawnTold cancels an attempt of a stored workflow and one of none.
func testWithdrawnTold(f *fixture) {
	p := f.pushed(f.push("p", "r", "w"))
	list, _, err := f.store.ListWorkflows(ctx, store.WorkflowFilter{Revision: p.Latest.ID}, store.Page{})
	must(f, err)
	s := f.start("1")
	s.Session.Project, s.Workflow, s.Queue = p.ID, list[0].ID, &store.Turn{}
	of := f.make(s)
	free := f.queued("2", store.Turn{}, nil)
	f.wantOutbox()
	var told []string
	tell := func(w *store.Withdrawn) []engine.Record {
		told = append(told, fmt.Sprint(w.ID, w.Project, w.Revision, w.State, int64(w.Ended-now), w.Session.Key, w.End().Seq))
		return []engine.Record{{Attempt: w.ID, Task: model.NoTask, Index: 1, Topic: "runs", Key: w.Session.UUID, Value: w.Params, At: now}}
	}
	f.wantCall("a record", func() {
		_, err = f.store.CancelQueued(ctx, store.QueueFilter{}, now+1, tell)
		must(f, err)
	})
	f.same("told", told[len(told)-2:], []string{
		fmt.Sprint(of.ID, "p", "r", engine.AttemptKilled, 1, "1", 1), fmt.Sprint(free.ID, "", "", engine.AttemptKilled, 1, "2", 1),
	})
	record := func(a store.Attempt) engine.Record {
		return engine.Record{Attempt: a.ID, Task: model.NoTask, Index: 1, Topic: "runs", Key: a.Session.UUID, Value: a.Params, At: now}
	}
	f.wantOutbox(record(of), record(free))
	_, err = f.store.CancelQueued(ctx, store.QueueFilter{}, now+2, tell)
	must(f, err)
	f.wantOutbox(record(of), record(free))
}

func testCancelQueued(f *fixture) {
	f.projects("p")
	tagged := model.Tags{"team": "a"}
	one, two, other := f.queued("1", store.Turn{}, tagged), f.queued("2", store.Turn{}, tagged), f.queued("3", store.Turn{}, model.Tags{"team": "b"})
	after := f.start("after")
	after.After = one.Session.ID
	next := f.make(after)
	f.same("admitted", f.admit(now, most(1)), []model.AttemptID{one.ID})
	cancel := func(what string, filter store.QueueFilter, want ...model.AttemptID) {
		f.Helper()
		ids, err := f.store.CancelQueued(ctx, filter, now+second, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.same(what, ids, want)
	}
	cancel("another project", store.QueueFilter{Projects: []model.ProjectID{2}})
	cancel("another workflow", store.QueueFilter{Workflow: "v"})
	cancel("no attempt", store.QueueFilter{Attempts: []model.AttemptID{}})
	cancel("what is tagged", store.QueueFilter{Projects: []model.ProjectID{1}, Workflow: "w", Tags: tagged}, two.ID)
	got := f.attempt(two.ID)
	if got.State != engine.AttemptKilled || !got.CancelAsked || got.Ended != now+second || got.Started != 0 {
		f.Errorf("it is %+v", got.AttemptRow)
	}
	events, err := f.store.Events(ctx, two.ID, 0, 9)
	must(f, err)
	f.same("its history", events, []engine.Event{{Attempt: two.ID, Seq: 1, At: now + second, Kind: engine.AttemptEnded, Name: "+w", Data: params.Of(engine.EndedKilled, true)}})
	if f.attempt(next.ID).Wake != model.Never {
		f.Error("what comes after another session begins")
	}
	cancel("again", store.QueueFilter{Tags: tagged})
	cancel("one by its id", store.QueueFilter{Attempts: []model.AttemptID{one.ID, other.ID}}, other.ID)
	f.same("nobody is left", f.admit(now, most(9)), []model.AttemptID(nil))

	last := f.queued("last", store.Turn{}, nil)
	s := f.start("follower")
	s.After = last.Session.ID
	follower := f.make(s)
	cancel("the rest", store.QueueFilter{}, last.ID)
	if a := f.attempt(follower.ID); a.Wake != 0 {
		f.Errorf("what comes after a session that was cancelled is due at %d", a.Wake)
	}
}

func testCancelRaces(f *fixture) {
	for range 8 {
		f.startAtOnce(20, func(i int) store.Start {
			s := f.start(fmt.Sprint(len(f.list(store.Filter{}, 1000)), "-", i))
			s.Queue = &store.Turn{}
			return s
		})
		var admitted, cancelled []model.AttemptID
		var wg sync.WaitGroup
		wg.Go(func() { admitted = f.admit(now, most(1000)) })
		wg.Go(func() {
			ids, err := f.store.CancelQueued(ctx, store.QueueFilter{}, now, nil)
			if err != nil {
				f.Error(err)
			}
			cancelled = ids
		})
		wg.Wait()
		for _, id := range admitted {
			if a := f.attempt(id); slices.Contains(cancelled, id) || a.State.Done() {
				f.Errorf("attempt %d was admitted and cancelled", id)
			}
		}
		f.ends(admitted...)
		if left := f.list(store.Filter{Running: true}, 99); len(left) > 0 {
			f.Errorf("%v were neither admitted nor cancelled", left)
		}
	}
}

func testAdmitTogether(f *fixture) {
	f.startAtOnce(60, func(i int) store.Start {
		s := f.start(fmt.Sprint(i))
		s.Queue = &store.Turn{}
		return s
	})
	for ended := 0; ended < 60; {
		var mu sync.Mutex
		var admitted []model.AttemptID
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				ids := f.admit(now, most(7))
				mu.Lock()
				defer mu.Unlock()
				admitted = append(admitted, ids...)
			})
		}
		wg.Wait()
		if len(admitted) == 0 || len(admitted) > 7 {
			f.Fatalf("%d are admitted, and %d had ended", len(admitted), ended)
		}
		f.ends(admitted...)
		ended += len(admitted)
	}
}
