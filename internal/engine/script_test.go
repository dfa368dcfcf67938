package engine_test

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// definition writes a workflow in the notation of the histories, so that what
// a random test found can be kept as one.
func definition(def *workflow.Workflow, p params.Map) string {
	var b strings.Builder
	if def.Scope == workflow.Shared {
		b.WriteString("shared ")
	}
	fmt.Fprintf(&b, "params %v\n", p)
	writeNode(&b, def.Root, nil, "")
	return b.String()
}

func writeNode(b *strings.Builder, n *workflow.Node, siblings []*workflow.Node, indent string) {
	b.WriteString(indent + n.Name)
	for _, e := range n.After {
		b.WriteString(" after " + siblings[e.From].Name)
		switch e.On {
		case workflow.OnDone:
			b.WriteString(" done")
		case workflow.OnOutput:
			b.WriteString(" output " + e.Output)
		}
	}
	writePolicies(b, n)
	writeNested(b, " check", n.Check)
	writeNested(b, " on-failure", n.OnFailure...)
	writeNested(b, " on-stop", n.OnStop...)
	if !n.IsGroup() {
		b.WriteString("\n")
		return
	}
	b.WriteString(" (\n")
	for _, c := range n.Children {
		writeNode(b, c, n.Children, indent+"  ")
	}
	b.WriteString(indent + ")\n")
}

// inline writes a tree on one line.
func inline(n *workflow.Node) string {
	var b strings.Builder
	writeNode(&b, n, nil, "")
	return "(" + strings.Join(strings.Fields(b.String()), " ") + ")"
}

func writeNested(b *strings.Builder, word string, nodes ...*workflow.Node) {
	if len(nodes) == 0 || nodes[0] == nil {
		return
	}
	b.WriteString(word)
	for _, n := range nodes {
		b.WriteString(" " + inline(n))
	}
}

func writePolicies(b *strings.Builder, n *workflow.Node) {
	word := func(when bool, format string, args ...any) {
		if when {
			fmt.Fprintf(b, " "+format, args...)
		}
	}
	word(n.Export.Len() > 0, "export %v", n.Export)
	if each := n.Each; each != nil {
		word(true, "each %s", each.Key)
		word(each.Window > 0, "window %d", each.Window)
	}
	word(n.Join.Any, "any")
	word(n.Join.FirstDone, "first-done")
	word(n.Join.LeaveLosers, "leave")
	word(n.Failure != workflow.Failure{}, "failure")
	word(n.Failure.Scope == workflow.WholeGroup, "group")
	word(n.Failure.Effect == workflow.CancelOthers, "cancel")
	word(n.Failure.Effect == workflow.Isolate, "isolate")
	word(n.Retry.Limit > 0, "%s", retryWord(n.Retry))
	then := [...]string{"fail", "skip", "notify"}[n.Limit.Then]
	word(n.Limit.After > 0, "limit %v %s", n.Limit.After, then)
	word(n.Limit.Until != "", "limit until %s %s", n.Limit.Until, then)
	if n.Limit.After > 0 || n.Limit.Until != "" {
		writeNested(b, " hook", n.Limit.Hook)
	}
	word(n.Again, "runs-again")
	word(n.Redrive == workflow.FailLost, "lost-fails")
	word(n.Redrive == workflow.HoldLost, "lost-held")
	word(n.Skip, "passed-over")
	if w := n.Wait; w != nil {
		word(w.For > 0, "wait for %v", w.For)
		word(w.Until != "", "wait until %s", w.Until)
		for _, s := range w.Signals {
			word(true, "wait signal %s %s", s.Topic, s.Param)
			word(s.One, "one")
		}
		word(w.Early != workflow.WhenReached, "early %s", [...]string{"", "keep", "jump", "drop"}[w.Early])
		word(w.OnBadMessage == workflow.BuryMessage, "buries")
		word(w.Again != workflow.AgainNever, "late %s", [...]string{"", "handler", "downstream"}[w.Again])
	}
}

func retryWord(r workflow.Retry) string { return fmt.Sprintf("retry %d/%v", r.Limit, r.Interval) }

// command writes a command as a line of a history.
func (r *reporter) command(c engine.Command) string {
	line := commandWords[c.Kind]
	switch c.Kind {
	case engine.Begin, engine.Kill:
		return line
	case engine.Edit:
		return line + " " + fmt.Sprint(c.Params)
	}
	line += " " + r.name(c.Task)
	switch c.Kind {
	case engine.Succeed, engine.Fail, engine.WaitFor, engine.TryCancelled, engine.Lose:
		line += fmt.Sprint(" try ", c.Try)
	case engine.Deliver:
		return line + fmt.Sprintf(" -%s %s", c.Message.Source, c.Message.Topic)
	case engine.Append:
		return line + " " + inline(c.Node)
	}
	switch {
	case c.Result != nil:
		line += result(c.Result)
	case c.Failure != nil && c.Failure.Retry.Limit > 0:
		line += " " + retryWord(c.Failure.Retry) + " state " + fmt.Sprint(c.Failure.State)
	case c.Failure != nil:
		line += " error " + fmt.Sprint(c.Failure.Error)
	case c.Wait != nil && c.Wait.Until != 0:
		line += " at " + clock(c.Wait.Until)
	case c.Wait != nil && len(c.Wait.Keys) > 0 && c.Wait.Keys[0].Fresh:
		line += " key t 1 fresh"
	case c.Wait != nil:
		line += " key t 1"
	}
	return line + sends(c)
}

// sends are the records of a report.
func sends(c engine.Command) string {
	line := ""
	var records []engine.Record
	switch {
	case c.Result != nil:
		records = c.Result.Records
	case c.Wait != nil:
		records = c.Wait.Records
	}
	for _, r := range records {
		line += " send " + r.Topic + " " + r.Key
	}
	return line
}

var commandWords = map[engine.CommandKind]string{
	engine.Begin: "begin", engine.Succeed: "ok", engine.Fail: "fail", engine.WaitFor: "wait",
	engine.TryCancelled: "cancelled", engine.Lose: "lose", engine.Wake: "wake", engine.Expire: "expire",
	engine.Deliver: "deliver", engine.Append: "append", engine.Again: "again", engine.Cancel: "cancel",
	engine.Kill: "kill", engine.Edit: "edit", engine.SkipTo: "skip-to", engine.Skip: "skip",
}

func result(r *engine.Result) string {
	line := ""
	if r.Store.Len() > 0 {
		line += fmt.Sprint(" store ", r.Store)
	}
	if r.Export.Len() > 0 {
		line += fmt.Sprint(" export ", r.Export)
	}
	for _, path := range r.Reset {
		line += " reset " + path
	}
	for _, o := range r.Outputs {
		line += " output " + o
	}
	if r.Stop {
		line += " stop"
	}
	if len(r.Items) > 0 {
		line += " items " + string(params.AppendJSON(nil, r.Items))
	}
	if r.Node != nil {
		line += " sub " + inline(r.Node)
	}
	return line
}
