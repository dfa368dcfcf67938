package pawlfile

import (
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// sources are the keys that say where the items of a collection come from.
var sources = []string{"list", "file", "query"}

// iterate compiles a collection: a list of items, an expression that gives one, or a
// mapping that says where they come from.
func (c *compiler) iterate(at document.Entry) *workflow.Each {
	each := &workflow.Each{Source: workflow.ItemsOperator, Key: "item"}
	if at.Value.Kind() != document.Mapping {
		if at.Value.Kind() != document.List && !params.TemplatedValue(at.Value.Value()) {
			c.Fail(at.Value.Errorf("iterate must be a list or a mapping, not %s", at.Value.What()).
				Hint("there are %s: say which one the items come from", strings.Join(sources, ", ")))
		}
		each.Config = params.Of("list", at.Value.Value())
		return each
	}
	before := len(c.Errs)
	keys := c.Known(at.Value.Entries(), "iterate", namesOf(iterateKeys()))
	if each.Config = c.source(at, keys, len(c.Errs) > before); len(c.Errs) > before {
		each.Config = params.Of("list", []any{}) // in which nobody finds more faults
	}
	if as := keys["as"]; as.IsSet() {
		if each.Key = c.Fixed(as); each.Key != "" {
			if fault := workflow.CheckItemKey(each.Key); fault != "" {
				c.Fail(as.Value.Errorf("%q %s", each.Key, fault))
			}
		}
	}
	if window := keys["window"]; window.IsSet() {
		if each.Window = c.Integer(window, 1); each.Window > workflow.MaxWindow {
			c.Fail(window.Value.Errorf("window must be at most %d, not %d", workflow.MaxWindow, each.Window))
		}
	}
	if on := keys["on_failure"]; on.IsSet() {
		name := c.Choice(on, itemPolicies())
		if name == cancelPipeline {
			name = workflow.CancelAll.String()
		}
		each.OnFailure, _ = workflow.ParseItemFailure(name)
	}
	return each
}

// source returns the configuration of what lists the items. Where some key is not known,
// that may have been meant to say it.
func (c *compiler) source(at document.Entry, keys map[string]document.Entry, unknown bool) (config params.Map) {
	from := ""
	for _, name := range sources {
		e := keys[name]
		switch {
		case !e.IsSet():
		case from != "":
			c.Fail(e.Errorf("items can't come from a %s and a %s", from, name))
		default:
			from = name
			config = config.Set(name, e.Value.Value())
			if name != "list" {
				c.Text(e)
			} else if e.Value.Kind() != document.List && !params.TemplatedValue(e.Value.Value()) {
				c.Fail(e.Value.Errorf("list must be a list, not %s", e.Value.What()))
			}
		}
	}
	if from == "" && !unknown {
		c.Fail(at.Errorf("iterate needs to say where the items come from").Hint("with one of %s", strings.Join(sources, ", ")))
	}
	for _, more := range []struct{ key, of string }{{"format", "file"}, {"database", "query"}, {"id", from}} {
		e := keys[more.key]
		switch {
		case !e.IsSet():
		case more.of != from && from != "":
			c.Fail(e.Errorf("%s has a meaning only beside %s", more.key, more.of))
		default:
			switch more.key {
			case "format":
				c.Choice(e, []string{"jsonl", "csv"})
			case "id":
				c.Text(e)
			}
			config = config.Set(more.key, e.Value.Value())
		}
	}
	return config
}
