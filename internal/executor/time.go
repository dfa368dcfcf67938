package executor

import (
	"context"
	"errors"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

// tookLonger is why a try was ended that ran for all the time that it may.
type tookLonger struct{ time.Duration }

func (e tookLonger) Error() string {
	return "the task took longer than it may: " + e.String()
}

// bounded returns a context that ends when the try has run as long as it may.
func (t *Try) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	_, config := t.action()
	r, err := t.needs(config)
	if own := t.Node.Resources; own != nil {
		r, err = own, nil
	}
	if err == nil && r != nil && r.Time > 0 {
		return context.WithTimeoutCause(ctx, r.Time, tookLonger{r.Time})
	}
	return ctx, func() {}
}

// overdue returns why a try was ended, if that is because it took too long.
func overdue(ctx context.Context) error {
	if late, ok := errors.AsType[tookLonger](context.Cause(ctx)); ok {
		return model.Errorf(model.Invalid, "%w", late)
	}
	return nil
}
