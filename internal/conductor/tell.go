package conductor

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Teller appends to dst the records that tell others of an event, given the row
// of its attempt as it is stored with it. It must return soon and keep neither.
type Teller = func(dst []engine.Record, row *engine.AttemptRow, e *engine.Event) []engine.Record

// tell adds to the step the records that tell of its events. What was told when
// a commit failed is not told again; after an error it goes on where it was.
func (c *Core) tell(ctx context.Context) error {
	if c.cfg.Tell == nil {
		return nil
	}
	for ; c.told < len(c.step.Events); c.told++ {
		e := &c.step.Events[c.told]
		d, ok := c.driven[e.Attempt]
		if !ok {
			continue // it was told of when it was ended
		}
		if !d.introduced {
			t, err := c.teller(ctx, &d.info, d.attempt.Definition())
			if err != nil {
				return err
			}
			d.teller, d.introduced = t, true
		}
		if d.teller != nil {
			row := d.attempt.Row()
			c.step.Records = d.teller(c.step.Records, &row, e)
		}
	}
	return nil
}

// teller returns what tells of an attempt, or nil where nobody is to be told.
func (c *Core) teller(ctx context.Context, a *store.Attempt, def *workflow.Workflow) (Teller, error) {
	if c.cfg.Tell == nil {
		return nil, nil
	}
	return c.cfg.Tell(ctx, a, def)
}
