package storetest

import (
	"fmt"
	"slices"
	"sync"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/store"
)

var commitTests = []test{
	{"everything that an attempt has is kept", func(f *fixture) {
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		f.wantFull(made, s.Definition)
	}},
	{"an update leaves the parameters of the start", func(f *fixture) {
		made := f.make(f.start("k"))
		f.commit(&store.Batch{Attempts: []engine.AttemptRow{{ID: made.ID, Params: params.Of("other", 1), Tasks: 4}}})
		got := f.attempt(made.ID)
		f.same("parameters", got.Params, made.Params)
		if got.Tasks != 4 {
			f.Errorf("the attempt has %d tasks, want 4", got.Tasks)
		}
	}},
	{"a task replaces its earlier row", func(f *fixture) {
		id := f.attempts(1)[0]
		f.commit(&store.Batch{Tasks: []engine.TaskRow{row(id, 1), row(id, 0)}})
		changed := row(id, 1)
		changed.State, changed.Ended, changed.Detail = model.Success, now+second, &engine.Detail{Store: params.Of("x", 1)}
		f.commit(&store.Batch{Tasks: []engine.TaskRow{changed}})
		f.same("tasks", f.load(id).Tasks, []engine.TaskRow{row(id, 0), changed})
		changed.Detail = nil
		f.commit(&store.Batch{Tasks: []engine.TaskRow{changed}})
		f.same("tasks without detail", f.load(id).Tasks, []engine.TaskRow{row(id, 0), changed})
	}},
	{"the last of several rows of a task counts", func(f *fixture) {
		id := f.attempts(1)[0]
		last := row(id, 1)
		last.State = model.Success
		f.commit(&store.Batch{Tasks: []engine.TaskRow{row(id, 1), row(id, 2), row(id, 1), last}})
		f.same("tasks", f.load(id).Tasks, []engine.TaskRow{last, row(id, 2)})
	}},
	{"tasks are in order of id", func(f *fixture) {
		id := f.attempts(1)[0]
		var want []engine.TaskRow
		for i := range model.TaskID(40) {
			want = append(want, row(id, i))
		}
		for i := range want {
			f.commit(&store.Batch{Tasks: want[len(want)-1-i : len(want)-i]})
		}
		f.same("tasks", f.load(id).Tasks, want)
	}},
	{"growths are in order of first and then of writing", func(f *fixture) {
		id := f.attempts(1)[0]
		g := func(first, parent model.TaskID, kind engine.GrowthKind) engine.Growth {
			return engine.Growth{Attempt: id, First: first, Parent: parent, Kind: kind}
		}
		f.commit(&store.Batch{Grown: []engine.Growth{g(9, 2, engine.GrowRound)}})
		f.commit(&store.Batch{Grown: []engine.Growth{g(5, 3, engine.GrowDrop), g(5, 1, engine.GrowSub)}})
		f.commit(&store.Batch{Grown: []engine.Growth{g(5, 1, engine.GrowCheck), g(5, 1, engine.GrowSub)}})
		f.same("growths", f.load(id).Growths, []engine.Growth{
			g(5, 3, engine.GrowDrop), g(5, 1, engine.GrowSub), g(5, 1, engine.GrowCheck), g(9, 2, engine.GrowRound),
		})
	}},
	{"one batch writes many attempts", func(f *fixture) {
		ids := f.attempts(3)
		var b store.Batch
		for seq := range int64(3) {
			for _, id := range ids {
				b.Tasks = append(b.Tasks, row(id, model.TaskID(seq)))
				b.Events = append(b.Events, event(id, seq+1))
			}
		}
		for _, id := range ids {
			b.Attempts = append(b.Attempts, engine.AttemptRow{ID: id, Tasks: int32(id) * 10})
		}
		f.commit(&b)
		for _, id := range ids {
			s := f.load(id)
			f.same("tasks", s.Tasks, []engine.TaskRow{row(id, 0), row(id, 1), row(id, 2)})
			f.same("events", f.events(id), []engine.Event{event(id, 1), event(id, 2), event(id, 3)})
			if s.Seq != 3 || s.Attempt.Tasks != int32(id)*10 {
				f.Errorf("attempt %d has seq %d and %d tasks", id, s.Seq, s.Attempt.Tasks)
			}
		}
	}},
	{"a large batch is kept whole", func(f *fixture) {
		id := f.attempts(1)[0]
		var b store.Batch
		for i := range int64(1_111) {
			b.Tasks = append(b.Tasks, row(id, model.TaskID(i)))
			b.Events = append(b.Events, event(id, i+1))
		}
		f.commit(&b)
		f.same("tasks", f.load(id).Tasks, b.Tasks)
		f.same("events", f.events(id), b.Events)
	}},
	{"an empty batch is no error", func(f *fixture) { f.commit(&store.Batch{}) }},
	{"a batch with an unknown attempt writes nothing", func(f *fixture) {
		id := f.attempts(1)[0]
		for name, b := range partsFor(99) {
			b.Tasks = append([]engine.TaskRow{row(id, 1)}, b.Tasks...)
			f.wantCode(name, f.store.Commit(ctx, b), model.NotFound)
		}
		f.same("tasks", f.load(id).Tasks, []engine.TaskRow(nil))
	}},
	{"the store keeps no reference to the batch", func(f *fixture) {
		s := f.start("k")
		made := f.make(s)
		b := fullBatch(f, made.ID)
		f.commit(b)
		clear(b.Attempts)
		clear(b.Tasks)
		clear(b.Grown)
		clear(b.Events)
		f.wantFull(made, s.Definition)
	}},
	{"the store does not change the batch", func(f *fixture) {
		ids := f.attempts(2)
		b := &store.Batch{
			Tasks:  []engine.TaskRow{row(ids[1], 1), row(ids[0], 1), row(ids[1], 1)},
			Events: []engine.Event{event(ids[1], 1), event(ids[0], 1), event(ids[1], 2)},
		}
		tasks, events := slices.Clone(b.Tasks), slices.Clone(b.Events)
		f.commit(b)
		f.same("tasks", b.Tasks, tasks)
		f.same("events", b.Events, events)
	}},
	{"what was loaded is the caller's", func(f *fixture) {
		s := f.start("k")
		made := f.make(s)
		f.commit(fullBatch(f, made.ID))
		loaded := f.load(made.ID)
		clear(loaded.Tasks)
		clear(loaded.Growths)
		clear(f.events(made.ID))
		f.wantFull(made, s.Definition)
	}},
	{"commits at once are all kept", func(f *fixture) {
		ids := f.attempts(8)
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() {
				for seq := range int64(10) {
					b := &store.Batch{Tasks: []engine.TaskRow{row(id, model.TaskID(seq))}, Events: []engine.Event{event(id, seq+1)}}
					if err := f.store.Commit(ctx, b); err != nil {
						f.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			s := f.load(id)
			if len(s.Tasks) != 10 || s.Seq != 10 || len(f.events(id)) != 10 {
				f.Errorf("attempt %d has %d tasks and seq %d, want 10 and 10", id, len(s.Tasks), s.Seq)
			}
		}
	}},
	{"any sequence of batches leaves the last row of each task", func(f *fixture) {
		ids := f.attempts(3)
		want := make(map[model.AttemptID]map[model.TaskID]engine.TaskRow)
		for _, id := range ids {
			want[id] = make(map[model.TaskID]engine.TaskRow)
		}
		prop.Check(f.T, func(t *rapid.T) {
			var b store.Batch
			for range rapid.IntRange(0, 40).Draw(t, "rows") {
				r := row(rapid.SampledFrom(ids).Draw(t, "attempt"), model.TaskID(rapid.IntRange(0, 50).Draw(t, "task")))
				r.State = model.State(rapid.IntRange(0, 9).Draw(t, "state"))
				r.Try = rapid.Int32().Draw(t, "try")
				b.Tasks = append(b.Tasks, r)
				want[r.Attempt][r.ID] = r
			}
			f.commit(&b)
			for _, id := range ids {
				got := make(map[model.TaskID]engine.TaskRow)
				for _, r := range f.load(id).Tasks {
					got[r.ID] = r
				}
				f.same(fmt.Sprintf("attempt %d", id), got, want[id])
			}
		})
	}},
}

// partsFor returns batches that name an attempt in one of their parts each.
func partsFor(id model.AttemptID) map[string]*store.Batch {
	return map[string]*store.Batch{
		"attempts":  {Attempts: []engine.AttemptRow{{ID: id, Tasks: 77}}},
		"tasks":     {Tasks: []engine.TaskRow{row(id, 7)}},
		"growths":   {Grown: []engine.Growth{{Attempt: id, First: 7, Kind: engine.GrowRound}}},
		"events":    {Events: []engine.Event{event(id, 7)}},
		"listening": {Listening: []engine.Listening{listening(id, 7, now, to("17"))}},
		"records":   {Records: []engine.Record{outgoing(id, 7)}},
		"buried":    {Buried: []engine.Buried{buried(id, 7, 7, now)}},
		"release":   {Release: release(id)},
	}
}
