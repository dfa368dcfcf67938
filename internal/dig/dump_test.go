package dig_test

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// dump renders a workflow for people: a task a line, what it has below it.
func dump(w *workflow.Workflow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "workflow %s (%s)\n", w.Name, w.Dialect)
	if w.Zone != "" {
		fmt.Fprintf(&b, "zone %s\n", w.Zone)
	}
	if w.Schedule.Len() > 0 {
		fmt.Fprintf(&b, "schedule %v\n", w.Schedule)
	}
	if w.SLA.Len() > 0 {
		fmt.Fprintf(&b, "sla %v\n", w.SLA)
	}
	dumpNode(&b, "", w.Root)
	return b.String()
}

func dumpNode(b *strings.Builder, indent string, n *workflow.Node) {
	b.WriteString(indent + n.Name)
	if n.Operator != "" {
		b.WriteString(" " + n.Operator)
	}
	if len(n.After) > 0 {
		fmt.Fprintf(b, " after %s", afterText(n.After))
	}
	if n.Pos.Line > 0 {
		fmt.Fprintf(b, " @ %s:%d:%d", n.Pos.File, n.Pos.Line, n.Pos.Column)
	}
	b.WriteString("\n")
	indent += "    "
	if n.Config.Len() > 0 {
		fmt.Fprintf(b, "%sconfig %v\n", indent, n.Config)
	}
	for k, v := range n.Export.All() {
		fmt.Fprintf(b, "%sexport %s: %s\n", indent, k, params.AppendJSON(nil, v))
	}
	if n.Retry != (workflow.Retry{}) {
		fmt.Fprintf(b, "%sretry %+v\n", indent, n.Retry)
	}
	if e := n.Each; e != nil {
		fmt.Fprintf(b, "%scollection of %s: %s %v, window %d, %s\n", indent, e.Key, e.Source, e.Config, e.Window, e.OnFailure)
	}
	if n.Check != nil {
		dumpNode(b, indent, n.Check)
	}
	for _, f := range n.OnFailure {
		dumpNode(b, indent, f)
	}
	for _, c := range n.Children {
		dumpNode(b, indent, c)
	}
}

func afterText(after []workflow.Edge) string {
	var parts []string
	for _, e := range after {
		parts = append(parts, fmt.Sprint(e.From))
	}
	return strings.Join(parts, ",")
}
