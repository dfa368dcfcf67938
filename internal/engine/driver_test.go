package engine_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// driver stands for what surrounds an attempt: the store, the timers and the
// memory of what was dispatched.
type driver struct {
	attempt *engine.Attempt
	ledger  *ledger
	now     model.Instant
	alarms  []alarm
	// dispatched are the newest tries of the tasks.
	dispatched map[model.TaskID]engine.Effect
}

// alarm is a timer that the engine armed.
type alarm struct {
	at      model.Instant
	command engine.Command
}

func newDriver(def *workflow.Workflow, p params.Map) *driver {
	a := engine.New(1, def, p)
	return &driver{
		attempt: a, ledger: newLedger(a), now: epoch,
		dispatched: make(map[model.TaskID]engine.Effect),
	}
}

// apply gives the engine a command. The error is what the engine refuses the
// command with, or what it did wrong.
func (d *driver) apply(c engine.Command) (*engine.Step, error) {
	step := &engine.Step{}
	refused := d.attempt.Apply(d.now, c, step)
	return step, cmp.Or(d.take(step), refused)
}

func (d *driver) take(step *engine.Step) error {
	for _, e := range step.Effects {
		switch e.Kind {
		case engine.Dispatch:
			d.dispatched[e.Task] = e.Effect
		case engine.Arm:
			d.arm(e.At, engine.Wake, e.Task)
		case engine.ArmLimit:
			d.arm(e.At, engine.Expire, e.Task)
		}
	}
	return d.ledger.absorb(step)
}

func (d *driver) arm(at model.Instant, kind engine.CommandKind, id model.TaskID) {
	d.alarms = append(d.alarms, alarm{at, engine.Command{Kind: kind, Task: id}})
	slices.SortStableFunc(d.alarms, func(a, b alarm) int { return cmp.Compare(a.at, b.at) })
}

// tick moves the clock, firing each timer at its instant, and hands what
// follows to each.
func (d *driver) tick(by time.Duration, each func(engine.Command, *engine.Step, error)) {
	until := d.now.Add(by)
	for len(d.alarms) > 0 && d.alarms[0].at <= until {
		due := d.alarms[0]
		d.alarms = d.alarms[1:]
		d.now = max(d.now, due.at)
		step, err := d.apply(due.command)
		each(due.command, step, err)
	}
	d.now = until
}

// crash loses all but what was stored, and begins anew from that.
func (d *driver) crash() (*engine.Step, error) {
	a, err := d.ledger.restore()
	if err != nil {
		return nil, err
	}
	d.attempt, d.alarms = a, nil
	step := &engine.Step{}
	a.Revive(d.now, nil, step)
	return step, d.take(step)
}

// try returns the newest try of a task.
func (d *driver) try(id model.TaskID) int32 { return d.attempt.Task(id).Try }
