package workflow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// Link is an edge seen from its source: the sibling that waits for it.
type Link struct {
	// To is the index of the later sibling.
	To int32
	// On and Output say what opens the edge, as in Edge.
	On     On
	Output string
}

// Finish checks the definition and prepares it for the engine. It returns
// every fault found, joined, each naming the node and its position. A
// workflow is used only after Finish returned nil and not changed afterwards.
func (w *Workflow) Finish() error {
	if w.Root == nil {
		return fmt.Errorf("workflow %q has no tasks", w.Name)
	}
	return w.Root.Finish()
}

// Finish does for a subtree, such as generated tasks, what Workflow.Finish
// does for a whole definition.
func (n *Node) Finish() error {
	var f finisher
	f.node(n, 0)
	return errors.Join(f.errs...)
}

// MaxDepth is how deep a tree of tasks may nest.
const MaxDepth = 500

type finisher struct{ errs []error }

func (f *finisher) fail(n *Node, format string, args ...any) {
	f.errs = append(f.errs, &NodeError{Node: n, Message: fmt.Sprintf(format, args...)})
}

// NodeError is a fault of one node of a definition.
type NodeError struct {
	Node    *Node
	Message string
}

func (e *NodeError) Error() string {
	pos := ""
	if p := e.Node.Pos; p.Line > 0 {
		pos = fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	}
	return pos + "task " + e.Node.Name + ": " + e.Message
}

func (f *finisher) node(n *Node, depth int) {
	if depth > MaxDepth {
		f.fail(n, "tasks nest more than %d deep", MaxDepth)
		return
	}
	f.kind(n)
	f.policies(n)
	if n.Each != nil {
		n.page = &Node{Name: "^page", Each: n.Each}
	}
	if n.IsGroup() {
		f.links(n)
	}
	for _, c := range n.Children {
		f.node(c, depth+1)
	}
	for _, c := range slices.Concat(n.OnFailure, n.OnStop) {
		f.node(c, depth+1)
	}
	for _, c := range []*Node{n.Check, n.Limit.Hook} {
		if c != nil {
			f.node(c, depth+1)
		}
	}
}

func (f *finisher) kind(n *Node) {
	if n.Name == "" {
		f.fail(n, "a task needs a name")
	}
	if !n.IsGroup() {
		if len(n.Children) > 0 {
			f.fail(n, "a task with an operator can't have subtasks")
		}
		if n.Each != nil {
			f.fail(n, "only a group can be a collection")
		}
		return
	}
	switch {
	case n.Wait != nil:
		f.fail(n, "only a task with an operator can wait")
	case n.Check != nil:
		f.fail(n, "only a task with an operator can have a check")
	case len(n.Products) > 0:
		f.fail(n, "only a task with an operator can have products")
	case n.Resources != nil:
		f.fail(n, "only a task with an operator can have resources")
	case len(n.Slots) > 0:
		f.fail(n, "only a task with an operator can take slots of pools")
	case n.Each != nil && len(n.Children) != 1:
		f.fail(n, "a collection has one body, not %d", len(n.Children))
	case n.Each != nil && n.Each.Source == "":
		f.fail(n, "a collection needs a source of items")
	case n.Each != nil && n.Each.Window < 0:
		f.fail(n, "a window of items can't be negative")
	case n.Each != nil && n.Each.OnFailure > CancelAll:
		f.fail(n, "what the failure of an item does must be one of %s", strings.Join(ItemFailureNames(), ", "))
	case n.Join.Any && len(n.Children) == 0:
		f.fail(n, "a group that ends with its first winner needs a task")
	}
}

func (f *finisher) policies(n *Node) {
	if n.Retry.Limit < 0 || n.Retry.Interval < 0 || n.Retry.Max < 0 {
		f.fail(n, "a retry can't be negative")
	}
	if n.Limit.After < 0 {
		f.fail(n, "a time limit can't be negative")
	}
	if n.Limit.Hook != nil && n.Limit.After == 0 && n.Limit.Until == "" {
		f.fail(n, "a hook of a time limit needs the limit")
	}
	if n.Wait != nil {
		f.wait(n, n.Wait)
	}
	if n.Resources != nil {
		if wrong := n.Resources.check(); wrong != "" {
			f.fail(n, "%s", wrong)
		}
	}
	for i, p := range n.Products {
		if p.Type == "" {
			f.fail(n, "product %d needs a type", i+1)
		}
	}
}

func (f *finisher) wait(n *Node, w *Wait) {
	switch {
	case w.Until == "" && w.For <= 0 && len(w.Signals) == 0:
		f.fail(n, "a wait needs a time or a signal")
	case len(w.Signals) == 0 && (w.Early != WhenReached || w.OnBadMessage != FailTask || w.Again != AgainNever):
		f.fail(n, "only a wait for signals says what becomes of messages")
	}
	for i, s := range w.Signals {
		if s.Topic == "" || s.Param == "" {
			f.fail(n, "signal %d needs a topic and a parameter", i+1)
		}
		if len(s.Topic) > model.MaxTopic || len(s.Param) > model.MaxParam {
			f.fail(n, "signal %d has a topic or a parameter of more than %d bytes", i+1, model.MaxTopic)
		}
	}
}

// links turns the edges around: from what a node comes after to what waits
// for it.
func (f *finisher) links(n *Node) {
	total := 0
	for _, c := range n.Children {
		total += len(c.After)
	}
	if total == 0 {
		n.next = nil
		return
	}
	counts := make([]int32, len(n.Children))
	for i, c := range n.Children {
		for _, e := range c.After {
			switch {
			case e.From < 0 || e.From >= i:
				f.fail(c, "comes after task %d, which is not an earlier task of its group", e.From)
				return
			case e.On == OnOutput && e.Output == "":
				f.fail(c, "waits for an output without a name")
				return
			}
			counts[e.From]++
		}
	}
	arena := make([]Link, total)
	n.next = make([][]Link, len(n.Children))
	for i, k := range counts {
		n.next[i], arena = arena[:0:k], arena[k:]
	}
	for i, c := range n.Children {
		for _, e := range c.After {
			n.next[e.From] = append(n.next[e.From], Link{To: int32(i), On: e.On, Output: e.Output})
		}
	}
}

// Next returns what waits for child i of n. The caller must not change it.
func (n *Node) Next(i int) []Link {
	if n.next == nil {
		return nil
	}
	return n.next[i]
}

// Size returns the number of tasks in the tree below and including n that
// exist from the start: those that failures, checks and collections add come
// later.
func (n *Node) Size() int {
	size := 1
	if n.Each != nil {
		return size
	}
	for _, c := range n.Children {
		size += c.Size()
	}
	return size
}
