package cli

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

type checkOptions struct {
	projectOptions
	paramOptions
	configOptions
	json bool
}

func newCheck(world IO) *cobra.Command {
	o := checkOptions{projectOptions: projectOptions{world: world}}
	c := &cobra.Command{
		Use: "check [WORKFLOW]", Aliases: []string{"c"}, GroupID: "look",
		Short: "Check the definitions and show what they mean",
		Long: "Check the definitions and show the workflows, the parameters and when their schedules begin.\n\n" +
			"Mistakes in the structure of all files are shown at once; expressions are first read when a task runs. An operator that pawl does not have is a warning.",
		Example: "  pawl check\n  pawl check daily -p limit=10 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args) },

		ValidArgsFunction: o.completeWorkflows,
	}
	grouped(c, "Project and parameters", func(f *pflag.FlagSet) {
		o.projectOptions.flags(f)
		o.paramOptions.flags(f)
		o.configOptions.flags(f)
	})
	grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "print one JSON object")
	})
	return c
}

// checked is what check says of one workflow.
type checked struct {
	w        *workflow.Workflow
	calendar instance.Calendar
	tasks    int
	requires []string
}

func (o *checkOptions) run(args []string) error {
	p, err := o.load()
	if err != nil {
		return err
	}
	workflows := p.Workflows
	if len(args) > 0 {
		w, err := findWorkflow(p, args[0])
		if err != nil {
			return err
		}
		workflows = []*workflow.Workflow{w}
	}
	cfg, err := o.config(o.world)
	if err != nil {
		return err
	}
	given, err := o.read(o.world, cfg.Under("params"))
	if err != nil {
		return err
	}
	found := make([]checked, len(workflows))
	for i, w := range workflows {
		if found[i], err = o.check(w); err != nil {
			return err
		}
	}
	if o.json {
		return o.printJSON(found, given)
	}
	return o.print(found, given)
}

func (o *checkOptions) check(w *workflow.Workflow) (checked, error) {
	c := checked{w: w}
	var err error
	if c.calendar, err = instance.CalendarOf(w); err != nil {
		return c, err
	}
	known := instance.OperatorNames()
	w.Root.Walk(func(at workflow.Path) bool {
		n := at.Node()
		c.tasks++
		if n.Operator == "require" {
			if v, ok := n.Config.Get("_command"); ok {
				c.requires = append(c.requires, params.Literal(v))
			}
		}
		if !n.IsGroup() && !slices.Contains(known, n.Operator) {
			o.warn(n, known)
		}
		return true
	})
	return c, nil
}

// warn tells of an operator that this program does not have.
func (o *checkOptions) warn(n *workflow.Node, known []string) {
	file := path.Join(filepath.ToSlash(o.dir), n.Pos.File)
	text := fmt.Sprintf("%s:%d:%d: task %s: there is no operator %q", file, n.Pos.Line, n.Pos.Column, n.Name, n.Operator)
	if near := document.DidYouMean(n.Operator, known); near != "" {
		text += " (" + near + ")"
	}
	_, _ = fmt.Fprintf(o.world.Stderr, "pawl: warning: %s\n", text)
}

func (o *checkOptions) print(found []checked, given params.Map) error {
	now := o.world.Clock.Now()
	var b strings.Builder
	zone, _ := now.Zone()
	fmt.Fprintf(&b, "  System default timezone: %s\n\n", zone)
	fmt.Fprintf(&b, "  Definitions (%d workflows):\n", len(found))
	for _, c := range found {
		fmt.Fprintf(&b, "    %s (%d tasks)\n", c.w.Name, c.tasks)
		for _, r := range c.requires {
			fmt.Fprintf(&b, "      -> %s\n", r)
		}
	}
	b.WriteString("\n  Parameters:\n")
	if given.Len() == 0 {
		b.WriteString("    {}\n")
	}
	b.Write(appendYAML(nil, given, "    "))
	scheduled := slices.DeleteFunc(slices.Clone(found), func(c checked) bool { return c.calendar.Schedule == nil })
	fmt.Fprintf(&b, "\n  Schedules (%d entries):\n", len(scheduled))
	for _, c := range scheduled {
		first := c.calendar.Schedule.First(now)
		fmt.Fprintf(&b, "    %s:\n", c.w.Name)
		b.Write(appendYAML(nil, c.w.Schedule, "      "))
		fmt.Fprintf(&b, "      first session time: %s\n", first.Session.In(c.calendar.Zone).Format(timeFormat))
		fmt.Fprintf(&b, "      first scheduled to run at: %s %s\n", first.Run.In(c.calendar.Zone).Format(timeFormat), away(first.Run.Sub(now)))
	}
	_, err := fmt.Fprint(o.world.Stdout, b.String())
	return err
}

// timeFormat is how times are shown to people.
const timeFormat = "2006-01-02 15:04:05 -0700"

// away says how far a time is from now.
func away(d time.Duration) string {
	if d < 0 {
		return "(" + spell(-d) + " ago)"
	}
	return "(in " + spell(d) + ")"
}

// spell writes a duration as days, hours, minutes and seconds.
func spell(d time.Duration) string {
	seconds := int64(d / time.Second)
	var parts []string
	for _, unit := range []struct {
		size int64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}} {
		n := seconds / unit.size
		seconds %= unit.size
		if n > 0 || len(parts) > 0 || unit.size == 1 {
			parts = append(parts, fmt.Sprintf("%d%s", n, unit.name))
		}
	}
	return strings.Join(parts, " ")
}

func (o *checkOptions) printJSON(found []checked, given params.Map) error {
	now := o.world.Clock.Now()
	list := make([]any, len(found))
	for i, c := range found {
		requires := make([]any, len(c.requires))
		for k, r := range c.requires {
			requires[k] = r
		}
		m := params.Of("name", c.w.Name, "timezone", c.calendar.Zone.String(), "tasks", c.tasks, "requires", requires)
		if s := c.calendar.Schedule; s != nil {
			first := s.First(now)
			m = m.Set("schedule", c.w.Schedule).
				Set("first_session_time", first.Session.In(c.calendar.Zone).Format(time.RFC3339)).
				Set("first_run_time", first.Run.In(c.calendar.Zone).Format(time.RFC3339))
		}
		list[i] = m
	}
	return printJSON(o.world.Stdout, params.Of("workflows", list, "params", given))
}
