package sim

import "github.com/pawlhq/pawl/internal/model"

// Nothing waits without a stored next wake-up: after every commit, each task
// that is started and not final is with a runner, or has a time or a key that
// wakes it, or has a child below it of which that is true.

func (c *checks) alwaysWakes(w *witness) {
	if w.row.Started == 0 || w.row.State.Done() {
		return
	}
	moving := make(map[model.TaskID]bool)
	alive := false
	for _, r := range w.rows {
		if !r.State.Final() {
			moving[r.Parent] = true
			alive = true
		}
	}
	if !alive {
		c.sim.fail("promise 5: attempt %d goes on, but none of its tasks does", w.row.ID)
	}
	for id, r := range w.rows {
		switch {
		case r.State.Final(), r.State == model.Running, moving[id]:
		case r.State == model.Waiting && (r.Wake != 0 || r.Detail != nil && len(r.Detail.Keys) > 0):
		case r.State == model.Waiting && r.Try == 0:
			// It waits for the parameter that its key is to come from.
		default:
			c.sim.fail("promise 5: nothing wakes a%d: %s", w.row.ID, w.texts[id])
		}
	}
}
