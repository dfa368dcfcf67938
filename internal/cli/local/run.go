package local

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// runOptions are those of run and plan.
type runOptions struct {
	ProjectOptions
	ParamOptions
	console.ConfigOptions
	console.LogOptions

	rerun, anew      bool
	start, goal, end string
	session          string
	save             string
	noSave           bool
	dryRun           bool
	showParams       bool
	maxThreads       int
	taskLog          string
	json             bool
	plain            bool // tasks have the terminal: nothing is to be drawn there
	questions        questions

	shared *config.Config     // of the installation that the run is recorded in, if it is in one
	about  map[string]string  // more of tasks that may fail, by their full names
	failed []progress.Failure // what failed, once it has run
	again  string             // the command that runs what is left, where it is another one
	args   []string           // as given, for the command that runs what is left
	given  *pflag.FlagSet     // likewise
}

func newRun(world console.IO) *cobra.Command {
	o := buildOptions{runOptions: runOptions{ProjectOptions: ProjectOptions{World: world}}}
	c := &cobra.Command{
		Use: "run [WORKFLOW [+TASK]]", Aliases: []string{"r"}, GroupID: "run",
		Short: "Run a workflow here and now",
		Long: "Run a workflow of the project, with its state kept beside it.\n\n" +
			"What an earlier run of the same session finished is not run again. With a task,\n" +
			"only that task and what is below it is run.\n\n" + eitherHelp + console.ExitHelp,
		Example: "  pawl run\n  pawl run daily --session 2026-01-30 -p limit=10\n  pawl run daily --start +load",
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			o.given, o.invoked = c.Flags(), c.CommandPath()
			p, done, err := o.either(c.Context(), args, o.buildSoon)
			switch {
			case done || err != nil:
				return err
			case p == nil:
				return o.run(c.Context(), args)
			}
			defer p.close()
			return o.build(c.Context(), p)
		},

		ValidArgsFunction: o.completeWorkflows,
	}
	o.selectionFlags(c)
	console.Grouped(c, "Pipeline", o.eitherFlags)
	o.pipeline.envFlags(c, world.Args)
	o.pipeline.addCells = true
	console.Grouped(c, "How it is run", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.dryRun, "dry-run", "d", false, "evaluate parameters, but run nothing")
		f.IntVar(&o.maxThreads, "max-task-threads", 0, "`number` of tasks that run at a time (default: the number of processors)")
		f.BoolVarP(&o.questions.none, "yes", "y", false, "ask nothing, also on a terminal")
	})
	console.Grouped(c, "Output", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.showParams, "show-params", "E", false, "print the parameters of each task before it runs; lines take the place of the tree")
		f.StringVarP(&o.taskLog, "task-log", "O", "", "`folder` for the output of tasks (default: .pawl/logs in the project)")
		f.BoolVar(&o.json, "json", false, "print one JSON object a line while running")
		o.LogOptions.Flags(f)
	})
	return c
}

// selectionFlags are the flags that say what is run.
func (o *runOptions) selectionFlags(c *cobra.Command) {
	console.Grouped(c, "What is run", o.selectFlags)
	console.Grouped(c, "What is kept", func(f *pflag.FlagSet) {
		f.StringVarP(&o.save, "save", "o", defaultSave, "`folder` that keeps what was finished, relative to the project")
		f.BoolVar(&o.noSave, "no-save", false, "keep nothing and take nothing over")
	})
	console.Grouped(c, "Project and parameters", func(f *pflag.FlagSet) {
		o.ProjectOptions.Flags(f)
		o.ParamOptions.Flags(f)
		o.ConfigOptions.Flags(f)
	})
}

// defaultSave is where a project keeps what was finished, as with Digdag.
const defaultSave = ".digdag/status"

func (o *runOptions) selectFlags(f *pflag.FlagSet) {
	f.StringVarP(&o.session, "session", "t", "last", "session `time`: daily, hourly, schedule, last, yyyy-MM-dd, \"yyyy-MM-dd HH:mm:ss\" or ISO 8601")
	f.BoolVarP(&o.rerun, "rerun", "a", false, "run all tasks, finished or not")
	f.BoolVar(&o.anew, "anew", false, "run all tasks but memoised ones that have not changed")
	f.StringVarP(&o.start, "start", "s", "", "run `+TASK` and all that comes after it again")
	f.StringVarP(&o.goal, "goal", "g", "", "run only `+TASK` and what it comes after")
	f.StringVarP(&o.end, "end", "e", "", "stop before `+TASK`")
}

// check refuses options that contradict each other or make no sense.
func (o *runOptions) check() error {
	for _, pair := range []struct {
		both        bool
		first, then string
	}{
		{o.start != "" && o.goal != "", "--start", "--goal"},
		{o.goal != "" && o.end != "", "--goal", "--end"},
		{o.anew && o.rerun, "--anew", "--rerun"},
		{o.anew && o.start != "", "--anew", "--start"},
		{o.anew && o.goal != "", "--anew", "--goal"},
		{o.rerun && o.start != "", "--rerun", "--start"},
		{o.rerun && o.goal != "", "--rerun", "--goal"},
	} {
		if pair.both {
			return model.Errorf(model.Invalid, "%s and %s exclude each other", pair.first, pair.then)
		}
	}
	return o.threads()
}

// threads refuses to run no tasks at a time. Without the flag there is a default.
func (o *runOptions) threads() error {
	if o.maxThreads < 1 && o.given != nil && o.given.Changed("max-task-threads") {
		return model.Errorf(model.Invalid, "--max-task-threads must be at least 1, but is %d", o.maxThreads)
	}
	return nil
}

// planned is what the arguments of run mean.
type planned struct {
	request instance.Request
	config  instance.Config
	status  string // folder for all sessions; empty with --no-save
	// reasons say why tasks of a pipeline run, by their full names.
	reasons map[string]string
}

func (o *runOptions) plan(args []string) (planned, error) {
	o.args = args
	if err := o.check(); err != nil {
		return planned{}, err
	}
	cfg, err := settings(&o.ConfigOptions, o.World, o.Path())
	if err != nil {
		return planned{}, err
	}
	o.noSave = o.noSave || serve.InMemory(cfg)
	if serve.Shares(cfg) && !o.noSave && !o.dryRun {
		o.shared = cfg
	}
	p, err := o.Load()
	if err != nil {
		return planned{}, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	if name == "" && len(p.Workflows) > 1 && o.questions.asked {
		if name, err = o.choose(p.Workflows); err != nil {
			return planned{}, err
		}
	}
	w, err := findWorkflow(p, name)
	if err != nil {
		return planned{}, o.elsewhere(name, err)
	}
	var r planned
	if w, err = o.only(w, args); err != nil {
		return planned{}, err
	}
	mistakes := o.Mistakes(p, w)
	if r.request.Calendar, err = instance.CalendarOf(w); err != nil {
		return planned{}, mistakes.Faults.ErrOr(err)
	}
	r.request.Workflow = w
	if r.request.Selection, err = o.selection(w); err != nil {
		return planned{}, err
	}
	if !o.noSave {
		r.status = o.save
		if !filepath.IsAbs(r.status) {
			r.status = filepath.Join(o.Path(), r.status)
		}
	}
	r.request.Session, err = r.request.Calendar.Session(o.session, o.World.Clock.Now(), w.Root.Name, resume.Status{Path: r.status})
	if err != nil {
		return planned{}, err
	}
	r.config = instance.Config{
		Project: o.Path(), Workflows: p.Workflows, Status: r.status,
		Slots: o.maxThreads, Env: o.World.Env, Clock: o.World.Clock, DryRun: o.dryRun, Explain: o.explainer(p),
	}
	if err := o.foresee(p, r, mistakes); err != nil {
		return planned{}, err
	}
	return r, o.configure(cfg, &r)
}

// elsewhere is the error for a workflow that is not in the project: another
// one where the name is that of a file in another folder.
func (o *runOptions) elsewhere(name string, err error) error {
	folder, file := filepath.Split(name)
	file = strings.TrimSuffix(file, dig.Extension)
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.Path(), folder, file+dig.Extension)
		folder = filepath.Join(o.dir, folder)
	}
	if info, serr := os.Stat(path); filepath.Clean(folder) == "." || serr != nil || !info.Mode().IsRegular() {
		return err
	}
	return model.Errorf(model.NotFound, "%s is not in this project, whose workflows are the files of one folder", name).
		WithHint("`pawl run --project %s %s`", console.Quote(filepath.Clean(folder)), console.Quote(file))
}

// configure takes over the configuration and reads the parameters.
func (o *runOptions) configure(cfg *config.Config, r *planned) (err error) {
	base := cfg.Under("params")
	if o.dir != "" && o.Path() != o.World.Dir {
		base = base.Set("_project_path", o.Path())
	}
	if r.request.Params, err = o.fitted(r.request.Workflow.Inputs, base); err != nil {
		return err
	}
	r.config.Settings = make(map[string]string)
	for _, key := range cfg.Keys() {
		r.config.Settings[key], _ = cfg.Get(key)
	}
	secrets := secret.Chain{secret.Map(cfg.Flat("secrets"))}
	if dir := console.LocalSecrets(o.World); dir != "" {
		secrets = append(secrets, secret.In(dir))
	}
	r.config.Secrets = operator.Secrets(secrets)
	return nil
}

// only cuts the workflow down to the task that was named.
func (o *runOptions) only(w *workflow.Workflow, args []string) (*workflow.Workflow, error) {
	if len(args) < 2 {
		return w, nil
	}
	if !strings.HasPrefix(args[1], "+") {
		return nil, model.Errorf(model.Invalid, "a task starts with +, not %q", args[1])
	}
	path, err := findTask(w, args[1])
	if err != nil {
		return nil, err
	}
	return w.Only(path)
}

func (o *runOptions) selection(w *workflow.Workflow) (instance.Selection, error) {
	s := instance.Selection{Rerun: o.rerun || o.anew, Changed: o.anew}
	for _, given := range []struct {
		pattern string
		to      **workflow.Path
	}{{o.start, &s.Start}, {o.goal, &s.Goal}, {o.end, &s.End}} {
		if given.pattern == "" {
			continue
		}
		path, err := findTask(w, given.pattern)
		if err != nil {
			return s, err
		}
		*given.to = &path
	}
	return s, nil
}
