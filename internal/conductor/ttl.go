package conductor

import (
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Timeout says that an attempt is being killed because it, or one of its
// tasks, took longer than any may.
type Timeout struct {
	Attempt store.Attempt
	// Task is the full name of the task; empty when it is the attempt.
	Task string
	ID   model.TaskID
}

// limit arms what ends an attempt that takes too long, and its tasks that had
// started before this conductor came to drive it.
func (c *Core) limit(d *driven) {
	if c.cfg.AttemptTTL > 0 {
		c.timers.push(timer{at: d.info.Created.Add(c.cfg.AttemptTTL), attempt: d.info.ID, kind: longAttempt})
	}
	if c.cfg.TaskTTL == 0 {
		return
	}
	for v := range d.attempt.Tasks() {
		if timed(&v) || generated(&v) {
			c.timers.push(timer{at: v.Started.Add(c.cfg.TaskTTL), attempt: d.info.ID, task: v.ID, kind: tooLong})
		}
	}
}

// timed reports whether a task is one whose time counts: an action that has
// begun and that runs, or is to run again.
func timed(v *engine.View) bool {
	return v.Try > 0 && (v.State == model.Running || v.State == model.Waiting)
}

// generated reports whether a task is an action that waits for the tasks that
// it made. When these fail, it may be to run again.
func generated(v *engine.View) bool { return v.Try > 0 && v.State == model.Open }

// lookAgain is how long after its time a task is looked at again whose time did
// not count then. It may be short: such a task is rare.
const lookAgain = 5 * time.Second

// fire tells a task that its instant has come. What it is about may be over.
func (c *Core) fire(now model.Instant, t timer) {
	switch t.kind {
	case wakes:
		_ = c.apply(now, t.attempt, engine.Command{Kind: engine.Wake, Task: t.task})
	case limits:
		if w := c.waits(t); w != nil {
			if c.driven[t.attempt].attempt.Task(t.task).Node.Limit.Until == "" {
				return // it passes that much later once the try begins
			}
			_ = c.outwait(now, w)
		}
		_ = c.apply(now, t.attempt, engine.Command{Kind: engine.Expire, Task: t.task})
	case late:
		c.alarm(now, t.attempt)
	default:
		c.reap(now, t)
	}
}

// reap kills an attempt that takes too long, unless it was asked to end.
func (c *Core) reap(now model.Instant, t timer) {
	d, ok := c.driven[t.attempt]
	if !ok || d.attempt.Row().CancelAsked {
		return
	}
	notice := Timeout{Attempt: d.info}
	if t.kind == tooLong {
		if !d.attempt.Has(t.task) {
			return
		}
		v := d.attempt.Task(t.task)
		if generated(&v) {
			t.at = now.Add(lookAgain)
			c.timers.push(t)
		}
		if !timed(&v) || c.waits(t) != nil {
			return
		}
		notice.Task, notice.ID = v.Name, t.task
	}
	if c.apply(now, t.attempt, engine.Command{Kind: engine.Kill}) == nil && c.cfg.TimedOut != nil {
		c.notices = append(c.notices, notice)
	}
}

// overdue returns when a waiting attempt, or one of its tasks, will have taken
// too long, or be late, or Never.
func (c *Core) overdue(d *driven) model.Instant {
	at := model.Never
	if d.lateAt != 0 {
		at = d.lateAt
	}
	if d.attempt.Row().CancelAsked {
		return at
	}
	if c.cfg.AttemptTTL > 0 {
		at = min(at, d.info.Created.Add(c.cfg.AttemptTTL))
	}
	if c.cfg.TaskTTL > 0 {
		for v := range d.attempt.Tasks() {
			if timed(&v) {
				at = min(at, v.Started.Add(c.cfg.TaskTTL))
			}
		}
	}
	return at
}
