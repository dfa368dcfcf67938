package pawlfile

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// memo reads what an action is memoised by.
func (c *compiler) memo(n *workflow.Node, keys map[string]document.Entry) {
	at, ok := keys["memo"]
	if !ok {
		return
	}
	wrong := false
	for _, e := range at.Value.Entries() {
		if _, err := workflow.MemoNamed("memo", params.Of(e.Key, e.Value.Value())); err != nil {
			wrong = true
			c.Fail(e.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
		}
	}
	if _, err := workflow.MemoNamed("memo", at.Value.Value()); err != nil && !wrong {
		c.Wrong(at.Value, err)
	}
	switch {
	case n.Config.Has("_do") || n.Config.Has("_else_do"):
		c.Fail(at.Errorf("a task that makes tasks is not memoised"))
	case len(n.Products) > 0:
		c.Fail(at.Errorf("a task with products is not memoised: these are up to date or not by themselves"))
	}
	n.Config = n.Config.Set(workflow.MemoKey, at.Value.Value())
}
