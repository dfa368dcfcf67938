package dig

import (
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// A `for_each>` over a source, or with a policy for failures, is a collection: its
// items are rows, and its body is compiled now. Any other one is Digdag's, whose
// operator generates a task for each combination.

const (
	forEachKey   = "for_each>"
	onFailureKey = "_on_failure"
)

// itemBody is the name of the body of a collection; the tasks of items are called
// "+for-0" and so on.
const itemBody = "+for"

var collectionKeys = []string{
	forEachKey, "_do", "_parallel", onFailureKey, "_export", "_error", successKey, "_retry", "_background", "_after", "_disable",
}

// isCollection reports whether the entries of a task make it a collection.
func isCollection(entries []document.Entry) bool {
	e, ok := find(entries, forEachKey)
	if !ok {
		return false
	}
	if _, ok := find(entries, onFailureKey); ok {
		return true
	}
	return slices.ContainsFunc(e.Value.Entries(), func(v document.Entry) bool { return v.Value.Kind() == document.Mapping })
}

// collection compiles a task that runs its body for each item of a source.
func (c *compiler) collection(n *workflow.Node, entries []document.Entry) {
	n.Each = &workflow.Each{Source: workflow.ItemsOperator, Window: 1}
	for _, e := range entries {
		switch e.Key {
		case forEachKey:
			c.source(n.Each, e)
		case "_do":
			n.Children = c.generated(itemBody, e)
		case "_parallel":
			if p := c.parallel(e); p.on {
				n.Each.Window = p.limit
			}
			if n.Each.Window > workflow.MaxWindow {
				c.fail(e.Value.Errorf("the limit of a for_each> over a source must be at most %d, not %d", workflow.MaxWindow, n.Each.Window))
			}
		case onFailureKey:
			n.Each.OnFailure = c.itemFailure(e)
		case "_retry":
			var computed bool
			if n.Retry, computed = c.retry(e); computed {
				c.warn(e.Errorf("the _retry of a collection is not evaluated: one with an expression has no effect"))
			}
		case "_export":
			n.Export = c.export(e)
		case "_error":
			n.OnFailure = c.generated("^error", e)
		case "_background", "_after", "_disable":
			// Read by the group and before.
		default:
			c.fail(e.Errorf("a for_each> over a source can't have the key %q", e.Key).
				Hint("%s", document.DidYouMean(e.Key, collectionKeys)))
		}
	}
	if len(n.Children) == 0 {
		c.fail((&document.Error{Pos: document.Pos(n.Pos), Message: "for_each> needs a _do with what is run for each item"}))
		n.Each = nil
	}
}

// source reads the variable of a collection and where its items come from.
func (c *compiler) source(each *workflow.Each, e document.Entry) {
	vars := c.mapping(e)
	if len(vars) != 1 {
		c.fail(e.Errorf("a for_each> over a source has one variable, not %d", len(vars)).
			Hint("give the items as maps to have several values"))
		return
	}
	v := vars[0]
	if each.Key = v.Key; !c.discard {
		if fault := workflow.CheckItemKey(v.Key); fault != "" {
			c.fail(v.Errorf("%q %s", v.Key, fault))
		}
	}
	if v.Value.Kind() == document.Mapping {
		c.sourceKeys(v)
		each.Config = c.params(v)
		return
	}
	if !c.discard {
		each.Config = params.Of("list", v.Value.Value())
	}
}

// sourceKeys makes sure that a source is one, with keys that belong to it.
func (c *compiler) sourceKeys(source document.Entry) {
	kinds := workflow.ItemSources()
	options := map[string]string{"format": "file", "database": "query", "id": ""}
	known := append(slices.Sorted(maps.Keys(options)), kinds...)
	from := ""
	for _, e := range source.Value.Entries() {
		switch {
		case !slices.Contains(known, e.Key):
			c.fail(e.Errorf("a source of items can't have the key %q", e.Key).Hint("%s", document.DidYouMean(e.Key, known)))
		case !slices.Contains(kinds, e.Key):
		case from != "":
			c.fail(e.Errorf("items can't come from a %s and a %s", from, e.Key))
		default:
			from = e.Key
		}
	}
	if from == "" {
		c.fail(source.Errorf("%s needs to say where the items come from", source.Key).Hint("with one of %s", strings.Join(kinds, ", ")))
		return
	}
	for _, e := range source.Value.Entries() {
		if of := options[e.Key]; of != "" && of != from {
			c.fail(e.Errorf("%s has a meaning only beside %s", e.Key, of))
		}
	}
}

func (c *compiler) itemFailure(e document.Entry) workflow.ItemFailure {
	text, _ := e.Value.Text()
	policy, ok := workflow.ParseItemFailure(text)
	if !ok {
		c.fail(e.Value.Errorf("%s must be cancel_children, isolate or cancel_all, not %s", e.Key, e.Value.What()).
			Hint("%s", document.DidYouMean(text, workflow.ItemFailureNames())))
	}
	return policy
}
