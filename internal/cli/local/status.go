package local

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/pipeline"
)

type statusOptions struct {
	world    console.IO
	pipeline pipelineOptions
	json     bool
}

func newStatus(world console.IO) *cobra.Command {
	o := statusOptions{world: world}
	c := &cobra.Command{
		Use: "status", GroupID: "look",
		Short:   "Show which products of a pipeline are outdated",
		Long:    "Show when each task of a pipeline ran last, and whether its products are outdated.\n\n" + console.ExitHelp,
		Example: "  pawl status\n  pawl status -e pipeline.serve.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	console.Grouped(c, "Output", func(f *pflag.FlagSet) { f.BoolVar(&o.json, "json", false, "print one JSON object a line") })
	o.pipeline.envFlags(c, o.world.Args)
	return c
}

func (o *statusOptions) run(ctx context.Context) error {
	p, err := o.pipeline.open(ctx, o.world)
	if err != nil {
		return err
	}
	defer p.close()
	plan, err := p.plan(ctx, o.world, build.Options{})
	if err != nil {
		return err
	}
	rows := statusRows(plan, o.world)
	if o.json {
		return printStatus(o.world.Stdout, plan, rows)
	}
	return statusTable(rows).Write(o.world.Stdout, console.TableWidth(o.world))
}

// statusRow tells of one task.
type statusRow struct {
	name          string
	lastRun       time.Time // zero for none
	ago           string
	outdated      string // as Ploomber words it
	product       string
	doc, location string
}

func statusRows(plan *build.Plan, world console.IO) []statusRow {
	rows := make([]statusRow, len(plan.Tasks))
	for i, t := range plan.Pipeline.Tasks {
		v := plan.Verdicts[i]
		r := statusRow{
			name: t.Name, outdated: outdatedText(v.Code, v.Upstream),
			product: productText(t, world.Dir), doc: t.Doc, location: t.Source.Path, ago: "Has not been run",
		}
		if t.Line > 0 {
			r.location = fmt.Sprintf("%s:%d", r.location, t.Line)
		}
		if at, ok := plan.LastRun(i); ok {
			r.lastRun = at
			r.ago = fmt.Sprintf("%s (%s)", ago(world.Clock.Now().Sub(at)), at.Local().Format("Jan 02, 2006 at 15:04"))
		}
		rows[i] = r
	}
	return rows
}

func outdatedText(code, upstream bool) string {
	switch {
	case code && upstream:
		return "Source code & Upstream"
	case code:
		return "Source code"
	case upstream:
		return "Upstream"
	}
	return "False"
}

func statusTable(rows []statusRow) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "name"}, {Title: "Last run"}, {Title: "Outdated?"}, {Title: "Product"}, {Title: "Doc (short)"}, {Title: "Location"},
	}}
	for _, r := range rows {
		t.Rows = append(t.Rows, []string{r.name, r.ago, r.outdated, r.product, r.doc, r.location})
	}
	return t
}

// productText is what a task makes, as Python would show it, with paths below
// the working directory relative to that.
func productText(t *pipeline.Task, dir string) string {
	if !t.Keyed {
		parts := make([]string, len(t.Products))
		for i, p := range t.Products {
			parts[i] = oneProductText(p, dir)
		}
		return strings.Join(parts, ", ")
	}
	listed := true
	parts := make([]string, len(t.Products))
	for i, p := range slices.SortedFunc(slices.Values(t.Products), func(a, b pipeline.Product) int { return strings.Compare(a.Key, b.Key) }) {
		parts[i] = "'" + p.Key + "': " + oneProductText(p, dir)
		listed = listed && t.Products[i].Key == strconv.Itoa(i)
	}
	if !listed {
		return "MetaProduct({" + strings.Join(parts, ", ") + "})"
	}
	for i, p := range t.Products {
		parts[i] = oneProductText(p, dir)
	}
	return "MetaProduct([" + strings.Join(parts, ", ") + "])"
}

func oneProductText(p pipeline.Product, dir string) string {
	switch {
	case p.Name == "":
		return p.Class + "(" + pythonText(p.Path, dir) + ")"
	case p.Schema == "":
		return fmt.Sprintf("%s(('%s', '%s'))", p.Class, p.Name, p.Kind)
	}
	return fmt.Sprintf("%s(('%s', '%s', '%s'))", p.Class, p.Schema, p.Name, p.Kind)
}

func pythonText(path, dir string) string { return "'" + below(path, dir) + "'" }

// below is a path as people want to see it who are in a folder: relative where
// it is below that.
func below(path, dir string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// ago says how long something was, in the largest unit that fits.
func ago(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{365 * 24 * time.Hour, "year"}, {30 * 24 * time.Hour, "month"}, {24 * time.Hour, "day"},
		{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"},
	} {
		if n := int(d / unit.size); n == 1 {
			article := "a"
			if unit.name == "hour" {
				article = "an"
			}
			return article + " " + unit.name + " ago"
		} else if n > 1 {
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "now"
}
