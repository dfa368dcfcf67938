package conductor

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// watch arms the alarm of an attempt, unless it was raised by whoever drove the
// attempt before: then the tasks that it adds are there.
func (c *Core) watch(d *driven) {
	if c.cfg.Alarm == nil {
		return
	}
	at, tasks := c.cfg.Alarm(d.info, d.attempt.Definition())
	if at == 0 || len(tasks) == 0 {
		return
	}
	if _, raised := d.attempt.Find(d.attempt.Definition().Root.Name + tasks[0].Name); raised {
		return
	}
	d.lateAt, d.alarm = at, tasks
	c.timers.push(timer{at: at, attempt: d.info.ID, kind: late})
}

// alarm adds the tasks of an attempt that is late. They change nothing of what
// runs; whether the attempt fails for it is theirs to say.
func (c *Core) alarm(now model.Instant, id model.AttemptID) {
	d, ok := c.driven[id]
	if !ok {
		return
	}
	for _, n := range d.alarm {
		_ = c.apply(now, id, engine.Command{Kind: engine.Append, Node: n}) // the attempt may have just ended
	}
	d.lateAt, d.alarm = 0, nil
}
