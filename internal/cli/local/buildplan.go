package local

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/keeper"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/workflow"
)

// decide says what is to be built of a pipeline.
func (o *buildOptions) decide(ctx context.Context, p *opened) (*build.Plan, error) {
	s, err := o.selection()
	if err != nil {
		return nil, err
	}
	return p.plan(ctx, o.World, build.Options{Force: o.force, Selection: s})
}

// foretell prints what would become of each task of a pipeline.
func (o *buildOptions) foretell(ctx context.Context, p *opened) error {
	plan, err := o.decide(ctx, p)
	if err != nil {
		return err
	}
	return o.tell(plan, p.Name, p.shown(o.World))
}

// tell prints a plan of a pipeline.
func (o *buildOptions) tell(plan *build.Plan, name, shown string) error {
	if o.json {
		for i, v := range plan.Verdicts {
			m := params.Of("task", plan.Tasks[i].Name, "verdict", verdictWord(plan, i), "reason", v.Reason)
			if err := console.PrintJSON(o.World.Stdout, m); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", name, shown)
	counts := make(map[string]int)
	for i, v := range plan.Verdicts {
		word := verdictWord(plan, i)
		counts[word]++
		fmt.Fprintf(&b, "  %-5s %s: %s\n", word, plan.Tasks[i].Name, near(v.Reason, o.World.Dir))
	}
	fmt.Fprintf(&b, "%d to run, ", counts["run"])
	if n := counts["fetch"]; n > 0 {
		fmt.Fprintf(&b, "%d to fetch, ", n)
	}
	fmt.Fprintf(&b, "%d to skip, %d left out\n", counts["skip"], counts["pass"])
	_, err := fmt.Fprint(o.World.Stdout, b.String())
	return err
}

// near leaves out of a text the folder that people are in.
func near(text, dir string) string {
	return strings.ReplaceAll(text, dir+string(filepath.Separator), "")
}

// reasons say why the tasks of a workflow run, by their full names.
func (p *opened) reasons(w *workflow.Workflow, dir string) map[string]string {
	reasons := make(map[string]string, len(w.Root.Children))
	for _, n := range w.Root.Children {
		if why, err := n.Config.StringOr(keeper.Because, ""); err == nil {
			reasons[w.Root.Name+n.Name] = near(why, dir)
		}
	}
	return reasons
}

// about says of each task, by its full name below that of the whole, what it is,
// what it makes, and where its source is.
func (p *opened) about(whole, dir string) map[string]string {
	about := make(map[string]string, len(p.Tasks))
	for _, t := range p.Tasks {
		text := string(t.Class) + " -> " + productText(t, dir)
		if t.Source.Path != "" {
			text += ", " + below(t.Source.Path, dir)
		}
		if t.Line > 0 {
			text += ":" + strconv.Itoa(t.Line)
		}
		about[whole+"+"+t.Name] = text
	}
	return about
}

// verdictWord is what is to become of a task, in one word.
func verdictWord(plan *build.Plan, i int) string {
	switch v := plan.Verdicts[i]; {
	case v.Action == product.Fetch:
		return "fetch"
	case plan.Runs(i):
		return "run"
	case plan.Asked(i):
		return "skip"
	}
	return "pass"
}
