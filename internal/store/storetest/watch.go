package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// wantCall checks that who watches is called after something was written. A
// store within one process loses no call.
func (f *fixture) wantCall(what string, write func()) {
	f.Helper()
	called := make(chan struct{}, 1)
	stop := f.store.Watch(func() {
		select {
		case called <- struct{}{}:
		default:
		}
	})
	defer stop()
	write()
	select {
	case <-called:
	case <-time.After(2 * time.Minute):
		f.Errorf("nobody was called after %s", what)
	}
}

var watchTests = []test{
	{"who watches is called after a write for others", func(f *fixture) {
		epoch, to := f.owned("a", 3)
		f.wantCall("a push", func() { f.scheduled(now, now) })
		f.wantCall("a post", func() { f.post(1, to[0]) })
		f.wantCall("a start without owner", func() { f.make(f.start("k")) })
		f.wantCall("starts together", func() { f.startAll(f.start("l"), f.start("m")) })
		f.wantCall("a firing", func() { f.fire(f.firing(1)) })
		f.wantCall("a change of a schedule", func() { f.changeSchedule(f.schedule(2)) })
		f.wantCall("a release", func() {
			f.commit(&store.Batch{Owner: "a", Epoch: epoch, Release: release(to[0])})
		})
		f.make(f.after("n", f.attempt(to[1]).Session.ID))
		f.wantCall("the end of what holds back", func() { f.end(to[1]) })
		f.wantCall("the end of a lease", func() { f.endLease("a", epoch) })
		f.owned("b", 1)
		f.pass(leaseFor)
		f.wantCall("a lease in the place of one that ran out", func() { f.lease("b") })
		f.pass(leaseFor)
		c := f.lease("c")
		f.wantCall("a claim that ends a lease", func() { f.claim("c", c, now, 1) })
	}},
	{"all who watch are called", func(f *fixture) {
		f.wantCall("a start", func() {
			f.wantCall("a start", func() { f.make(f.start("k")) })
		})
	}},
	{"who stopped watching is not called", func(f *fixture) {
		to := f.attempts(1)
		var wg sync.WaitGroup
		done := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if err := f.store.Post(ctx, []store.Post{{Attempt: to[0], Command: signal(1)}}); err != nil {
						f.Error(err)
						return
					}
				}
			}
		})
		for range 20 {
			called := make(chan struct{}, 1)
			var stopped atomic.Bool
			stop := f.store.Watch(func() {
				if stopped.Load() {
					f.Error("called after it had stopped")
				}
				select {
				case called <- struct{}{}:
				default:
				}
			})
			select {
			case <-called:
			case <-time.After(2 * time.Minute):
				f.Error("not called")
			}
			stop()
			stopped.Store(true)
		}
		close(done)
		wg.Wait()
	}},
	{"a claim has what others were called for", func(f *fixture) {
		epoch := f.lease("a")
		claimed := make(chan []model.AttemptID, 1)
		called := make(chan struct{}, 1)
		stop := f.store.Watch(func() {
			select {
			case called <- struct{}{}:
			default:
			}
		})
		defer stop()
		go func() {
			<-called
			ids, err := f.store.Claim(ctx, 0, "a", epoch, now, 9)
			if err != nil {
				f.Error(err)
			}
			claimed <- ids
		}()
		f.make(f.start("k"))
		select {
		case ids := <-claimed:
			f.same("claimed", ids, []model.AttemptID{1})
		case <-time.After(2 * time.Minute):
			f.Error("nobody was called")
		}
	}},
}
