package dig

import (
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/workflow"
)

// groupKeys are what a group may have beside its tasks.
var groupKeys = []string{
	"_export", "_parallel", "_background", "_after", "_error", successKey, "_retry",
	"_check", "_secrets", "_disable", "timezone", "schedule", "sla",
}

// Operators returns the names of the operators that Digdag has.
func Operators() []string {
	names := make([]string, len(operators))
	for i, name := range operators {
		names[i] = strings.TrimSuffix(name, ">")
	}
	return names
}

// operators are those of Digdag, as keys of tasks. A user may have meant one
// where an unknown key is its name without the '>'. Others exist.
var operators = []string{
	"sh>", "py>", "rb>", "embulk>", "call>", "require>", "loop>", "for_each>", "for_range>", "if>", "fail>",
	"echo>", "wait>", "http>", "http_call>", "mail>", "param_set>", "param_get>", "pg>", "redshift>",
	"redshift_load>", "redshift_unload>", "s3_wait>", "gcs_wait>", "bq>", "bq_load>", "bq_extract>", "bq_ddl>",
	"emr>", "td>", "td_run>", "td_load>", "td_ddl>", "td_for_each>", "td_wait>", "td_wait_table>",
	"td_table_export>", "td_result_export>", "td_partial_delete>",
}

// group compiles a task that only holds others.
func (c *compiler) group(n *workflow.Node, entries []document.Entry) {
	var p parallel
	var subtasks []document.Entry
	for _, e := range entries {
		switch e.Key {
		case "_parallel":
			p = c.parallel(e)
		case "_export":
			n.Export = c.export(e)
		case "_error":
			n.OnFailure = c.generated("^error", e)
		case "_retry":
			var computed bool
			if n.Retry, computed = c.retry(e); computed {
				c.warn(e.Errorf("the _retry of a group is not evaluated: one with an expression has no effect"))
			}
		case "_background", "_after", "_disable":
			// Read by the group around and before.
		case "_check", "_secrets", "timezone", "schedule", "sla":
			c.warn(e.Errorf("%s has no effect on a group", e.Key))
		default:
			if isSubtask(e) {
				subtasks = append(subtasks, e)
				continue
			}
			c.fail(e.Errorf("a group can't have the key %q", e.Key).Hint("%s", keyHint(e, groupKeys, operators)))
		}
	}
	c.children(n, subtasks, p)
}

// keyHint says what an unknown key may have been meant to be: a known one, a
// task without its '+', or an operator without its '>'.
func keyHint(e document.Entry, known, operators []string) string {
	if e.Value.Kind() == document.Mapping && !strings.HasPrefix(e.Key, "_") && checkTaskName("+"+e.Key) == nil {
		known = append([]string{"+" + e.Key}, known...)
	}
	if hint := document.DidYouMean(e.Key, known); hint != "" {
		return hint
	}
	return document.DidYouMean(e.Key+">", operators)
}

// children compiles the tasks of a group and says what each comes after.
func (c *compiler) children(n *workflow.Node, subtasks []document.Entry, p parallel) {
	siblings := make([]sibling, 0, len(subtasks))
	n.Children = make([]*workflow.Node, 0, len(subtasks))
	for _, e := range subtasks {
		s := c.subtask(e)
		siblings = append(siblings, s)
		n.Children = append(n.Children, s.node)
	}
	if p.on {
		c.linkParallel(siblings, p)
	} else {
		c.linkSequence(siblings)
	}
	for i, s := range siblings {
		for _, hook := range s.success {
			n.AfterSuccess(i, hook)
		}
	}
}

func (c *compiler) subtask(e document.Entry) sibling {
	defer c.enter(e.Key)()
	if err := checkTaskName(e.Key); err != nil {
		c.fail(e.Errorf("%v", err).Hint("%s", nameHint))
	}
	entries := c.enabled(c.taskEntries(e))
	hook, entries := apart(entries)
	s := sibling{node: c.task(e, entries)}
	if hook.Key != "" {
		s.success = c.generated(e.Key+workflow.SuccessHook, hook)
	}
	s.after, _ = find(entries, "_after")
	if b, ok := find(entries, "_background"); ok && c.boolean(b) {
		s.background = b
	}
	return s
}

// taskEntries returns the entries of a task, which is written as a mapping or
// as a list of mappings that count as one.
func (c *compiler) taskEntries(e document.Entry) []document.Entry {
	switch e.Value.Kind() {
	case document.Mapping:
		return e.Value.Entries()
	case document.List:
		return c.concat(e.Value.Items())
	}
	c.fail(e.Errorf("a task must be a mapping, not %s", e.Value.What()).
		Hint("%s", emptyTaskHint(e.Value)))
	return nil
}

func emptyTaskHint(n *document.Node) string {
	if n.IsNull() {
		return "what belongs to a task is indented below it"
	}
	text, _ := n.Text()
	first, _, _ := strings.Cut(text, " ")
	switch {
	case strings.Contains(first, ">:"):
		return "a blank comes after the colon of an operator"
	case strings.Contains(text, "> "):
		return "a colon comes after the '>' of an operator"
	}
	return ""
}

// concat joins mappings. As for Digdag, a later key replaces an earlier one at
// its place.
func (c *compiler) concat(list []*document.Node) []document.Entry {
	var joined []document.Entry
	index := map[string]int{}
	for _, m := range list {
		if m.Kind() != document.Mapping {
			c.fail(m.Errorf("a task written as a list must be a list of mappings, not of %s", m.What()))
			continue
		}
		for _, e := range m.Entries() {
			i, found := index[e.Key]
			if !found {
				index[e.Key] = len(joined)
				joined = append(joined, e)
				continue
			}
			c.warn(e.Errorf("%q replaces the one in line %d", e.Key, joined[i].Pos().Line))
			joined[i] = e
		}
	}
	return joined
}
