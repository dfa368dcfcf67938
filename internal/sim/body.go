package sim

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// body is the work of one try. What it gives depends on the task's script and
// on what the engine hands it, and on nothing that a fault changes.
type body struct {
	sim    *simulation
	id     model.TryID
	effect engine.Effect
}

// script is what a task's configuration has it do:
//
//	fails     fail that many tries
//	rounds    fail for good in that many rounds
//	polls     ask that many times to be run again later
//	messages  take that many messages
//	items     list that many items, as a collection's source
//	rows      make rows of so many times the items instead
//	subtasks  generate tasks from that seed
//	stop      end with stop
//	replayed  say that the result is an earlier attempt's
//	idle      ask to be run again, but at no time
//	outputs   emit these names
//	export    export this
//	store     store this, with a mark of what the task sees
//	reset     remove these parameters
type script struct{ params.Map }

func (s script) count(key string) int64 {
	n, _ := s.IntOr(key, 0) // the generator writes nothing else
	return n
}

func (s script) names(key string) []string {
	list, _ := s.ListOr(key, nil) // the generator writes nothing else
	names := make([]string, len(list))
	for i, v := range list {
		names[i], _ = v.(string)
	}
	return names
}

func (s script) value(key string) params.Map {
	m, _ := s.MapOr(key, params.Map{}) // the generator writes nothing else
	return m
}

// Run implements runner.Work.
func (b *body) Run(ctx context.Context) runner.Outcome {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c := b.outcome()
	b.sim.checks.ran(b.id, &c)
	return c
}

func (b *body) outcome() engine.Command {
	s := script{b.effect.Node.Config}
	if each := b.effect.Node.Each; each != nil {
		s = script{each.Config}
	}
	polls, taken := script{b.effect.State}.count("polls"), script{b.effect.State}.count("taken")
	if b.effect.Message != nil {
		taken++
	}
	kept := params.Of("polls", polls, "taken", taken)
	switch {
	case s.Has("idle"):
		return engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{}}
	case taken < s.count("messages") && (taken > 0 || b.effect.Node.Wait == nil):
		return engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{Keys: b.keys(), State: kept, Records: b.records()}}
	case polls < s.count("polls"):
		return engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{
			Until: b.sim.now.Add(time.Duration(1+polls) * b.sim.pace()),
			State: kept.Set("polls", polls+1),
		}}
	case b.fails(s):
		return engine.Command{Kind: engine.Fail, Failure: &engine.Failure{
			Error: params.Of("message", "no luck", "task", b.effect.Name), Retry: b.effect.Node.Retry, State: b.effect.State,
		}}
	}
	return engine.Command{Kind: engine.Succeed, Result: b.result(s)}
}

// fails reports whether the try fails. A task that buries messages fails no round,
// and each of its messages has retries of its own: so its tries count.
func (b *body) fails(s script) bool {
	fails, rounds := s.count("fails"), s.count("rounds")
	if w := b.effect.Node.Wait; w != nil && w.OnBadMessage == workflow.BuryMessage {
		return int64(b.effect.Try) <= max(fails, rounds)
	}
	return int64(b.effect.Retries) < fails || b.sim.checks.failures(b.id.Attempt, b.effect.Name) < int(rounds)
}

// keys are what a task listens to that takes messages.
func (b *body) keys() []engine.Key {
	return []engine.Key{{Topic: topic, Value: engine.Canonical(b.effect.Name)}}
}

// records are what the try sends: some send nothing.
func (b *body) records() []engine.Record {
	list := make([]engine.Record, hashOf(b.effect.Name)%3)
	for i := range list {
		list[i] = engine.Record{Topic: "out", Key: b.effect.Name, Value: int64(i)}
	}
	return list
}

func (b *body) result(s script) *engine.Result {
	r := &engine.Result{Export: s.value("export"), Outputs: s.names("outputs"), Records: b.records()}
	r.Stop, r.Replayed, r.Version = s.Has("stop"), s.Has("replayed"), "of "+b.effect.Name
	b.stores(s, r)
	if s.Has("rows") {
		r.Listed = b.lists(s.count("items") * s.count("rows"))
	} else {
		for i := range s.count("items") {
			r.Items = append(r.Items, i)
		}
	}
	if s.Has("subtasks") {
		r.Subtasks = params.Of("seed", s.count("subtasks"))
		r.Node = b.sim.subtasks(uint64(s.count("subtasks")))
	}
	return r
}

// lists makes rows of items, page by page. A process may have died between two of
// them: then there is a try before this one, with a list of its own that is torn.
func (b *body) lists(n int64) *engine.Listed {
	to := store.ItemList{Attempt: b.id.Attempt, Task: b.id.Task, List: b.id.Try}
	if b.id.Try > 1 {
		b.sim.list(store.ItemList{Attempt: to.Attempt, Task: to.Task, List: to.List - 1}, n/2)
	}
	b.sim.list(to, n)
	return &engine.Listed{Total: n}
}

func (s *simulation) list(to store.ItemList, n int64) {
	var page []engine.Item
	for i := range n {
		page = append(page, engine.Item{Index: i, Value: i})
	}
	if err := s.store.AddItems(context.Background(), to, page); err != nil {
		s.fail("add items: %v", err)
	}
}

// stores adds what the task stores. Where tasks share one map, what it comes
// to depends on who is faster: for a steady outcome, each sets a key of its
// own there and marks nothing that it sees.
func (b *body) stores(s script, r *engine.Result) {
	shared := b.sim.definition(b.id.Attempt).Scope == workflow.Shared
	mark := int64(1)
	if !shared {
		mark = int64(hashOf(string(params.AppendJSON(nil, b.effect.Scope))) >> 1)
	}
	if !shared || !b.sim.steady {
		r.Reset, r.Store = s.names("reset"), s.value("store")
	}
	if s.Has("store") {
		r.Store = r.Store.Set("saw"+b.effect.Name, mark)
	}
}
