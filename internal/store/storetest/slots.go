package storetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// runs has tasks of an attempt run a try.
func (f *fixture) runs(owner string, epoch int64, id model.AttemptID, try int32, tasks ...model.TaskID) {
	f.Helper()
	f.inState(owner, epoch, id, try, model.Running, tasks...)
}

func (f *fixture) inState(owner string, epoch int64, id model.AttemptID, try int32, state model.State, tasks ...model.TaskID) {
	f.Helper()
	b := &store.Batch{Owner: owner, Epoch: epoch}
	for _, task := range tasks {
		b.Tasks = append(b.Tasks, engine.TaskRow{Attempt: id, ID: task, Name: fmt.Sprint("+w+", task), State: state, Try: try})
	}
	f.commit(b)
}

func wants(id model.AttemptID, task model.TaskID, try int32, since model.Instant, needs map[string]int) admission.Claim {
	return admission.Claim{Try: model.TryID{Attempt: id, Task: task, Try: try}, Since: since, Needs: needs}
}

// share shares slots and checks which tasks hold what they want.
func (f *fixture) share(epoch int64, want []model.TaskID, claims ...admission.Claim) {
	f.Helper()
	held, err := f.store.ShareSlots(ctx, epoch, claims, map[string]int{"db": 2, "api": 1}, now)
	must(f, err)
	var got []model.TaskID
	for _, id := range held {
		got = append(got, id.Task)
	}
	f.same("holding slots", got, want)
}

var db = map[string]int{"db": 1}

var slotTests = []test{
	{"slots are held until the task does not run the try any more", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		id := ids[0]
		f.runs("c", epoch, id, 1, 1, 2, 3, 4)
		f.share(epoch, []model.TaskID{1, 2}, wants(id, 3, 1, now+3, db), wants(id, 1, 1, now+1, db), wants(id, 2, 1, now+2, db), wants(id, 4, 1, now+4, db))
		f.share(epoch, []model.TaskID{1, 2})
		f.inState("c", epoch, id, 1, model.Success, 1)
		f.share(epoch, []model.TaskID{2, 3})
		f.inState("c", epoch, id, 1, model.Waiting, 2) // for a retry
		f.share(epoch, []model.TaskID{3, 4})
		f.runs("c", epoch, id, 2, 2)
		f.share(epoch, []model.TaskID{3, 4}, wants(id, 2, 2, now+9, db))
		f.inState("c", epoch, id, 1, model.Failed, 3)
		f.share(epoch, []model.TaskID{2, 4})
	}},
	{"what an attempt holds is free with its end, and what it waits for is not given", func(f *fixture) {
		epoch, ids := f.owned("c", 2)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3)
		f.runs("c", epoch, ids[1], 1, 7, 8)
		f.share(epoch, []model.TaskID{1, 2}, wants(ids[0], 1, 1, 1, db), wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, db),
			wants(ids[1], 7, 1, 4, db), wants(ids[1], 8, 1, 5, db))
		row := f.attempt(ids[0]).AttemptRow
		row.State, row.Ended = engine.AttemptKilled, now
		f.commit(&store.Batch{Owner: "c", Epoch: epoch, Attempts: []engine.AttemptRow{row}})
		f.share(epoch, []model.TaskID{7, 8})
	}},
	{"a try that takes the place of one that was lost waits anew", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3)
		f.share(epoch, []model.TaskID{1, 2}, wants(ids[0], 1, 1, 1, db), wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, db))
		must(f, f.store.EndLease(ctx, "c", epoch))
		next := f.lease("d")
		f.claim("d", next, now, 9)
		f.runs("d", next, ids[0], 2, 1)
		f.share(next, []model.TaskID{2, 3}, wants(ids[0], 1, 2, 9, db), wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, db))
		f.share(epoch, nil, wants(ids[0], 2, 7, 0, db)) // by whom it was lost
		f.share(next, []model.TaskID{2, 3})
	}},
	{"a try that takes the place of one that waited gets slots", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3)
		f.share(epoch, []model.TaskID{1, 2}, wants(ids[0], 1, 1, 1, db), wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, db))
		f.runs("c", epoch, ids[0], 2, 3)
		f.share(epoch, []model.TaskID{1, 2}, wants(ids[0], 3, 2, 4, db))
		f.inState("c", epoch, ids[0], 1, model.Success, 1)
		f.share(epoch, []model.TaskID{2, 3})
	}},
	{"several pools are taken together, and nobody is overtaken in one", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3, 4)
		both := map[string]int{"db": 2, "api": 1}
		f.share(epoch, []model.TaskID{1}, wants(ids[0], 1, 1, 1, map[string]int{"api": 1}), wants(ids[0], 2, 1, 2, both), wants(ids[0], 3, 1, 3, db))
		f.inState("c", epoch, ids[0], 1, model.Success, 1)
		f.share(epoch, []model.TaskID{2})
		f.inState("c", epoch, ids[0], 1, model.Success, 2)
		f.share(epoch, []model.TaskID{3, 4}, wants(ids[0], 4, 1, 4, db))
	}},
	{"the sizes of pools are stored", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3, 4)
		other := map[string]int{"other": 1}
		must(f, f.store.SetPool(ctx, "other", 0))
		f.share(epoch, []model.TaskID{3, 4}, wants(ids[0], 1, 1, 1, other), wants(ids[0], 2, 1, 2, other), wants(ids[0], 3, 1, 3, db), wants(ids[0], 4, 1, 4, db))
		must(f, f.store.SetPool(ctx, "other", 2))
		must(f, f.store.SetPool(ctx, "db", 0))
		f.share(epoch, []model.TaskID{1, 2, 3, 4})
		must(f, f.store.SetPool(ctx, "other", 1))
		must(f, f.store.SetPool(ctx, "db", -1))
		sizes, err := f.store.PoolSizes(ctx)
		must(f, err)
		f.same("sizes", sizes, map[string]int{"other": 1})
	}},
	{"a claim that a pool is too small for keeps nobody out", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3, 4)
		f.share(epoch, []model.TaskID{2, 3}, wants(ids[0], 1, 1, 1, map[string]int{"db": 3, "api": 1}),
			wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, map[string]int{"db": 1, "api": 1}), wants(ids[0], 4, 1, 4, db))
		f.inState("c", epoch, ids[0], 1, model.Success, 2, 3)
		must(f, f.store.SetPool(ctx, "db", 3))
		f.share(epoch, []model.TaskID{1})
	}},
	{"what is over, or never fits, is passed over, however much of it waits", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		var tasks []model.TaskID
		var claims []admission.Claim
		for i := model.TaskID(1); i <= 1100; i++ {
			n := map[string]int{"db": 1 + 2*int(i%2)}
			tasks, claims = append(tasks, i), append(claims, wants(ids[0], i, 1, model.Instant(i), n))
		}
		must(f, f.store.SetPool(ctx, "db", 0))
		f.runs("c", epoch, ids[0], 1, tasks...)
		f.share(epoch, nil, claims...)
		var over []model.TaskID
		for i := model.TaskID(2); i <= 1098; i += 2 {
			over = append(over, i)
		}
		f.inState("c", epoch, ids[0], 1, model.Failed, over...)
		must(f, f.store.SetPool(ctx, "db", -1))
		f.share(epoch, []model.TaskID{1100})
	}},
	{"which tries were handed slots is known", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		id := ids[0]
		f.runs("c", epoch, id, 1, 1, 2, 3, 4, 5)
		both := map[string]int{"db": 1, "api": 1}
		f.share(epoch, []model.TaskID{1, 2}, wants(id, 1, 1, 1, both), wants(id, 2, 1, 2, db), wants(id, 3, 1, 3, db), wants(id, 4, 1, 4, both))
		must(f, f.store.EndLease(ctx, "c", epoch))
		next := f.lease("d")
		must(f, f.store.SetPool(ctx, "db", 3))
		f.share(next, nil) // which another one drives
		known := func(want map[model.TaskID]store.Claimed) {
			f.Helper()
			claims, err := f.store.Claims(ctx, []model.AttemptID{id, id + 7})
			must(f, err)
			got := make(map[model.TaskID]store.Claimed)
			for id, c := range claims {
				got[id.Task] = c
			}
			f.same("claims", got, want)
		}
		known(map[model.TaskID]store.Claimed{1: {Since: 1, Handed: true}, 2: {Since: 2, Handed: true}, 3: {Since: 3}, 4: {Since: 4}})
		f.claim("d", next, now, 9)
		f.inState("d", next, id, 1, model.Success, 1)
		must(f, f.store.SetPool(ctx, "db", 2))
		f.share(next, nil) // which has claimed nothing
		known(map[model.TaskID]store.Claimed{2: {Since: 2, Handed: true}, 3: {Since: 3}, 4: {Since: 4}})
		f.share(next, []model.TaskID{3}, wants(id, 3, 1, 9, db))
		known(map[model.TaskID]store.Claimed{2: {Since: 2, Handed: true}, 3: {Since: 3, Handed: true}, 4: {Since: 4}})
		claims, err := f.store.Claims(ctx, nil)
		must(f, err)
		f.same("claims of nobody", len(claims), 0)
	}},
	{"others are called where they may have got slots", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2)
		other, theirs := f.owned("d", 1)
		f.runs("d", other, theirs[0], 1, 3)
		f.share(epoch, []model.TaskID{1, 2}, wants(ids[0], 1, 1, 1, db), wants(ids[0], 2, 1, 2, db))
		f.share(other, nil, wants(theirs[0], 3, 1, 3, db))
		f.inState("c", epoch, ids[0], 1, model.Success, 1)
		f.wantCall("others got slots", func() { f.share(epoch, []model.TaskID{2}) })
	}},
	{"a pool without a size is without bound", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3)
		other := map[string]int{"other": 9}
		f.share(epoch, []model.TaskID{1, 2, 3}, wants(ids[0], 1, 1, 1, other), wants(ids[0], 2, 1, 2, other), wants(ids[0], 3, 1, 3, other))
	}},
	{"who holds slots and who waits is told", func(f *fixture) {
		epoch, ids := f.owned("c", 1)
		f.runs("c", epoch, ids[0], 1, 1, 2, 3)
		f.share(epoch, []model.TaskID{1}, wants(ids[0], 1, 1, 1, map[string]int{"db": 2}), wants(ids[0], 2, 1, 2, db), wants(ids[0], 3, 1, 3, db))
		uses, err := f.store.UsedPools(ctx)
		must(f, err)
		f.same("pools", uses, map[string]store.PoolUse{"db": {Used: 2, Waiting: 2}})
		slot := func(task model.TaskID, n int, granted model.Instant) store.Slot {
			return store.Slot{
				Try: model.TryID{Attempt: ids[0], Task: task, Try: 1}, Project: 1, Name: fmt.Sprint("+w+", task), Slots: n,
				Since: model.Instant(task), Granted: granted,
			}
		}
		list, err := f.store.SlotsOf(ctx, "db", 1)
		must(f, err)
		f.same("slots", list, []store.Slot{slot(1, 2, now), slot(2, 1, 0)})
	}},
	{"several that share at once give out no slot twice", func(f *fixture) {
		epoch, ids := f.owned("c", 6)
		for range 3 {
			var wg sync.WaitGroup
			for _, id := range ids {
				wg.Go(func() {
					f.runs("c", epoch, id, 1, 1, 2)
					_, err := f.store.ShareSlots(ctx, epoch, []admission.Claim{wants(id, 1, 1, 1, db), wants(id, 2, 1, 1, db)}, map[string]int{"db": 2}, now)
					if err != nil {
						f.Error(err)
					}
				})
			}
			wg.Wait()
			held, err := f.store.ShareSlots(ctx, epoch, nil, map[string]int{"db": 2}, now)
			must(f, err)
			if len(held) != 2 {
				f.Fatalf("%v hold slots of 2", held)
			}
			for _, id := range held {
				f.inState("c", epoch, id.Attempt, 1, model.Success, id.Task)
				ids = slices.DeleteFunc(ids, func(of model.AttemptID) bool { return of == id.Attempt })
			}
		}
	}},
}
