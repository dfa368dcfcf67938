package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/runners/queue"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/worker"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// nothing is work that any process can do: none.
type nothing struct{}

var succeeded = engine.Command{Kind: engine.Succeed}

// Run implements runner.Work.
func (nothing) Run(context.Context) runner.Outcome { return succeeded }

// MarshalBinary implements encoding.BinaryMarshaler.
func (nothing) MarshalBinary() ([]byte, error) { return []byte{0}, nil }

// newQueueMachine makes a conductor whose tasks go through the queue, from which this
// process takes them again.
func newQueueMachine(s *postgres.Store, as func(*conductor.Config)) (*machine, error) {
	ctx := context.Background()
	m := &machine{store: s}
	deliver := worker.Deliver(func() *conductor.Conductor { return m.conductor }, s)
	q, err := queue.Open(ctx, queue.Config{Store: s, Deliver: deliver, Log: quietly()})
	if err != nil {
		return nil, err
	}
	m.end = func() error { q.Close(); return nil }
	m.runner, err = q.NewRunner(q.NewConsumer(queue.ConsumerConfig{
		Owner: uuid.NewString(), Slots: riverWorkers,
		Run: func(context.Context, runner.ID, []byte) runner.Outcome { return succeeded },
	}))
	if err != nil {
		return nil, err
	}
	open := func(a store.Attempt, _ *workflow.Workflow) func(*engine.Effect) runner.Job {
		return func(e *engine.Effect) runner.Job {
			return runner.Job{ID: runner.ID{Attempt: a.ID, Task: e.Task, Try: e.Try}, Task: e.Name, Work: nothing{}}
		}
	}
	cfg := conductor.Config{Store: s, Runner: m.runner, Open: open, Owner: uuid.NewString(), Clock: clock.System{}}
	as(&cfg)
	m.conductor = conductor.New(cfg)
	return m, m.conductor.Start(ctx)
}
