package server

import (
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// exportKey is what is given to a task and all below it.
const exportKey = "_export"

// written finds the configuration of tasks as it was written: what they were
// compiled to does not tell all. Tasks are to be looked up in order of id.
type written struct {
	root params.Map
	// of has the configuration of those tasks that were written down, with all
	// below them.
	of map[model.TaskID]params.Map
}

// local returns the configuration of a task without the tasks below it.
func (w *written) local(tasks *engine.Attempt, v *engine.View) params.Map {
	text, ok := w.text(tasks, v)
	if !ok {
		return compiled(v.Node)
	}
	w.of[v.ID] = text
	var kv []any
	for key, value := range text.All() {
		if !strings.HasPrefix(key, "+") && key != exportKey {
			kv = append(kv, key, value)
		}
	}
	if export, ok := text.Get(exportKey); ok {
		kv = append(kv, exportKey, export)
	}
	return params.Of(kv...)
}

// text returns what was written of a task: in the workflow, in what its parent
// has for it, or by the action that made it.
func (w *written) text(tasks *engine.Attempt, v *engine.View) (params.Map, bool) {
	if v.Parent == model.NoTask {
		return w.root, w.root.Len() > 0
	}
	if v.Node.Name == workflow.Generated {
		maker := tasks.Task(v.Parent)
		if maker.Detail == nil {
			return params.Map{}, false
		}
		return maker.Detail.Subtasks, maker.Detail.Subtasks.Len() > 0
	}
	key := v.Node.Name
	if hook, ok := strings.CutPrefix(key, "^"); ok {
		key = "_" + hook
	}
	value, _ := w.of[v.Parent].Get(key)
	text, ok := value.(params.Map)
	return text, ok
}

// compiled is the configuration of a task that nobody has written, or that
// is not kept as it was.
func compiled(n *workflow.Node) params.Map {
	var kv []any
	if !n.IsGroup() {
		command, _ := n.Config.Get("_command")
		kv = append(kv, n.Operator+">", command)
	}
	own := params.Of(kv...).Merge(n.Config.Delete("_command").Delete("_type"))
	if n.Export.Len() > 0 {
		own = own.Set(exportKey, n.Export)
	}
	return own
}
