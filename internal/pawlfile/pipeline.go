package pawlfile

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/document/strict"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/shape/declare"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Names of tasks that are not written as such.
const (
	successHook = "^on_success"
	failureHook = "^on_failure"
	checkHook   = "^check"
	// itemsTask is the collection of a pipeline that iterates, and itemTask what runs
	// for each item of any collection.
	itemsTask = "+items"
	itemTask  = "+item"
)

// compiler turns the mappings of a file into tasks. It collects what is wrong and
// goes on, so that one look shows all.
type compiler struct {
	strict.Reader
	names []string // of the tasks
	// makers are tasks that make files; generators make tasks, which may.
	makers     []making
	generators []*workflow.Node
}

// pipeline compiles a file.
func (c *compiler) pipeline(name string, doc *document.Node) *workflow.Workflow {
	root := &workflow.Node{Name: "+" + name, Pos: workflow.Pos(doc.Pos())}
	w := &workflow.Workflow{Name: name, Dialect: Dialect, Root: root}
	if doc.Kind() != document.Mapping {
		c.Fail(doc.Errorf("a pipeline must be a mapping, not %s", doc.What()).Hint("it has tasks: under names"))
		return w
	}
	keys := c.Known(doc.Entries(), "a pipeline", namesOf(pipelineKeys()))
	c.about(name, keys)
	c.calendar(w, keys)
	only := keys["strict_input"].IsSet() && c.Boolean(keys["strict_input"])
	if at := keys["inputs"]; at.IsSet() {
		w.Inputs = declare.Inputs(&c.Reader, at, only)
	} else if only {
		c.Fail(keys["strict_input"].Errorf("strict_input needs inputs"))
	}
	declare.Scheduled(&c.Reader, w.Inputs, w.Schedule, keys["schedule"])
	if at := keys["params"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		root.Export = at.Value.Map()
	}
	c.turn(w, keys)
	c.body(root, doc, keys)
	return w
}

// about reads what says what the pipeline is.
func (c *compiler) about(name string, keys map[string]document.Entry) {
	for _, key := range []string{"title", "description"} {
		if at := keys[key]; at.IsSet() {
			c.Text(at)
		}
	}
	if at := keys["name"]; at.IsSet() {
		if said := c.Text(at); said != name && name != "" && said != "" {
			c.Fail(at.Value.Errorf("the name is that of the file, %s, not %s", name, said).
				Hint("leave it out, or rename the file to %s%s", said, Extension))
		}
	}
}

func (c *compiler) calendar(w *workflow.Workflow, keys map[string]document.Entry) {
	if at := keys["timezone"]; at.IsSet() {
		w.Zone = c.Text(at)
	}
	if at := keys["schedule"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		w.Schedule = at.Value.Map()
	}
	if at := keys["sensor"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		w.Sensor = at.Value.Map()
		if key, err := sensor.Check(w.Sensor); err != nil && at.Value.Kind() == document.Mapping {
			if part, ok := find(at.Value.Entries(), key); ok {
				at = part
			}
			c.Fail(at.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
		}
	}
	if at := keys["sla"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		w.SLA = at.Value.Map()
	}
}

// turn reads how runs stand in the run queue.
func (c *compiler) turn(w *workflow.Workflow, keys map[string]document.Entry) {
	if at := keys["tags"]; at.IsSet() {
		tags, err := workflow.ParseTags(at.Value.Value())
		if err != nil {
			c.Wrong(at.Value, err)
		}
		w.Turn.Tags = tags
	}
	if at := keys["run_queue"]; at.IsSet() {
		c.Mapping(at.Value, at.Key)
		of := c.Known(at.Value.Entries(), at.Key, namesOf(queueKeys()))
		if e := of["priority"]; e.IsSet() {
			w.Turn.Priority = c.Integer(e, -1<<31)
		}
		if e := of["weight"]; e.IsSet() {
			if w.Turn.Weight = c.Integer(e, 1); w.Turn.Weight > workflow.MaxWeight {
				c.Fail(e.Value.Errorf("weight must be at most %d", workflow.MaxWeight))
			}
		}
	}
}

// body compiles the tasks, and what is around all of them.
func (c *compiler) body(root *workflow.Node, doc *document.Node, keys map[string]document.Entry) {
	tasks := keys["tasks"]
	if !tasks.IsSet() {
		if len(keys) < len(doc.Entries()) {
			return // a key that is not known may have been meant
		}
		c.Fail(doc.Errorf("a pipeline needs tasks").Hint("such as tasks: {hello: {echo: hello}}"))
		return
	}
	written := c.Mapping(tasks.Value, tasks.Key)
	if len(written) == 0 && tasks.Value.Kind() == document.Mapping {
		c.Fail(tasks.Errorf("a pipeline needs a task"))
	}
	group := root
	if at := keys["iterate"]; at.IsSet() {
		group = &workflow.Node{Name: itemTask, Pos: root.Pos}
		root.Children = []*workflow.Node{{
			Name: itemsTask, Pos: workflow.Pos(at.Pos()), Each: c.iterate(at), Children: []*workflow.Node{group},
		}}
	}
	c.tasks(group, written, keys)
	c.products(group)
	if at := keys["on_success"]; at.IsSet() {
		root.AfterAll(c.hook(successHook, at))
	}
	root.OnFailure = []*workflow.Node{dig.FailureAlert()}
	if at := keys["on_failure"]; at.IsSet() {
		root.OnFailure = append(root.OnFailure, c.hook(failureHook, at))
	}
}

// tasks compiles the tasks of a group, which stand in it in the order of levels, with
// the hooks on their success after them.
func (c *compiler) tasks(group *workflow.Node, written []document.Entry, keys map[string]document.Entry) {
	o := c.order(written, keys["ordering"])
	c.names = o.names
	policy := workflow.Failure{}
	if at := keys["failure_policy"]; at.IsSet() {
		policy = c.policy(at)
	}
	place := make([]int, len(written)) // of each task in the group
	hooks := make(map[int]*workflow.Node)
	sorted, left := c.sorted(o)
	for at, i := range slices.Concat(sorted, left) { // what is left is looked at for mistakes
		place[i] = at
		n, hook := c.task(written[i], policy)
		for _, p := range o.parents[i] {
			n.After = append(n.After, workflow.Edge{From: place[p.task]})
		}
		slices.SortFunc(n.After, func(a, b workflow.Edge) int { return cmp.Compare(a.From, b.From) })
		group.Children = append(group.Children, n)
		if hook != nil {
			hooks[at] = hook
		}
	}
	for _, at := range slices.Sorted(maps.Keys(hooks)) {
		group.AfterSuccess(at, hooks[at])
	}
}

// policy reads what the failure of a task means for others.
func (c *compiler) policy(at document.Entry) workflow.Failure {
	switch c.Choice(at, policies) {
	case "cancel_pipeline":
		return workflow.Failure{Scope: workflow.WholeGroup, Effect: workflow.CancelOthers}
	case "isolate":
		return workflow.Failure{Effect: workflow.Isolate}
	}
	return workflow.Failure{}
}

// making is a task that makes files.
type making struct {
	node  *workflow.Node
	files document.Entry
}

// products tells tasks what what they make is made of.
func (c *compiler) products(group *workflow.Node) {
	if len(c.makers) == 0 {
		return
	}
	makers := make([]dig.Making, len(c.makers))
	for i, m := range c.makers {
		makers[i] = dig.Making{Node: m.node, Files: m.files}
	}
	for _, e := range dig.LinkProducts(group, makers, c.generators) {
		c.Fail(e)
	}
}

// makes tells whether a task makes tasks.
func makes(n *workflow.Node, config params.Map) bool {
	return n.Operator == "call" || config.Has("_do") || config.Has("_else_do")
}
