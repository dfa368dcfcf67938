package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/workflow"
)

type senseOptions struct {
	runOptions
	cursor, lastKey, lastTick string
}

func newSense(world console.IO) *cobra.Command {
	o := senseOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}
	c := &cobra.Command{
		Use: "sense [WORKFLOW]", GroupID: "look", Args: cobra.MaximumNArgs(1),
		Short: "Evaluate the sensor of a workflow here, and show what it would start",
		Long: "Evaluate the sensor of a workflow here, once, as a server does, and show what it would start and remember. Nothing\n" +
			"is started, and nothing is kept.",
		Example: "  pawl sense orders\n  pawl sense orders --cursor 2026-01-30 --json",
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return o.sense(c.Context(), name)
		},
		ValidArgsFunction: o.completeWorkflows,
	}
	console.Grouped(c, "What it has seen", func(f *pflag.FlagSet) {
		f.StringVar(&o.cursor, "cursor", "", "the cursor, which is empty at first: `TEXT`")
		f.StringVar(&o.lastKey, "last-run-key", "", "the last run `KEY`")
		f.StringVar(&o.lastTick, "last-tick", "", "the `TIME` of the last evaluation")
	})
	console.Grouped(c, "Project", func(f *pflag.FlagSet) {
		o.ProjectOptions.Flags(f)
		o.ConfigOptions.Flags(f)
	})
	console.Grouped(c, "Output", func(f *pflag.FlagSet) { f.BoolVar(&o.json, "json", false, "print JSON") })
	return c
}

// sensed returns the workflow that is meant: the only one with a sensor, where none is
// named.
func sensed(all []*workflow.Workflow, name string) (*workflow.Workflow, error) {
	var found []*workflow.Workflow
	for _, w := range all {
		if w.Sensor.Len() > 0 && (name == "" || w.Name == name) {
			found = append(found, w)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, model.Errorf(model.Invalid, "%d workflows have sensors: say which one", len(found))
	case name != "":
		return nil, model.Errorf(model.NotFound, "workflow %q has no sensor", name).WithHint("give it `sensor:`")
	}
	return nil, model.Errorf(model.NotFound, "no workflow has a sensor").WithHint("give one `sensor:`")
}

func (o *senseOptions) sense(ctx context.Context, name string) (err error) {
	p, err := o.Load()
	if err != nil {
		return err
	}
	if name != "" {
		if _, err := findWorkflow(p, name); err != nil {
			return err
		}
	}
	w, err := sensed(p.Workflows, name)
	if err != nil {
		return err
	}
	s, err := sensor.Parse(w.Sensor)
	if err != nil {
		return err
	}
	cfg, err := settings(&o.ConfigOptions, o.World, o.Path())
	if err != nil {
		return err
	}
	r := planned{config: instance.Config{Project: o.Path(), Env: o.World.Env, Clock: o.World.Clock}}
	r.request.Workflow = &workflow.Workflow{} // its inputs are for runs
	if err := o.configure(cfg, &r); err != nil {
		return err
	}
	o.noSave = true
	clean, err := o.place(&r.config)
	if err != nil {
		return err
	}
	defer clean()
	process.EndWithUs()
	in, err := instance.Open(ctx, r.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	limited, cancel := context.WithTimeoutCause(ctx, s.Timeout, model.Errorf(model.RunFailed, "it took longer than its timeout of %s, and was ended", s.Timeout))
	defer cancel()
	answer, err := in.Sense(limited, w, s, s.Given(o.cursor, o.lastKey, o.lastTick))
	if said := strings.TrimRight(answer.Printed, "\r\n"); said != "" {
		_, _ = fmt.Fprintln(o.World.Stderr, said)
	}
	if err != nil {
		return fmt.Errorf("the sensor of %s: %w", w.Name, err)
	}
	answer.Requests = once(answer.Requests)
	return o.print(w, s, answer)
}

// once leaves out the requests whose run key an earlier one has.
func once(all []sensor.Request) []sensor.Request {
	seen := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(r sensor.Request) bool {
		again := r.Key != "" && seen[r.Key]
		seen[r.Key] = true
		return again
	})
}

// runsOf says how many runs there are.
func runsOf(n int) string {
	switch n {
	case 0:
		return "no runs"
	case 1:
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// print shows an answer.
func (o *senseOptions) print(w *workflow.Workflow, s *sensor.Sensor, a sensor.Answer) error {
	requests := make([]params.Value, 0, len(a.Requests))
	text, faulty := "", 0
	for i, r := range a.Requests {
		given := s.Params.Merge(r.Params)
		fitted, err := given, error(nil)
		if w.Inputs.Len() > 0 {
			fitted, err = shape.Fit(w.Inputs, given)
		}
		tags := params.Map{}
		for _, name := range r.Tags.Names() {
			tags = tags.Set(name, r.Tags[name])
		}
		out := params.Of("run_key", r.Key, "params", fitted, "tags", tags)
		text += fmt.Sprintf("%d. ", i+1)
		if r.Key != "" {
			text += "run_key " + r.Key + " "
		}
		text += string(params.AppendJSON(nil, fitted))
		if tags.Len() > 0 {
			text += " tags " + r.Tags.String()
		}
		if err != nil {
			out, faulty = out.Set("error", err.Error()), faulty+1
			text += " can't be started: " + err.Error()
		}
		requests, text = append(requests, out), text+"\n"
	}
	if o.json {
		m := params.Of("workflow", w.Name, "requests", requests, "skip", a.Skip)
		if a.Cursor != nil {
			m = m.Set("cursor", *a.Cursor)
		}
		text = string(params.AppendJSON(nil, m)) + "\n"
	} else {
		text = fmt.Sprintf("The sensor of %s asks for %s.\n", w.Name, runsOf(len(a.Requests))) + text
		if a.Skip != "" {
			text += "skip: " + a.Skip + "\n"
		}
		if a.Cursor != nil {
			text += "cursor: " + *a.Cursor + "\n"
		}
	}
	if _, err := fmt.Fprint(o.World.Stdout, text); err != nil {
		return err
	}
	if faulty > 0 {
		return model.Errorf(model.RunFailed, "%d of the requests can't be started", faulty)
	}
	return nil
}
