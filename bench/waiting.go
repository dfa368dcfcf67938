package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/workflow"
)

// The workflows of the benchmarks of waiting: a task that waits, and one that
// sends a command once it has.
const (
	replies  = "replies"
	commands = "commands"
)

// waits returns a workflow whose first task waits.
func waits(name string, wait *workflow.Wait) (*workflow.Workflow, error) {
	root := &workflow.Node{Name: "+" + name, Children: []*workflow.Node{
		{Name: "+wait", Operator: "nop", Config: params.Of("_type", "nop"), Wait: wait},
		{
			Name: "+next", Operator: "send", After: []workflow.Edge{{From: 0}},
			Config: params.Of("_type", "send", "_command", commands, "key", "orders", "value", params.Of("do", "ship")),
		},
	}}
	w := &workflow.Workflow{Name: name, Dialect: "dig", Root: root}
	return w, w.Finish()
}

// waitsFor waits for a message of a topic about the parameter "order".
func waitsFor(topic string) (*workflow.Workflow, error) {
	return waits(topic, &workflow.Wait{Signals: []workflow.Signal{{Topic: topic, Param: "order"}}})
}

// orderOf is the key of an instance.
func orderOf(i int) string { return fmt.Sprintf("order-%07d", i) }

// attemptOf is its attempt in a store that was filled.
func attemptOf(i int) model.AttemptID { return model.AttemptID(i) + 1 }

// messageFor is what the instance with a number waits for.
func messageFor(topic string, i int, now time.Time) store.Message {
	order := orderOf(i)
	return store.Message{
		Topic: topic, Source: fmt.Sprint(topic, " ", i),
		Keys:  []store.MessageKey{{Param: "order", Value: engine.Canonical(order)}},
		Body:  params.Of("order", order, "accepted", true),
		Early: store.Early{Expires: model.InstantOf(now.Add(time.Hour))},
	}
}

// parked is an instance that is to wait: of which workflow, with which
// parameters.
type parked struct {
	of  *workflow.Workflow
	own params.Map
}

// fillWaiting fills a store with n instances that wait, which nobody drives, by the
// engine itself but without a conductor, for the sake of time.
func fillWaiting(s store.Store, n int, instance func(i int) parked) error {
	ctx := context.Background()
	const owner, atOnce = "filler", 1_000
	epoch, err := s.Lease(ctx, owner, 0, time.Hour)
	if err != nil {
		return err
	}
	now := model.InstantOf(time.Now())
	for first := 0; first < n; first += atOnce {
		var starts []store.Start
		for i := first; i < min(first+atOnce, n); i++ {
			p := instance(i)
			start := starting(p.of, orderOf(i))
			start.Params, start.Owner, start.Epoch = p.own, owner, epoch
			starts = append(starts, start)
		}
		made, err := s.StartAll(ctx, starts)
		if err != nil {
			return err
		}
		var step engine.Step
		b := &store.Batch{Owner: owner, Epoch: epoch}
		for i := range made {
			a := engine.New(made[i].ID, starts[i].Definition, starts[i].Params)
			if err := a.Apply(now, engine.Command{Kind: engine.Begin}, &step); err != nil {
				return err
			}
			wake := a.NextWake()
			if wake == 0 {
				wake = model.Never
			}
			b.Release = append(b.Release, store.Release{Attempt: a.ID(), Wake: wake})
		}
		b.Attempts, b.Tasks, b.Events, b.Listening = step.Attempts, step.Tasks, step.Events, step.Listening
		if err := s.Commit(ctx, b); err != nil {
			return err
		}
	}
	return s.EndLease(ctx, owner, epoch)
}

// parkedSQLite returns the path of a store with n instances that wait.
func (h *harness) parkedSQLite(n int, instance func(i int) parked) (string, error) {
	path := h.newPath()
	s, err := sqlite.Open(path)
	if err != nil {
		return "", err
	}
	if err := fillWaiting(s, n, instance); err != nil {
		return "", err
	}
	return path, s.Close()
}
