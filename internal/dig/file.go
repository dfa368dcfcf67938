package dig

import (
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/shape/declare"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Dialect is the name of the front end in the workflows that it compiles.
const Dialect = "dig"

// topKeys are what a file may have beside its tasks.
var topKeys = []string{"timezone", "_export", "schedule", "sensor", "sla", "_error", successKey, "_check", "_retry", "_parallel", "_tags", "_run_queue", "_inputs", "_strict_input"}

// file compiles a workflow file.
func (c *compiler) file(name string, doc *document.Node) *workflow.Workflow {
	w := &workflow.Workflow{Name: name, Dialect: Dialect, Root: &workflow.Node{Name: "+" + name, Pos: workflow.Pos(doc.Pos())}}
	if doc.Kind() != document.Mapping {
		c.fail(doc.Errorf("a workflow file must be a mapping, not %s", doc.What()))
		return w
	}
	var root []document.Entry
	for _, e := range doc.Entries() {
		switch e.Key {
		case "timezone":
			w.Zone = c.zone(e)
		case "schedule":
			w.Schedule = c.params(e)
		case "sensor":
			w.Sensor = c.sensor(e)
		case "sla":
			w.SLA = c.params(e)
			c.later("^sla", e, alertTasks(e.Value.Entries()))
		case "_tags":
			tags, err := workflow.ParseTags(e.Value.Value())
			c.check(e, err)
			w.Turn.Tags = tags
		case "_run_queue":
			c.turn(&w.Turn, e)
		case "_inputs", "_strict_input":
			// Read below, together.
		default:
			if c.belongsOnTop(e) {
				root = append(root, e)
			}
		}
	}
	c.inputs(w, doc.Entries())
	c.path = []string{w.Root.Name}
	hook, root := apart(root)
	c.group(w.Root, root)
	if hook.Key != "" {
		c.afterAll(w.Root, hook)
	}
	c.linkProducts(w.Root)
	w.Root.OnFailure = append([]*workflow.Node{FailureAlert()}, w.Root.OnFailure...)
	if dir := path.Dir(name); dir != "." {
		w.Root.Export = below(dir, w.Root.Export)
	}
	return w
}

// inputs reads which parameters a start gives.
func (c *compiler) inputs(w *workflow.Workflow, entries []document.Entry) {
	only := false
	declared, found := find(entries, "_inputs")
	if e, ok := find(entries, "_strict_input"); ok {
		if only = c.boolean(e); !found {
			c.fail(e.Errorf("_strict_input needs _inputs"))
		}
	}
	if !found {
		return
	}
	var r strict.Reader
	w.Inputs = declare.Inputs(&r, declared, only)
	if at, ok := find(entries, "schedule"); ok {
		declare.Scheduled(&r, w.Inputs, w.Schedule, at)
	}
	for _, e := range r.Errs {
		c.fail(e)
	}
}

// sensor reads what asks for runs. An empty section is none, and wrong.
func (c *compiler) sensor(e document.Entry) params.Map {
	section := c.params(e)
	if e.Value.Kind() != document.Mapping {
		return section
	}
	if key, err := sensor.Check(e.Value.Map()); err != nil {
		at := e
		if part, ok := find(e.Value.Entries(), key); ok {
			at = part
		}
		c.fail(at.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
	}
	return section
}

func (c *compiler) belongsOnTop(e document.Entry) bool {
	switch {
	case isSubtask(e):
		if strings.Contains(e.Key, "^") {
			c.fail(e.Errorf("the name of a task in a file can't contain '^': %q", e.Key))
		}
		return true
	case isOperator(e):
		c.fail(e.Errorf("the top level of a file can't have the operator %q", e.Key).
			Hint("put it into a task, a key that starts with '+'"))
		return false
	case !slices.Contains(topKeys, e.Key):
		c.fail(e.Errorf("unknown key %q", e.Key).Hint("%s", topHint(e)))
		return false
	}
	return true
}

// topHint says what an unknown key of a file may have been meant to be.
func topHint(e document.Entry) string {
	switch {
	case slices.Contains(exportedKeys, e.Key):
		return "it goes below a task, or below _export for all tasks"
	case slices.Contains(taskKeys, e.Key):
		return "it goes below a task"
	}
	return keyHint(e, topKeys, nil)
}

// taskKeys are what only a task may have; exportedKeys count for all tasks where they
// are exported.
var (
	taskKeys = []string{
		"_type", "_command", "_env", "_background", "_after", "_disable", "_product", "_upstream", "_resources", "_memo", "_do", "_else_do", "_on_failure", "_pool",
	}
	exportedKeys = []string{"_workdir", workflow.QueueKey, workflow.NeedsKey, workflow.RunnerKey, "_log_level"}
)

func (c *compiler) zone(e document.Entry) string {
	zone, ok := e.Value.Text()
	if !ok && !e.Value.IsNull() {
		c.fail(e.Value.Errorf("timezone must be a text, not %s", e.Value.What()).
			Hint("put quotes around it"))
	}
	return zone
}

// alertTasks returns what is to run when an SLA is violated.
func alertTasks(sla []document.Entry) []document.Entry {
	return slices.DeleteFunc(slices.Clone(sla), func(e document.Entry) bool {
		return slices.Contains([]string{"time", "duration", "alert", "fail"}, e.Key)
	})
}

// FailureAlert is run when a workflow has failed, before its own hooks.
func FailureAlert() *workflow.Node {
	const message = "Workflow session attempt failed"
	return &workflow.Node{
		Name:     "^failure-alert",
		Operator: "notify",
		Config:   params.Of("_type", "notify", "_command", message),
	}
}

// below returns the exports of a file in a folder: paths that its tasks name
// are relative to that.
func below(dir string, export params.Map) params.Map {
	if own, ok := export.Get("_workdir"); ok {
		if text, ok := params.ToString(own); ok {
			dir += "/" + text
		}
	}
	return export.Set("_workdir", dir)
}
