package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// ticksTellOfSlots checks that each attempt that a schedule started has one tick that
// says so, for its slot, and that there are no others.
func (c *checks) ticksTellOfSlots() {
	told := make(map[model.AttemptID]bool)
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := c.sim.store.ListTicks(context.Background(), store.TickFilter{Kind: store.ScheduleTick, Outcome: store.TickStarted}, page)
		if err != nil {
			c.sim.fail("ticks: %v", err)
			return
		}
		for i := range list {
			t := &list[i]
			if len(t.Attempts) != 1 || t.Started != 1 || told[t.Attempts[0]] || c.fires[t.Attempts[0]] != t.Slot || t.Slot == 0 {
				c.sim.fail("ticks: no schedule did what is told: %+v", t)
				return
			}
			told[t.Attempts[0]] = true
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	if len(told) != len(c.fires) {
		c.sim.fail("ticks: schedules started %d attempts, and ticks tell of %d", len(c.fires), len(told))
	}
}
