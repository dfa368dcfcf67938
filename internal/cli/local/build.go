package local

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	task "github.com/pawlhq/pawl/internal/operators/pipeline"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// buildOptions are those of build and of what else brings products up to date.
type buildOptions struct {
	runOptions
	pipeline pipelineOptions

	debugging           debugging
	force, skipUpstream bool
	partially           string
	// invoked is the command as it was given, without its options.
	invoked string
}

func newBuild(world console.IO) *cobra.Command {
	o := buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}
	c := &cobra.Command{
		Use: "build", GroupID: "run",
		Short: "Bring the products of a pipeline up to date",
		Long: "Bring the products of a pipeline.yaml up to date: what has changed is run, with all\n" +
			"that comes after it, and nothing else.\n\n" +
			"Values of env.yaml are replaced by --env--KEY VALUE, nested ones by --env--KEY--KEY.\n\n" + console.ExitHelp,
		Example: "  pawl build\n  pawl build --partially 'fit-*'\n  pawl build -e pipeline.serve.yaml --env--sample true",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			o.given, o.invoked = c.Flags(), c.CommandPath()
			if isFactory(o.World, entryIn(o.World, o.World.Args)) {
				o.pipeline.words, args = append(args, o.pipeline.words...), nil
			}
			if err := o.sane(args); err != nil {
				return err
			}
			if done, err := o.buildSoon(c.Context()); done || err != nil {
				return err
			}
			p, err := o.pipeline.open(c.Context(), o.World)
			if err != nil {
				return err
			}
			defer p.close()
			return o.build(c.Context(), p)
		},
	}
	console.Grouped(c, "What is built", func(f *pflag.FlagSet) { o.productFlags(f, "f", "p") })
	_ = c.RegisterFlagCompletionFunc("partially", o.pipeline.completeTasks(world)) // the flag exists
	o.buildFlags(c)
	return c
}

// buildFlags are the flags of all that builds.
func (o *buildOptions) buildFlags(c *cobra.Command) {
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	console.Grouped(c, "How it is run", func(f *pflag.FlagSet) {
		f.IntVar(&o.maxThreads, "max-task-threads", 0, "`number` of tasks that run at a time (default: one, or the number of processors with the parallel executor)")
	})
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.StringVarP(&o.taskLog, "task-log", "O", "", "`folder` for the output of tasks (default: .pawl/logs in the project)")
		f.BoolVar(&o.json, "json", false, "print one JSON object a line while running")
		f.StringVarP(&o.LogFile, "log-file", "F", "", "`file` to write what happens to, or - for standard error")
		f.StringVarP(&o.LogLevel, "log", "l", "info", "least `level` of what is logged: debug, info, warn, error")
	})
	o.pipeline.envFlags(c, o.World.Args)
	o.debugging.flags(c)
	o.pipeline.addCells = true
}

// sane refuses what makes no sense, whatever the pipeline is.
func (o *buildOptions) sane(args []string) error {
	if len(args) > 0 {
		return model.Errorf(model.Invalid, "build takes no arguments, but got %q", args[0]).
			WithHint("`pawl task %s` builds that task, `pawl build --partially %[1]s` with what it needs", console.Quote(args[0]))
	}
	if _, err := o.selection(); err != nil {
		return err
	}
	if _, err := o.Level(); err != nil {
		return err
	}
	if err := o.threads(); err != nil {
		return err
	}
	return o.debugging.sane(o)
}

// build brings the selected products of a pipeline up to date.
func (o *buildOptions) build(ctx context.Context, p *opened) error {
	keep := o.pipeline.outline(p, o.World)
	plan, err := o.decide(ctx, p)
	if err != nil {
		return err
	}
	return o.carryOut(ctx, p, plan, keep)
}

// carryOut builds what was planned. The function keeps what is known then.
func (o *buildOptions) carryOut(ctx context.Context, p *opened, plan *build.Plan, keep func()) error {
	hooks := newHooks(p)
	if err := hooks.rendered(ctx); err != nil {
		return err
	}
	w, err := plan.Workflow()
	if err != nil {
		return err
	}
	watch := newStopwatch(o.World.Clock.Now, p.Name)
	if w != nil {
		if err := o.perform(ctx, p, w, watch); err != nil {
			err = console.Distinct(err, o.pipeline.tellFailures(ctx, p.Name, o.failed, watch.report(plan)))
			return hooks.failed(ctx, err, o.failed)
		}
	}
	rows := watch.report(plan)
	if err := o.report(ctx, rows); err != nil {
		return err
	}
	keep()
	return hooks.finished(ctx, rows)
}

// report prints what a build did, or tells it to whoever has asked for it.
func (o *buildOptions) report(ctx context.Context, rows []python.Row) error {
	if o.pipeline.host != nil {
		return o.pipeline.tellReport(ctx, rows)
	}
	if o.json {
		return console.PrintJSON(o.World.Stdout, reportJSON(rows))
	}
	return reportTable(rows).Write(o.World.Stdout, console.TableWidth(o.World))
}

// perform runs the workflow to its end.
func (o *buildOptions) perform(ctx context.Context, p *opened, w *workflow.Workflow, watch *stopwatch) error {
	o.dir = p.Root
	o.again = o.retry()
	if modules := modulesOf(w); len(modules) > 0 {
		host, err := p.python(ctx)
		if err != nil {
			return err
		}
		host.Preload(modules...)
	}
	atTerminal, err := o.debugging.prepare(ctx, p, w)
	if err != nil {
		return err
	}
	if p.host != nil && !atTerminal {
		p.host.Warm()
	}
	slots := o.maxThreads
	if o.plain = atTerminal; o.plain {
		slots = 1
	}
	if slots == 0 {
		slots = p.slots()
	}
	r := planned{
		reasons: p.reasons(w, o.World.Dir),
		request: instance.Request{Workflow: w, Calendar: instance.Calendar{Zone: time.Local}, Key: "build"},
		config: instance.Config{
			Project: p.Root, Workdir: o.World.Dir, Workflows: []*workflow.Workflow{w}, Slots: slots,
			Scratch: instance.StatePath(p.Root, "tmp"),
			Env:     o.World.Env, Clock: o.World.Clock, Pool: p.pool,
		},
	}
	o.about = p.about(w.Root.Name, o.World.Dir)
	return o.execute(ctx, r, func(c *instance.Config) { watch.listen(c) })
}

// slots is how many tasks run at a time; 0 stands for the processors.
func (p *opened) slots() int {
	if p.Executor == nil {
		return 1
	}
	n, _ := p.Executor.Args.IntOr("processes", 0) // what is no number, the executor refuses
	return int(max(0, n))
}

// modulesOf returns the modules that the tasks of a workflow will import.
func modulesOf(w *workflow.Workflow) []string {
	var modules []string
	seen := make(map[string]bool)
	for _, n := range w.Root.Children {
		for _, name := range task.Modules(n.Config) {
			if !seen[name] {
				seen[name] = true
				modules = append(modules, name)
			}
		}
	}
	return modules
}

// stopwatch notes how long tasks run.
type stopwatch struct {
	now    func() time.Time
	prefix string // of the full names of tasks

	mu    sync.Mutex
	begun map[model.TryID]time.Time
	order []string // names of the tasks that ended, in that order
	took  map[string]time.Duration
}

func newStopwatch(now func() time.Time, pipeline string) *stopwatch {
	return &stopwatch{now: now, prefix: "+" + pipeline + "+", begun: make(map[model.TryID]time.Time), took: make(map[string]time.Duration)}
}

// listen has the stopwatch told what happens.
func (s *stopwatch) listen(c *instance.Config) {
	began, observe := c.Began, c.Observe
	c.Began = func(id model.TryID) {
		s.mu.Lock()
		s.begun[id] = s.now()
		s.mu.Unlock()
		if began != nil {
			began(id)
		}
	}
	c.Observe = func(b *store.Batch) {
		for i := range b.Events {
			if e := &b.Events[i]; e.Kind == engine.TaskEnded && e.State != model.Cancelled {
				s.ended(model.TryID{Attempt: e.Attempt, Task: e.Task, Try: e.Try}, e.Name)
			}
		}
		if observe != nil {
			observe(b)
		}
	}
}

func (s *stopwatch) ended(id model.TryID, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.begun[id]; ok {
		s.order = append(s.order, name)
		s.took[name] = s.now().Sub(at)
	}
}

// report returns what a build did: the tasks that ran in the order in which they
// ended, then the others.
func (s *stopwatch) report(plan *build.Plan) []python.Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	var total time.Duration
	for _, took := range s.took {
		total += took
	}
	var rows []python.Row
	ran := make(map[string]bool)
	for _, full := range s.order {
		name, ok := strings.CutPrefix(full, s.prefix)
		if !ok {
			continue // the whole
		}
		ran[name] = true
		row := python.Row{Name: name, Ran: true, Seconds: s.took[full].Seconds()}
		if total > 0 {
			row.Percentage = 100 * float64(s.took[full]) / float64(total)
		}
		rows = append(rows, row)
	}
	for i := range plan.Tasks {
		if t := &plan.Tasks[i]; !ran[t.Name] && plan.Asked(i) {
			rows = append(rows, python.Row{Name: t.Name})
		}
	}
	return rows
}

// reportTable lays a report out.
func reportTable(rows []python.Row) *console.Table {
	t := &console.Table{Columns: []console.Column{
		{Title: "name"}, {Title: "Ran?", Fixed: true}, {Title: "Elapsed (s)", Number: true}, {Title: "Percentage", Number: true},
	}}
	t.Rows = make([][]string, len(rows))
	cells := make([]string, 0, len(rows)*len(t.Columns)) // of all rows: there may be many
	for i, r := range rows {
		ran := "False"
		if r.Ran {
			ran = "True"
		}
		cells = append(cells, r.Name, ran, general(r.Seconds), general(r.Percentage))
		t.Rows[i] = cells[len(cells)-len(t.Columns):]
	}
	return t
}

// reportJSON is a report for programs, by the names of its columns.
func reportJSON(rows []python.Row) params.Map {
	list := make([]any, len(rows))
	for i, r := range rows {
		list[i] = params.Of("name", r.Name, "Ran?", r.Ran, "Elapsed (s)", r.Seconds, "Percentage", r.Percentage)
	}
	return params.Of("type", "report", "report", list)
}

// general writes a number with six digits, as tables of Ploomber have them.
func general(v float64) string {
	if v == 0 {
		return "0" // as in most rows of a report
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
