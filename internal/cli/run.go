package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// runOptions are those of run and plan.
type runOptions struct {
	projectOptions
	paramOptions
	configOptions

	rerun            bool
	start, goal, end string
	session          string
	save             string
	noSave           bool
	dryRun           bool
	showParams       bool
	maxThreads       int
	taskLog          string
	json             bool

	args []string // as given, for the command that runs what is left
}

func newRun(world IO) *cobra.Command {
	o := runOptions{projectOptions: projectOptions{world: world}}
	c := &cobra.Command{
		Use: "run [WORKFLOW [+TASK]]", Aliases: []string{"r"}, GroupID: "run",
		Short: "Run a workflow here and now",
		Long: "Run a workflow of the project, with its state kept beside it.\n\n" +
			"What an earlier run of the same session finished is not run again. With a task,\n" +
			"only that task and what is below it is run.\n\n" + exitHelp,
		Example: "  pawl run\n  pawl run daily --session 2026-01-30 -p limit=10\n  pawl run daily --start +load",
		Args:    cobra.MaximumNArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) },

		ValidArgsFunction: o.completeWorkflows,
	}
	o.selectionFlags(c)
	f := c.Flags()
	f.BoolVarP(&o.dryRun, "dry-run", "d", false, "evaluate parameters, but run nothing")
	f.BoolVarP(&o.showParams, "show-params", "E", false, "print the parameters of each task before it runs")
	f.IntVar(&o.maxThreads, "max-task-threads", 0, "`number` of tasks that run at a time (default: the number of processors)")
	f.StringVarP(&o.taskLog, "task-log", "O", "", "`folder` for the output of tasks (default: .pawl/logs in the project)")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line while running")
	return c
}

// selectionFlags are the flags that say what is run.
func (o *runOptions) selectionFlags(c *cobra.Command) {
	o.projectOptions.flags(c)
	o.paramOptions.flags(c)
	o.configOptions.flags(c)
	f := c.Flags()
	f.BoolVarP(&o.rerun, "rerun", "a", false, "run all tasks, finished or not")
	f.StringVarP(&o.start, "start", "s", "", "run `+TASK` and all that comes after it again")
	f.StringVarP(&o.goal, "goal", "g", "", "run only `+TASK` and what it comes after")
	f.StringVarP(&o.end, "end", "e", "", "stop before `+TASK`")
	f.StringVarP(&o.session, "session", "t", "last", "session `time`: daily, hourly, schedule, last, yyyy-MM-dd or \"yyyy-MM-dd HH:mm:ss\"")
	f.StringVarP(&o.save, "save", "o", filepath.Join(".digdag", "status"), "`folder` that keeps what was finished, relative to the project")
	f.BoolVar(&o.noSave, "no-save", false, "keep nothing and take nothing over")
	c.MarkFlagsMutuallyExclusive("start", "goal")
	c.MarkFlagsMutuallyExclusive("goal", "end")
	c.MarkFlagsMutuallyExclusive("rerun", "start")
	c.MarkFlagsMutuallyExclusive("rerun", "goal")
}

// planned is what the arguments of run mean.
type planned struct {
	request instance.Request
	config  instance.Config
	status  string // folder for all sessions; empty with --no-save
}

func (o *runOptions) plan(args []string) (planned, error) {
	o.args = args
	p, err := o.load()
	if err != nil {
		return planned{}, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	w, err := findWorkflow(p, name)
	if err != nil {
		return planned{}, err
	}
	var r planned
	if r.request.Calendar, err = instance.CalendarOf(w); err != nil {
		return planned{}, err
	}
	if w, err = o.only(w, args); err != nil {
		return planned{}, err
	}
	r.request.Workflow = w
	if r.request.Selection, err = o.selection(w); err != nil {
		return planned{}, err
	}
	if !o.noSave {
		r.status = o.save
		if !filepath.IsAbs(r.status) {
			r.status = filepath.Join(o.path(), r.status)
		}
	}
	r.request.Session, err = r.request.Calendar.Session(o.session, o.world.Clock.Now(), w.Root.Name, resume.Status{Path: r.status})
	if err != nil {
		return planned{}, err
	}
	r.config = instance.Config{
		Project: o.path(), Workflows: p.Workflows, Status: r.status,
		Slots: o.maxThreads, Env: o.world.Env, Clock: o.world.Clock, DryRun: o.dryRun,
		Log: slog.New(slog.NewTextHandler(o.world.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	return r, o.configure(&r)
}

// configure reads the configuration and the parameters.
func (o *runOptions) configure(r *planned) error {
	cfg, err := o.config(o.world)
	if err != nil {
		return err
	}
	base := cfg.Under("params")
	if o.dir != "" && o.path() != o.world.Dir {
		base = base.Set("_project_path", o.path())
	}
	if r.request.Params, err = o.read(o.world, base); err != nil {
		return err
	}
	r.config.Settings = make(map[string]string)
	for _, key := range cfg.Keys() {
		r.config.Settings[key], _ = cfg.Get(key)
	}
	secrets := secret.Chain{secret.Map(cfg.Flat("secrets"))}
	if dir := localSecrets(o.world); dir != "" {
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
		return nil, usageError{model.Errorf(model.Invalid, "a task starts with +, not %q", args[1])}
	}
	path, err := findTask(w, args[1])
	if err != nil {
		return nil, err
	}
	return w.Only(path)
}

func (o *runOptions) selection(w *workflow.Workflow) (instance.Selection, error) {
	s := instance.Selection{Rerun: o.rerun}
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

func (o *runOptions) run(ctx context.Context, args []string) error {
	r, err := o.plan(args)
	if err != nil {
		return err
	}
	if err := o.place(&r.config); err != nil {
		return err
	}
	if o.showParams {
		r.config.Evaluated = o.showing()
	}
	feed := newFeed()
	r.config.Observe = feed.observe
	in, err := instance.Open(ctx, r.config)
	if err != nil {
		return err
	}
	code, err := o.drive(ctx, in, r, feed)
	if err := errors.Join(err, in.Close()); err != nil {
		return err
	}
	if code != exitOK {
		return quiet{code}
	}
	return nil
}

// place says where state and logs are kept, and makes the folder for them.
func (o *runOptions) place(c *instance.Config) error {
	c.Logs = o.taskLog
	if c.Logs == "" {
		c.Logs = instance.StatePath(o.path(), "logs")
	} else if !filepath.IsAbs(c.Logs) {
		c.Logs = filepath.Join(o.world.Dir, c.Logs)
	}
	if o.noSave || o.dryRun {
		return o.placeNowhere(c)
	}
	c.Database = instance.StatePath(o.path(), "pawl.db")
	dir := filepath.Dir(c.Database)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return model.Errorf(model.Forbidden, "the project can't keep its state: %w", err).WithHint("--no-save runs without")
	}
	// The folder is state of this machine: it keeps itself out of git.
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); err != nil {
		return os.WriteFile(ignore, []byte("*\n"), 0o644)
	}
	return nil
}

// placeNowhere lets a run that is not kept leave nothing in the project.
func (o *runOptions) placeNowhere(c *instance.Config) error {
	if o.taskLog != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "pawl-logs-")
	c.Logs = dir
	return err
}

// showing returns what prints the parameters of tasks.
func (o *runOptions) showing() func(string, params.Map) {
	var mu sync.Mutex
	return func(task string, p params.Map) {
		mu.Lock()
		defer mu.Unlock()
		b := appendYAML(fmt.Appendf(nil, "%s:\n", task), p, "  ")
		_, _ = o.world.Stderr.Write(b) // a reader that has gone away must not end the run
	}
}

// drive begins the run, shows it until it ends and returns the exit code.
func (o *runOptions) drive(ctx context.Context, in *instance.Instance, r planned, feed *feed) (int, error) {
	logs := taskLogs{in.Logs()}
	if o.dryRun || o.noSave {
		defer func() {
			if o.taskLog == "" {
				_ = os.RemoveAll(r.config.Logs) // a temporary folder
			}
		}()
	}
	printer := o.printer(logs, r.request.Calendar.Zone)
	began := o.world.Clock.Now()
	b, err := in.Begin(ctx, r.request)
	if err != nil {
		return exitInternal, err
	}
	printer.Begin(progress.Run{
		Workflow: r.request.Workflow.Name, Session: r.request.Session.In(r.request.Calendar.Zone),
		Attempt: b.Attempt.ID, Finished: b.Finished,
	})
	ended := make(chan ending, 1)
	go func() { // ended by the attempt's end, or by that of the instance
		row, err := in.Wait(ctx, b.Attempt.ID)
		ended <- ending{row, err}
	}()
	end, signal := o.show(ctx, in, b.Attempt.ID, printer, feed, ended)
	if end.err != nil {
		return exitInternal, end.err
	}
	summary, err := o.summary(ctx, in, b.Attempt.ID, logs)
	if err != nil {
		return exitInternal, err
	}
	summary.Duration = o.world.Clock.Now().Sub(began)
	if !o.dryRun {
		summary.Status = in.Folder(b.Attempt, r.request.Calendar.Zone)
	}
	summary.Again = o.again(r)
	printer.End(summary)
	switch {
	case signal != 0:
		return 128 + int(signal), nil
	case end.row.State == engine.AttemptSuccess:
		return exitOK, nil
	}
	return exitFailed, nil
}

type ending struct {
	row engine.AttemptRow
	err error
}

// tick is how often what changes by itself is shown.
const tick = 100 * time.Millisecond

// show feeds the printer until the attempt has ended. The first signal asks
// the attempt to end; the second one does not wait for it.
func (o *runOptions) show(ctx context.Context, in *instance.Instance, id model.AttemptID, p progress.Printer, feed *feed, ended <-chan ending) (ending, syscall.Signal) {
	var asked syscall.Signal
	for {
		due, stop := o.world.Clock.After(tick)
		select {
		case end := <-ended:
			stop()
			p.Events(feed.take(id))
			return end, asked
		case <-due:
		case s := <-o.world.Signals:
			if asked != 0 {
				stop()
				_, _ = fmt.Fprintln(o.world.Stderr, "pawl: tasks are killed")
				return ending{err: quiet{128 + int(asked)}}, asked
			}
			asked, _ = s.(syscall.Signal)
			_, _ = fmt.Fprintln(o.world.Stderr, "pawl: asking the tasks to end; once more kills them")
			go func() { _ = in.Kill(ctx, id) }() // it fails only where the attempt has ended
		}
		stop()
		p.Events(feed.take(id))
		p.Tick(o.world.Clock.Now())
	}
}

func (o *runOptions) printer(logs progress.Logs, zone *time.Location) progress.Printer {
	if o.json {
		return progress.NewJSON(o.world.Stdout)
	}
	stderr, ok := o.world.Stderr.(*os.File)
	stdout, both := o.world.Stdout.(*os.File)
	if ok && both && isTerminal(stderr) && isTerminal(stdout) && o.world.env("TERM") != "dumb" {
		size := func() (int, int) { return terminalSize(stderr) }
		return progress.NewTree(stderr, logs, size, o.world.env("NO_COLOR") == "")
	}
	return progress.NewPlain(o.world.Stdout, o.world.Stderr, logs, zone)
}

// again is the command that runs what is left.
func (o *runOptions) again(r planned) string {
	words := []string{"pawl", "run"}
	if o.dir != "" {
		words = append(words, "--project", quote(o.dir))
	}
	words = append(words, quote(r.request.Workflow.Name))
	for _, a := range o.args[min(1, len(o.args)):] {
		words = append(words, quote(a))
	}
	words = append(words, "--session", quote(r.request.Session.In(r.request.Calendar.Zone).Format("2006-01-02 15:04:05")))
	if o.save != filepath.Join(".digdag", "status") {
		words = append(words, "--save", quote(o.save))
	}
	if o.paramOptions.file != "" {
		words = append(words, "-P", quote(o.paramOptions.file))
	}
	for _, p := range o.pairs {
		words = append(words, "-p", quote(p))
	}
	return strings.Join(words, " ")
}

// quote makes a word safe for a shell.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
