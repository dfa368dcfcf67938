package local

import (
	"io"
	"time"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product"
)

// printStatus prints what is known of each task, and the table of them.
func printStatus(w io.Writer, plan *build.Plan, rows []statusRow) error {
	for i, r := range rows {
		if err := console.PrintJSON(w, r.json(plan, i)); err != nil {
			return err
		}
	}
	return console.PrintJSON(w, statusTable(rows).JSON())
}

// json is what is known of the task in a row, for programs.
func (r *statusRow) json(plan *build.Plan, i int) params.Map {
	t, v := plan.Pipeline.Tasks[i], plan.Verdicts[i]
	m := params.Of(
		"type", "task", "task", r.name, "action", v.Action.String(), "reason", v.Reason, "outdated", r.outdated,
		"product", r.product, "doc", r.doc, "location", r.location,
		"class", string(t.Class), "source", t.Source.String(), "file", t.Source.Path, "line", int64(t.Line),
		"params", t.Params, "upstream", upstreamJSON(t), "products", productsJSON(t, plan.Tasks[i].Products),
	)
	for _, c := range []struct {
		key  string
		call *pipeline.Call
	}{{"client", plan.Pipeline.Client(t)}, {"product_client", plan.Pipeline.ProductClient(t)}} {
		if c.call != nil {
			m = m.Set(c.key, c.call.Path)
		}
	}
	if !r.lastRun.IsZero() {
		m = m.Set("last_run", instantText(r.lastRun))
	}
	return m
}

func instantText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func upstreamJSON(t *pipeline.Task) []any {
	list := make([]any, len(t.Upstream))
	for i, u := range t.Upstream {
		one := params.Of("task", u.Task)
		if u.Group != "" {
			one = one.Set("group", u.Group)
		}
		list[i] = one
	}
	return list
}

// productsJSON are the products of a task with what was found of them.
func productsJSON(t *pipeline.Task, found []product.Product) []any {
	list := make([]any, len(t.Products))
	for i, p := range t.Products {
		one := params.Of("class", p.Class)
		if t.Keyed {
			one = one.Set("key", p.Key)
		}
		if p.Name == "" {
			one = one.Set("path", p.Path)
		} else {
			one = one.Set("schema", p.Schema).Set("name", p.Name).Set("kind", p.Kind)
		}
		one = one.Set("exists", found[i].Exists)
		if at, ok := build.MadeAt(found[i]); ok {
			one = one.Set("made_at", instantText(at))
		}
		list[i] = one
	}
	return list
}
