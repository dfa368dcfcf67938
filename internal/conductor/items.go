package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// fetch is a page of items that a collection has asked for.
type fetch struct {
	attempt model.AttemptID
	task    model.TaskID
	engine.Fetch
}

// fetch gives collections the items that they have asked for in steps before this
// one. Where the store does not answer, that is still to be done. Items that can't be
// read fail their collection.
func (c *Core) fetch(ctx context.Context, now model.Instant) error {
	for len(c.fetches) > 0 {
		f := c.fetches[0]
		if d, driven := c.driven[f.attempt]; driven {
			s := &engine.Supplied{Fetch: f.Fetch}
			if f.Most > 0 {
				var err error
				if s.Items, err = c.cfg.Store.FetchItems(ctx, f.attempt, f.task, f.Fetch); unreadable(err) {
					s.Items, s.Error = nil, err.Error()
				} else if err != nil {
					return err
				}
			}
			if err := c.apply(now, f.attempt, engine.Command{Kind: engine.Supply, Task: f.task, Supplied: s}); err != nil {
				return err
			}
			delete(d.out, f.task)
		}
		c.fetches = c.fetches[1:]
	}
	c.fetches = nil
	return nil
}
