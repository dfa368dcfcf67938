package engine_test

import (
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// remembers tells whether an attempt that is restored from what was stored so
// far looks like the one that lives.
func (d *driver) remembers() error {
	restored, err := d.ledger.restore()
	if err != nil {
		return err
	}
	return sameViews(d.attempt, restored)
}

// sameViews compares all that two attempts show of themselves.
func sameViews(live, restored *engine.Attempt) error {
	if diff := cmp.Diff(live.Row(), restored.Row(), asStored); diff != "" {
		return fmt.Errorf("the attempt's row (-live +restored):\n%s", diff)
	}
	if live.Len() != restored.Len() {
		return fmt.Errorf("%d tasks live, %d restored", live.Len(), restored.Len())
	}
	for v := range live.Tasks() {
		if diff := cmp.Diff(v, restored.Task(v.ID), asStored); diff != "" {
			return fmt.Errorf("task %d %s (-live +restored):\n%s", v.ID, v.Name, diff)
		}
	}
	if diff := cmp.Diff(live.Listening(), restored.Listening()); diff != "" {
		return fmt.Errorf("who listens (-live +restored):\n%s", diff)
	}
	if a, b := live.NextWake(), restored.NextWake(); a != b {
		return fmt.Errorf("next wake is %s live, %s restored", clock(a), clock(b))
	}
	return nil
}

// asStored compares values as far as a store keeps them: the order of a map's
// keys counts, whether an empty detail is there does not.
var asStored = cmp.Options{
	cmp.Comparer(func(a, b params.Map) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
	cmp.Comparer(func(a, b *workflow.Node) bool { return a == b }),
	cmp.Transformer("detail", func(d *engine.Detail) []any {
		if d == nil || reflect.ValueOf(*d).IsZero() {
			return nil
		}
		return []any{*d}
	}),
}
