package storetest

import (
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

func (f *fixture) endLease(owner string, epoch int64) {
	f.Helper()
	if err := f.store.EndLease(ctx, owner, epoch); err != nil {
		f.Fatalf("EndLease(%s, %d): %v", owner, epoch, err)
	}
}

// renew asks for a lease to go on.
func (f *fixture) renew(owner string, epoch int64) (int64, error) {
	return f.store.Lease(ctx, owner, epoch, leaseFor)
}

var leaseTests = []test{
	{"every new lease has a higher epoch than any before", func(f *fixture) {
		var last int64
		for i, owner := range []string{"a", "b", "a", "c", "a"} {
			f.pass(leaseFor)
			epoch := f.lease(owner)
			if epoch <= last {
				f.Fatalf("lease %d of %s has epoch %d after %d", i, owner, epoch, last)
			}
			last = epoch
		}
		f.endLease("a", last)
		f.pass(leaseFor)
		if epoch := f.lease("b"); epoch <= last {
			f.Errorf("epoch %d after %d, which has ended", epoch, last)
		}
	}},
	{"renewing keeps the epoch and moves the end", func(f *fixture) {
		epoch := f.lease("a")
		f.pass(leaseFor / 2)
		got, err := f.renew("a", epoch)
		if err != nil || got != epoch {
			f.Fatalf("renewed to epoch %d, error %v, want %d", got, err, epoch)
		}
		f.pass(leaseFor * 3 / 4)
		_, err = f.renew("a", 0)
		f.wantCode("new lease before the new end", err, model.Conflict)
	}},
	{"a lease that has run out is renewed where nobody has ended it", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.pass(leaseFor)
		got, err := f.renew("a", epoch)
		if err != nil || got != epoch {
			f.Fatalf("renewed to epoch %d, error %v, want %d", got, err, epoch)
		}
		if a := f.attempt(ids[0]); a.Owner != "a" || a.Epoch != epoch {
			f.Errorf("the attempt is owned by %q in epoch %d", a.Owner, a.Epoch)
		}
		_, err = f.renew("a", 0)
		f.wantCode("new lease", err, model.Conflict)
	}},
	{"a new lease in place of one that has run out has a higher epoch", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.pass(leaseFor)
		got, err := f.renew("a", 0)
		if err != nil || got <= epoch {
			f.Fatalf("renewed to epoch %d, error %v, want more than %d", got, err, epoch)
		}
		if a := f.attempt(ids[0]); a.Owner != "" || a.Epoch != 0 {
			f.Errorf("the attempt is still owned by %q in epoch %d", a.Owner, a.Epoch)
		}
		_, err = f.renew("a", epoch)
		f.wantCode("the old epoch", err, model.Conflict)
	}},
	{"a new lease waits for the end of the one before", func(f *fixture) {
		f.lease("a")
		f.pass(leaseFor / 2)
		_, err := f.renew("a", 0)
		f.wantCode("before the end", err, model.Conflict)
		f.pass(leaseFor / 2)
		f.lease("a")
	}},
	{"an epoch that is not the lease's can't be renewed", func(f *fixture) {
		epoch := f.lease("a")
		for _, wrong := range []int64{epoch - 1, epoch + 1} {
			if wrong == 0 {
				continue // asks for a new lease
			}
			_, err := f.renew("a", wrong)
			f.wantCode("wrong epoch", err, model.Conflict)
		}
		_, err := f.renew("b", epoch)
		f.wantCode("another's epoch", err, model.Conflict)
		f.endLease("a", epoch)
		_, err = f.renew("a", epoch)
		f.wantCode("ended lease", err, model.Conflict)
	}},
	{"an owner that was taken over from can't renew", func(f *fixture) {
		epoch, _ := f.owned("a", 1)
		f.pass(leaseFor)
		f.claim("b", f.lease("b"), now, 9)
		_, err := f.renew("a", epoch)
		f.wantCode("renewal", err, model.Conflict)
	}},
	{"an ended lease releases what it owned and no more", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		_, others := f.owned("b", 1)
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: ids[0], State: engine.AttemptSuccess}}})
		f.endLease("a", epoch)
		for _, id := range ids {
			if a := f.attempt(id); a.Owner != "" || a.Epoch != 0 {
				f.Errorf("attempt %d is owned by %q in epoch %d", id, a.Owner, a.Epoch)
			}
		}
		if a := f.attempt(others[0]); a.Owner != "b" {
			f.Errorf("the attempt of b is owned by %q", a.Owner)
		}
		f.same("owned by a", f.list(store.Filter{Owner: "a"}, 9), []model.AttemptID(nil))
		f.lease("a")
	}},
	{"ending a lease that is gone changes nothing", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.endLease("a", epoch-1)
		f.endLease("a", epoch+1)
		f.endLease("b", epoch)
		if a := f.attempt(ids[0]); a.Owner != "a" {
			f.Errorf("the attempt is owned by %q, want a", a.Owner)
		}
		f.endLease("a", epoch)
		f.endLease("a", epoch)
	}},
}

var claimTests = []test{
	{"attempts without owner are given, oldest first", func(f *fixture) {
		ids := f.attempts(5)
		epoch := f.lease("a")
		f.same("first two", f.claim("a", epoch, now, 2), ids[:2])
		f.same("the rest", f.claim("a", epoch, now, 9), ids[2:])
		f.same("no more", f.claim("a", epoch, now, 9), []model.AttemptID(nil))
		for _, id := range ids {
			if a := f.attempt(id); a.Owner != "a" || a.Epoch != epoch {
				f.Errorf("attempt %d is owned by %q in epoch %d", id, a.Owner, a.Epoch)
			}
		}
	}},
	{"none are given for less than one", func(f *fixture) {
		f.attempts(2)
		epoch := f.lease("a")
		for _, n := range []int{0, -1} {
			f.same("claimed", f.claim("a", epoch, now, n), []model.AttemptID(nil))
		}
	}},
	{"attempts that are done are not given", func(f *fixture) {
		ids := f.attempts(4)
		for i, state := range []engine.AttemptState{engine.AttemptSuccess, engine.AttemptFailed, engine.AttemptKilled} {
			f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: ids[i], State: state}}})
		}
		f.same("claimed", f.claim("a", f.lease("a"), now, 9), ids[3:])
	}},
	{"attempts of a live owner are not given", func(f *fixture) {
		f.owned("a", 2)
		f.pass(leaseFor / 2)
		f.same("claimed", f.claim("b", f.lease("b"), now, 9), []model.AttemptID(nil))
	}},
	{"attempts of an owner whose lease has run out are given", func(f *fixture) {
		_, ids := f.owned("a", 3)
		f.pass(leaseFor)
		f.same("claimed", f.claim("b", f.lease("b"), now, 2), ids[:2])
		f.same("released", f.list(store.Filter{Unowned: true}, 9), ids[2:])
		f.same("claimed by the next", f.claim("c", f.lease("c"), now, 2), ids[2:])
	}},
	{"attempts of an owner that renewed are not given", func(f *fixture) {
		epoch, _ := f.owned("a", 1)
		f.pass(leaseFor / 2)
		if _, err := f.renew("a", epoch); err != nil {
			f.Fatal(err)
		}
		f.pass(leaseFor / 2)
		f.same("claimed", f.claim("b", f.lease("b"), now, 9), []model.AttemptID(nil))
	}},
	{"the clock of who claims ends no lease", func(f *fixture) {
		_, ids := f.owned("a", 1)
		f.make(f.start("k"))
		b := f.lease("b")
		f.same("ahead", f.claim("b", b, now+1000*second, 9), []model.AttemptID{2})
		f.pass(leaseFor)
		f.same("behind", f.claim("c", f.lease("c"), now-1000*second, 9), []model.AttemptID{ids[0], 2})
	}},
	{"a released attempt is given", func(f *fixture) {
		epoch, ids := f.owned("a", 3)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Release: release(ids[1])})
		f.same("unowned", f.list(store.Filter{Unowned: true}, 9), ids[1:2])
		f.same("claimed", f.claim("b", f.lease("b"), now, 9), ids[1:2])
	}},
	{"with ids only these are given", func(f *fixture) {
		ids := f.attempts(5)
		_, owned := f.owned("b", 1)
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: ids[1], State: engine.AttemptSuccess}}})
		a := f.lease("a")
		f.same("claimed", f.claim("a", a, now, 9, ids[4], ids[1], ids[0], owned[0], 99, ids[4]), []model.AttemptID{ids[0], ids[4]})
		f.same("at most one", f.claim("a", a, now, 1, ids[3], ids[2]), ids[2:3])
		f.same("the rest", f.claim("a", a, now, 9), ids[3:4])
	}},
	{"an owner without a lease that stands gets none", func(f *fixture) {
		f.attempts(1)
		a := f.lease("a")
		b := f.lease("b")
		f.endLease("b", b)
		for name, claim := range map[string]func() ([]model.AttemptID, error){
			"wrong epoch": func() ([]model.AttemptID, error) { return f.store.Claim(ctx, 0, "a", a+5, now, 1) },
			"wrong owner": func() ([]model.AttemptID, error) { return f.store.Claim(ctx, 0, "c", a, now, 1) },
			"ended lease": func() ([]model.AttemptID, error) { return f.store.Claim(ctx, 0, "b", b, now, 1) },
			"lease run out": func() ([]model.AttemptID, error) {
				f.pass(leaseFor)
				return f.store.Claim(ctx, 0, "a", a, now, 1)
			},
			"no lease at all": func() ([]model.AttemptID, error) { return f.store.Claim(ctx, 0, "c", 0, now, 1) },
		} {
			ids, err := claim()
			f.wantCode(name, err, model.Conflict)
			if len(ids) > 0 {
				f.Errorf("%s: claimed %v", name, ids)
			}
		}
		f.same("unowned", f.list(store.Filter{Unowned: true}, 9), []model.AttemptID{1})
	}},
	{"an attempt that only its program can drive is in a pool of its own", func(f *fixture) {
		ids := f.attempts(1)
		for _, project := range []model.ProjectID{1, 2} {
			s := f.start("program")
			s.Session.Project, s.Definition = project, definition(f, "w", 3)
			s.Definition.Dialect = workflow.Program
			ids = append(ids, f.make(s).ID)
		}
		epoch := f.lease("a")
		for pool, want := range ids {
			if due, err := f.store.Due(ctx, store.Pool(pool)); err != nil || due != 0 {
				f.Errorf("of pool %d something is due at %v, error %v, want at once", pool, due, err)
			}
			got, err := f.store.Claim(ctx, store.Pool(pool), "a", epoch, now, 9)
			if err != nil || !slices.Equal(got, []model.AttemptID{want}) {
				f.Errorf("of pool %d, claimed %v, error %v, want %d", pool, got, err, want)
			}
			if due, err := f.store.Due(ctx, store.Pool(pool)); err != nil || due != model.Never {
				f.Errorf("of pool %d something is due at %v, error %v, want never", pool, due, err)
			}
		}
	}},
	{"an attempt of the private pool is given by its id alone, and counts for no bound", func(f *fixture) {
		s := f.start("here")
		s.Session.Project, s.Private, s.MaxRunning = 1, true, 1
		mine := f.make(s).ID
		s = f.start("anywhere")
		s.Session.Project, s.MaxRunning = 1, 1
		f.make(s)
		epoch := f.lease("a")
		got, err := f.store.Claim(ctx, 0, "a", epoch, now, 9)
		if err != nil || len(got) != 1 || got[0] == mine {
			f.Errorf("claimed %v, error %v, want the other one", got, err)
		}
		got, err = f.store.Claim(ctx, store.Private, "a", epoch, now, 1, mine)
		if err != nil || !slices.Equal(got, []model.AttemptID{mine}) {
			f.Errorf("claimed %v, error %v, want %d", got, err, mine)
		}
	}},
	{"no attempt is given twice", func(f *fixture) {
		want := f.attempts(30)
		var mu sync.Mutex
		var got []model.AttemptID
		var wg sync.WaitGroup
		for _, owner := range []string{"a", "b", "c", "d"} {
			epoch := f.lease(owner)
			wg.Go(func() {
				for range 20 {
					ids, err := f.store.Claim(ctx, 0, owner, epoch, now, 2)
					if err != nil {
						f.Error(err)
					}
					mu.Lock()
					got = append(got, ids...)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(got)
		f.same("claimed by all", got, want)
	}},
}
