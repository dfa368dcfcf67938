package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Whatever comes has a run of each sensor: one alone where that has run keys, or where
// nobody was cut off between a start and what tells of it. Ticks tell of each start once.
func (c *checks) thingsAreRunOnce() {
	of := c.sim.sensors
	if of == nil {
		return
	}
	told := c.toldBySensors()
	runs := map[string]map[int64]int{keyed: {}, unkeyed: {}}
	for _, w := range c.order {
		name := w.info.Session.Workflow
		if runs[name] == nil {
			continue
		}
		thing, err := w.info.Params.Int("thing")
		if err != nil {
			c.sim.fail("sensors: a%d: %v", w.row.ID, err)
		}
		runs[name][thing]++
		if n := told[w.row.ID]; n > 1 || n == 0 && !of.cut[name] {
			c.sim.fail("sensors: ticks tell %d times of a%d, which %s has started", n, w.row.ID, name)
		}
	}
	for name, of := range runs {
		once := name == keyed || !c.sim.sensors.cut[name] && !c.sim.sensors.again[name]
		for thing := range int64(c.sim.sensors.came) {
			if n := of[thing+1]; n == 0 || n > 1 && once {
				c.sim.fail("sensors: %s has started %d runs for thing %d", name, n, thing+1)
			}
		}
	}
}

// toldBySensors counts how often the ticks of sensors tell of each attempt.
func (c *checks) toldBySensors() map[model.AttemptID]int {
	told := make(map[model.AttemptID]int)
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := c.sim.store.ListTicks(context.Background(), store.TickFilter{Kind: store.SensorTick}, page)
		if err != nil {
			c.sim.fail("ticks: %v", err)
			return told
		}
		for i := range list {
			for _, id := range list[i].Attempts {
				told[id]++
			}
		}
		if page.Cursor = next; next == "" {
			return told
		}
	}
}
