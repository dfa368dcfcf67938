package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
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

// waiter is an instance that is to wait: of which workflow, with which
// parameters.
type waiter struct {
	of  *workflow.Workflow
	own params.Map
}

// fillWaiting fills a store with n instances that wait, which nobody drives, by the
// engine itself but without a conductor, for the sake of time.
func fillWaiting(s store.Store, n int, instance func(i int) waiter) error {
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

// waitingSQLite returns the path of a store with n instances that wait.
func (h *harness) waitingSQLite(n int, instance func(i int) waiter) (string, error) {
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

// waitingMillion measures what a million instances that wait cost a server that
// is started again, and how late they wake. A third of them each waits for a
// time, for a reply and for an approval.
func waitingMillion(h *harness) error {
	n := h.size(1_000_000, 99)
	timer, err := waits("timer", &workflow.Wait{Until: "due"})
	if err != nil {
		return err
	}
	reply, err := waitsFor(replies)
	if err != nil {
		return err
	}
	approval, err := waitsFor("approvals")
	if err != nil {
		return err
	}
	far := schedule.FormatTime(time.Now().Add(24*time.Hour), time.UTC)
	path, err := h.waitingSQLite(n, func(i int) waiter {
		switch i % 3 {
		case 0:
			return waiter{reply, params.Of("order", orderOf(i))}
		case 1:
			return waiter{approval, params.Of("order", orderOf(i))}
		}
		return waiter{timer, params.Of("due", far)}
	})
	if err != nil {
		return err
	}
	c := correlation{filled: path}
	for i := 0; i < n; i += 3 {
		c.order = append(c.order, i)
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(c.order), func(i, j int) { c.order[i], c.order[j] = c.order[j], c.order[i] })
	empty := filepath.Join(h.dir, "empty")
	return h.measure(
		testCase{"waiting-ready", "ms", func() (float64, error) {
			bare, err := h.memoryOf(empty)
			if err != nil {
				return 0, err
			}
			var full float64
			took, err := h.serve(filepath.Dir(path), func(pid int) (err error) {
				full, _, err = h.idle(pid)
				return err
			})
			h.note("waiting-memory", "B/instance", (full-bare)*(1<<20)/float64(n))
			return inMilliseconds(took), err
		}},
		testCase{"waiting-wake-p50", "ms", func() (float64, error) {
			took, _, err := c.replyAll(h.size(1_000, 20), 100)
			if err != nil {
				return 0, err
			}
			h.note("waiting-wake-p99", "ms", percentile(took, 99))
			return percentile(took, 50), nil
		}},
	)
}

// memoryOf returns the memory in MiB of an idle server on a folder.
func (h *harness) memoryOf(dir string) (memory float64, err error) {
	_, err = h.serve(dir, func(pid int) (err error) {
		memory, _, err = h.idle(pid)
		return err
	})
	return memory, err
}

// timers has many instances become due within a second, and measures how long
// after it the last has sent its next command, and how many have done so after
// one that was due later.
func timers(h *harness) error {
	n := h.size(100_000, 50)
	w, err := waits("timer", &workflow.Wait{Until: "due"})
	if err != nil {
		return err
	}
	return h.measure(testCase{"timers-last", "ms", func() (float64, error) {
		first := time.Now().Add(time.Duration(h.size(40_000, 300)) * time.Millisecond) // when all are there
		due := func(i int) time.Time {
			return first.Add(time.Second * time.Duration(i) / time.Duration(n)).Truncate(time.Millisecond)
		}
		path, err := h.waitingSQLite(n, func(i int) waiter {
			return waiter{w, params.Of("due", due(i).UTC().Format("2006-01-02T15:04:05.000Z07:00"))}
		})
		if err != nil {
			return 0, err
		}
		if late := time.Since(first); late > 0 {
			return 0, fmt.Errorf("the timers were due %v before all were there", late)
		}
		s, err := sqlite.Open(path)
		if err != nil {
			return 0, err
		}
		sent := newDispatched(n)
		for i := range n {
			sent.expect(i, due(i))
		}
		m, err := newMachine(s, observed(sent.observe))
		if err != nil {
			return 0, err
		}
		<-sent.all
		h.note("timers-p50", "ms", percentile(sent.took, 50))
		h.note("timers-out-of-order", "timers", float64(sent.outOfOrder))
		return inMilliseconds(time.Since(first) - time.Second), m.close()
	}})
}
