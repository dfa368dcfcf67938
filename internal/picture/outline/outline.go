// Package outline shows the tasks of a definition: as a graph to be drawn, and as
// lines of text. It knows the model of definitions and no language of them.
package outline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Text returns the tasks of a definition as lines, each below what it is part of,
// with what it does and how it is run.
func Text(w *workflow.Workflow) string {
	t := text{program: w.Dialect == workflow.Program}
	t.node(w.Root, "", nil)
	return t.String()
}

type text struct {
	strings.Builder
	program bool
}

func (t *text) node(n *workflow.Node, indent string, kin []*workflow.Node) {
	line := t.label(n.Name)
	if says := slices.Concat(t.after(n, kin), notEmpty(does(n, t.program)), notes(n)); len(says) > 0 {
		line += ": " + strings.Join(says, "; ")
	}
	t.WriteString(indent + line + "\n")
	below := indent + "  "
	for _, c := range n.Children {
		if t.program && isDecider(c.Name) {
			continue // which the line of the group is about
		}
		t.node(c, below, n.Children)
	}
	for _, h := range hooks(n) {
		t.node(h, below, nil)
	}
}

// label is the name of a task for people.
func (t *text) label(name string) string {
	if t.program {
		return word(name)
	}
	return name
}

// word is the name of a step of a program, and of what stands for none.
func word(name string) string {
	switch name {
	case "^error":
		return "on failure"
	case "^deadline":
		return "on deadline"
	case "^stop":
		return "on stop"
	}
	return strings.TrimLeft(name, "+^")
}

// isDecider reports whether a task of a program chooses among its siblings.
func isDecider(name string) bool { return name == "^decide" }

// after says what a task comes after, unless that is the one before it.
func (t *text) after(n *workflow.Node, kin []*workflow.Node) []string {
	var names []string
	for _, e := range n.After {
		from := kin[e.From]
		switch {
		case t.program && isDecider(from.Name):
			return []string{"if it is chosen"}
		case e.On == workflow.OnOutput:
			names = append(names, fmt.Sprintf("%s gives %q", t.label(from.Name), e.Output))
		case len(n.After) == 1 && from == before(n, kin):
			return nil
		default:
			names = append(names, t.label(from.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{"after " + strings.Join(names, " and ")}
}

// before returns the sibling before a task, or nil.
func before(n *workflow.Node, kin []*workflow.Node) *workflow.Node {
	if i := slices.Index(kin, n); i > 0 {
		return kin[i-1]
	}
	return nil
}

func notEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// does says in a few words what a task does.
func does(n *workflow.Node, program bool) string {
	if n.IsGroup() && !program {
		return ""
	}
	if len(n.Children) > 0 && isDecider(n.Children[0].Name) {
		return "decide"
	}
	text := ""
	if v, ok := n.Config.Get("_command"); ok {
		text, _, _ = strings.Cut(strings.TrimSpace(params.Literal(v)), "\n")
	}
	if program || n.IsGroup() {
		return text
	}
	return strings.TrimSpace(n.Operator + "> " + text)
}

// notes says how a task is run.
func notes(n *workflow.Node) (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	switch {
	case n.Join.LeaveLosers:
		add("side by side until the first has ended well, and the others run on")
	case n.Join.Any:
		add("side by side until the first has ended well")
	case n.IsGroup() && len(n.Children) > 1 && len(n.Children[1].After) == 0:
		add("side by side")
	}
	if l := n.Limit; l.After > 0 || l.Until != "" {
		when := "after " + schedule.FormatDuration(l.After)
		if l.Until != "" {
			when = "at " + l.Until
		}
		add("%s %s", limits[l.Then], when)
	}
	if n.Retry.Limit > 0 {
		add("tried again up to %d times", n.Retry.Limit)
	}
	if n.Failure.Effect == workflow.Isolate {
		add("what follows does not need it")
	}
	return list
}

var limits = map[workflow.LimitEffect]string{
	workflow.LimitFails: "fails", workflow.LimitSkips: "is skipped", workflow.LimitNotifies: "is late",
}

// hooks returns what is run after a task by itself: on its failure, once it is late,
// and its check. What every workflow does by itself on a failure goes without saying.
func hooks(n *workflow.Node) []*workflow.Node {
	var list []*workflow.Node
	for _, h := range n.OnFailure {
		if h.Name != "^failure-alert" {
			list = append(list, h)
		}
	}
	list = append(list, n.OnStop...)
	for _, h := range []*workflow.Node{n.Limit.Hook, n.Check} {
		if h != nil {
			list = append(list, h)
		}
	}
	return list
}
