package dig

import (
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// compiler turns mappings into tasks. It collects what is wrong and goes on, so
// that one look shows all.
type compiler struct {
	errs  document.Errors
	warns document.Errors

	written bool     // by people, in a file: tasks that come later are checked, too
	discard bool     // the tasks are not wanted, only their faults
	path    []string // names from the root to the current task
	makers  []making // tasks that make files
	// generators are tasks that make tasks, which may make files.
	generators map[*workflow.Node]bool
}

func (c *compiler) fail(e *document.Error) { c.errs.Add(c.inTask(e)) }

func (c *compiler) warn(e *document.Error) { c.warns.Add(c.inTask(e)) }

// inTask names the task in a fault that has no position.
func (c *compiler) inTask(e *document.Error) *document.Error {
	if e.Line == 0 {
		e.Message = "task " + strings.Join(c.path, "") + ": " + e.Message
	}
	return e
}

// enter makes a task the current one until leave is called.
func (c *compiler) enter(name string) (leave func()) {
	c.path = append(c.path, name)
	return func() { c.path = c.path[:len(c.path)-1] }
}

// unknownKey warns of an option that is not read.
func (c *compiler) unknownKey(e document.Entry, of string, known []string) {
	c.warn(e.Errorf("%s does not know %q", of, e.Key).Hint("%s", document.DidYouMean(e.Key, known)))
}

// task compiles the entries of a task that is enabled. The task has the name
// and position of at.
func (c *compiler) task(at document.Entry, entries []document.Entry) *workflow.Node {
	if hook, rest := apart(entries); hook.Key != "" {
		return c.around(at, rest, hook)
	}
	n := &workflow.Node{Name: at.Key, Pos: workflow.Pos(at.Pos())}
	switch {
	case isCollection(entries):
		c.collection(n, entries)
	case isAction(entries):
		c.action(n, entries)
	default:
		c.group(n, entries)
	}
	return n
}

// enabled returns the entries of a task, none if it is switched off: it is an
// empty group then.
func (c *compiler) enabled(entries []document.Entry) []document.Entry {
	if e, ok := find(entries, "_disable"); ok && c.boolean(e) {
		return nil
	}
	return entries
}

func isAction(entries []document.Entry) bool {
	for _, e := range entries {
		if e.Key == "_type" || isOperator(e) {
			return true
		}
	}
	return false
}

func isSubtask(e document.Entry) bool { return strings.HasPrefix(e.Key, "+") }

func isOperator(e document.Entry) bool { return strings.HasSuffix(e.Key, ">") && !isSubtask(e) }

func find(entries []document.Entry, key string) (document.Entry, bool) {
	for _, e := range entries {
		if e.Key == key {
			return e, true
		}
	}
	return document.Entry{}, false
}

// action compiles a task with an operator. What pawl itself reads of it moves to
// the node; all else, _retry and bodies included, stays in its configuration.
func (c *compiler) action(n *workflow.Node, entries []document.Entry) {
	operator := c.operator(n, entries)
	c.place(entries)
	kv := make([]any, 0, 2*len(entries)+2)
	for _, e := range entries {
		switch {
		case isSubtask(e):
			c.fail(e.Errorf("a task with an operator can't have subtasks"))
		case e.Key == operator.Key:
			kv = append(kv, "_type", n.Operator)
			if !e.Value.IsNull() {
				kv = append(kv, "_command", c.value(e.Value))
			}
		case e.Key == "_command" && operator.Key != "":
			c.warn(e.Errorf("_command has no effect beside %q", operator.Key))
		case !c.directive(n, e):
			if (e.Key == "_do" || e.Key == "_else_do") && e.Value.Kind() == document.Mapping {
				c.later(workflow.Generated, e, e.Value.Entries())
			}
			kv = append(kv, e.Key, c.value(e.Value))
		}
	}
	c.product(n, entries)
	c.memo(entries)
	c.generator(n, entries)
	if !c.discard {
		n.Config = params.Of(kv...)
	}
}

// value returns the value of a parameter, unless nobody wants it.
func (c *compiler) value(n *document.Node) params.Value {
	if c.discard {
		return nil
	}
	return n.Value()
}

// directive reads a key that says how pawl treats an action, and tells whether
// it is one.
func (c *compiler) directive(n *workflow.Node, e document.Entry) bool {
	switch e.Key {
	case "_export":
		n.Export = c.export(e)
	case "_error":
		n.OnFailure = c.generated("^error", e)
	case "_check":
		if check := c.generated("^check", e); check != nil {
			n.Check = check[0]
		}
	case "_pool":
		slots, err := workflow.ParseSlots(e.Value.Value())
		c.check(e, err)
		n.Slots = slots
	case "_retry":
		n.Retry, _ = c.retry(e)
		return false
	case "_background", "_after", "_disable":
		// Read by the group and before.
	default:
		return false
	}
	return true
}

// operator sets the node's operator and returns the entry that names it by its
// key, if one does.
func (c *compiler) operator(n *workflow.Node, entries []document.Entry) document.Entry {
	var named document.Entry
	for _, e := range entries {
		switch {
		case !isOperator(e):
		case named.Key != "":
			c.fail(e.Errorf("a task can't have more than one operator: %q and %q", named.Key, e.Key))
		case e.Key == ">":
			c.fail(e.Errorf("an operator needs a name before the %q", ">"))
			return e
		default:
			named = e
		}
	}
	kind, ok := find(entries, "_type")
	if !ok {
		n.Operator = strings.TrimSuffix(named.Key, ">")
		return named
	}
	if n.Operator, ok = kind.Value.Text(); !ok || n.Operator == "" {
		c.fail(kind.Value.Errorf("_type must be the name of an operator, not %s", kind.Value.What()))
	}
	if named.Key != "" {
		c.warn(named.Errorf("%q is only a parameter beside _type", named.Key))
	}
	return document.Entry{}
}

// generated compiles the tasks that a directive adds later.
func (c *compiler) generated(name string, e document.Entry) []*workflow.Node {
	entries := c.mapping(e)
	if len(entries) == 0 {
		return nil
	}
	defer c.enter(name)()
	return []*workflow.Node{c.task(e.Named(name), c.enabled(entries))}
}

// later checks tasks that are compiled only when they are to run. That is when
// Digdag finds their faults, so they are warnings.
func (c *compiler) later(name string, at document.Entry, entries []document.Entry) {
	if !c.written {
		return
	}
	inner := compiler{written: true, discard: true, path: append(c.path, name)}
	inner.linkProducts(inner.task(at.Named(name), inner.enabled(entries)))
	for _, w := range append(inner.errs, inner.warns...) {
		c.warn(w)
	}
}
