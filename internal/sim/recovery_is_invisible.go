package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
)

// Recovery is invisible: an attempt that is restored from what the store has is
// the one that lives in the process that drives it.

// restoresAlike compares, now and then, one attempt of a process with what
// another process would make of its rows.
func (c *checks) restoresAlike(p *process) {
	if !p.wrote || !c.dice.chance(0.3) {
		return
	}
	var driven []*engine.Attempt
	for _, w := range c.order {
		if a, ok := p.core.Attempt(w.row.ID); ok && (p.server == nil || c.owns(p, w.row.ID)) {
			driven = append(driven, a)
		}
	}
	if len(driven) == 0 {
		return
	}
	c.restoresAs(driven[c.dice.IntN(len(driven))])
}

func (c *checks) restoresAs(live *engine.Attempt) {
	s, err := c.sim.store.Load(context.Background(), live.ID())
	if err != nil {
		c.sim.fail("load attempt %d: %v", live.ID(), err)
		return
	}
	restored, err := engine.Restore(s.Definition, s.Attempt.AttemptRow, s.Growths, s.Tasks, s.Seq)
	if err != nil {
		c.sim.fail("restore attempt %d: %v", live.ID(), err)
		return
	}
	if restored.Len() != live.Len() || restored.NextWake() != live.NextWake() {
		c.sim.fail("attempt %d has %d tasks and wakes at %d, restored %d and %d",
			live.ID(), live.Len(), live.NextWake(), restored.Len(), restored.NextWake())
		return
	}
	for v := range live.Tasks() {
		other := restored.Task(v.ID)
		if viewText(&v) != viewText(&other) {
			c.sim.fail("attempt %d restores differently\nlive     %s\nrestored %s", live.ID(), viewText(&v), viewText(&other))
			return
		}
		if d := other.Detail; d != nil && d.Items != nil && !other.Retired && len(restored.ItemsInWork(v.ID)) != int(d.Items.Running) {
			c.sim.fail("promise 2: a%d/%d has %+v, and %d items run", live.ID(), v.ID, d.Items, len(restored.ItemsInWork(v.ID)))
			return
		}
	}
}

func viewText(v *engine.View) string {
	text := rowText(&v.TaskRow)
	if v.Retired {
		text += " retired"
	}
	return text
}
