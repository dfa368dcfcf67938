package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

var eventTests = []test{
	{"an attempt without events has none", func(f *fixture) {
		f.same("events", f.events(f.attempts(1)[0]), []engine.Event(nil))
	}},
	{"every kind and state is kept", func(f *fixture) {
		id := f.attempts(1)[0]
		var b store.Batch
		for kind := engine.AttemptStarted; kind <= engine.SignalReturned; kind++ {
			for state := model.Blocked; state <= model.NotReached; state++ {
				e := event(id, int64(len(b.Events)+1))
				e.Kind, e.State, e.Try = kind, state, int32(kind)*1000
				if state.Final() {
					e.Data = params.Of("kind", kind.String())
				}
				b.Events = append(b.Events, e)
			}
		}
		f.commit(&b)
		f.same("events", f.events(id), b.Events)
	}},
	{"reading goes on after any event, up to a limit", func(f *fixture) {
		id := f.attempts(2)[0]
		var all []engine.Event
		for _, size := range []int64{1, 3, 1, 5} {
			var b store.Batch
			for range size {
				b.Events = append(b.Events, event(id, int64(len(all)+len(b.Events)+1)))
			}
			f.commit(&b)
			all = append(all, b.Events...)
		}
		for after := range len(all) + 2 {
			for limit := 1; limit <= len(all)+1; limit++ {
				got, err := f.store.Events(ctx, id, int64(after), limit)
				if err != nil {
					f.Fatal(err)
				}
				from := min(after, len(all))
				f.same(fmt.Sprintf("%d after %d", limit, after), got, all[from:min(from+limit, len(all))])
			}
		}
	}},
	{"a thousand events are read unless told", func(f *fixture) {
		id := f.attempts(1)[0]
		var b store.Batch
		for seq := range int64(1_200) {
			b.Events = append(b.Events, event(id, seq+1))
		}
		f.commit(&b)
		got, err := f.store.Events(ctx, id, 100, 0)
		if err != nil {
			f.Fatal(err)
		}
		f.same("events", got, b.Events[100:1_100])
	}},
	{"a negative limit is invalid", func(f *fixture) {
		_, err := f.store.Events(ctx, f.attempts(1)[0], 0, -1)
		f.wantCode("Events", err, model.Invalid)
	}},
}
