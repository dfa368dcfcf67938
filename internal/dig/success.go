package dig

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/workflow"
)

// successKey has the tasks that run once a task, or the whole, has ended well.
const successKey = "_success"

// apart takes what runs on success from the entries of a task. The entry is not set
// if there is none.
func apart(entries []document.Entry) (hook document.Entry, rest []document.Entry) {
	for _, e := range entries {
		if e.Key == successKey {
			hook = e
		} else {
			rest = append(rest, e)
		}
	}
	if hook.Key == "" {
		return hook, entries
	}
	return hook, rest
}

// afterAll adds what runs once all tasks of a group have ended well.
func (c *compiler) afterAll(n *workflow.Node, e document.Entry) {
	for _, hook := range c.generated(workflow.SuccessHook, e) {
		n.AfterAll(hook)
	}
}

// around compiles a task that has no siblings with what runs on its success: below it
// if it is a group, else both stand in one.
func (c *compiler) around(at document.Entry, entries []document.Entry, hook document.Entry) *workflow.Node {
	n := c.task(at, entries)
	if !n.IsGroup() || n.Each != nil {
		inner := n
		inner.Name = "+task"
		n = &workflow.Node{Name: at.Key, Pos: inner.Pos, Children: []*workflow.Node{inner}}
	}
	c.afterAll(n, hook)
	return n
}
