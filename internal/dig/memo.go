package dig

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// memo checks what an action is memoised by. It stays in the configuration, to be
// evaluated with it.
func (c *compiler) memo(entries []document.Entry) {
	e, ok := find(entries, workflow.MemoKey)
	if !ok {
		return
	}
	c.checkEach(e, func(v params.Value) error { _, err := workflow.MemoOf(v); return err })
	if _, makes := find(entries, productKey); makes {
		c.fail(e.Errorf("a task with %s is not memoised: its files are up to date or not by themselves", productKey))
	}
	for _, key := range []string{"_do", "_else_do"} {
		if _, makes := find(entries, key); makes {
			c.fail(e.Errorf("a task that makes tasks is not memoised").Hint("put %s into the tasks of %s", workflow.MemoKey, key))
		}
	}
}
