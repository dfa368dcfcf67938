package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/store"
)

func (o *runOptions) run(ctx context.Context, args []string) error {
	r, err := o.plan(args)
	if err != nil {
		return err
	}
	clean, err := o.place(&r.config)
	if err != nil {
		return err
	}
	defer clean()
	if o.showParams {
		r.config.Evaluated = o.showing()
	}
	log, closeLog, err := o.logOptions.open(o.world)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }() // what was written is written
	feed := newFeed(o.world.Clock)
	r.config.Log = log
	o.listen(&r.config, feed)
	process.EndWithUs()
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

// listen has all that happens fed to the printer, and to the log if there is one.
func (o *runOptions) listen(c *instance.Config, feed *feed) {
	c.Observe, c.Began = feed.observe, func(id model.TryID) { feed.began(id) }
	if o.logFile == "" {
		return
	}
	j := journal{c.Log}
	c.Observe = func(b *store.Batch) { feed.observe(b); j.observe(b) }
	c.Began = func(id model.TryID) {
		if e, ok := feed.began(id); ok {
			j.began(&e)
		}
	}
}

// place says where state and logs are kept and makes the folder for them.
// What is not kept is removed by clean.
func (o *runOptions) place(c *instance.Config) (clean func(), err error) {
	clean = func() {}
	switch {
	case filepath.IsAbs(o.taskLog):
		c.Logs = o.taskLog
	case o.taskLog != "":
		c.Logs = filepath.Join(o.world.Dir, o.taskLog)
	case o.noSave || o.dryRun:
		if c.Logs, err = os.MkdirTemp("", "pawl-logs-"); err != nil {
			return nil, fmt.Errorf("make a folder for the output of tasks: %w", err)
		}
		clean = func() { _ = os.RemoveAll(c.Logs) } // what stays is for the system to remove
	default:
		c.Logs = instance.StatePath(o.path(), "logs")
	}
	if !o.noSave && !o.dryRun {
		c.Database = instance.StatePath(o.path(), "pawl.db")
		if err := makeState(filepath.Dir(c.Database)); err != nil {
			return nil, model.Errorf(model.Forbidden, "the project can't keep its state: %w", err).
				WithHint("make the folder writable, or run with --no-save")
		}
	}
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		return nil, fmt.Errorf("the output of tasks can't be kept: %w", err)
	}
	return clean, nil
}

// makeState makes the folder of what a project keeps on this machine, which
// keeps itself out of git.
func makeState(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
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
	signals, stop := o.world.Signals()
	defer stop()
	logs := taskLogs{in.Logs()}
	printer := o.printer(logs, r.request.Calendar.Zone)
	began := o.world.Clock.Now()
	b, err := in.Begin(ctx, r.request)
	if err != nil {
		return exitInternal, err
	}
	printer.Begin(progress.Run{
		Workflow: r.request.Workflow.Name, Session: r.request.Session.In(r.request.Calendar.Zone),
		Attempt: b.Attempt.ID, Resumes: b.Recovered || b.Finished > 0,
		DryRun: o.dryRun, Children: children("", r.request.Workflow.Root),
	})
	s := show{printer: printer, feed: feed, in: in, id: b.Attempt.ID}
	row, err := s.untilEnd(ctx, o.world, signals)
	if err != nil {
		return exitInternal, err
	}
	summary, err := o.summary(ctx, in, b.Attempt.ID, logs)
	if err != nil {
		return exitInternal, err
	}
	summary.Duration, summary.DryRun = o.world.Clock.Now().Sub(began), o.dryRun
	if !o.dryRun && !o.noSave {
		summary.Status = o.shown(in.Folder(b.Attempt, r.request.Calendar.Zone))
		summary.Again = o.again(r)
		if o.allReplayed(&summary) {
			summary.Rerun = o.command(r, "--rerun")
		}
	}
	printer.End(summary)
	switch {
	case s.asked != 0:
		return 128 + int(s.asked), nil
	case row.State == engine.AttemptSuccess:
		return exitOK, nil
	}
	return exitFailed, nil
}

// shown is a path as people want to see it: relative where it is below the
// working directory.
func (o *runOptions) shown(path string) string {
	if rel, err := filepath.Rel(o.world.Dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// show shows an attempt while it runs.
type show struct {
	printer progress.Printer
	feed    *feed
	in      *instance.Instance
	id      model.AttemptID
	// asked is the first signal that asked the attempt to end.
	asked syscall.Signal
}

// tick is how often what changes by itself is shown.
const tick = 100 * time.Millisecond

// untilEnd feeds the printer until the attempt has ended.
func (s *show) untilEnd(ctx context.Context, world IO, signals <-chan os.Signal) (row engine.AttemptRow, err error) {
	ended := make(chan struct{})
	go func() { // ended by the attempt's end, or by that of the instance
		defer close(ended)
		row, err = s.in.Wait(ctx, s.id)
	}()
	for {
		due, stop := world.Clock.After(tick)
		select {
		case <-ended:
			stop()
			s.printer.Events(s.feed.take(s.id))
			return row, err
		case got := <-signals:
			s.end(ctx, got)
		case <-due:
		}
		stop()
		s.printer.Events(s.feed.take(s.id))
		s.printer.Tick(world.Clock.Now())
	}
}

// end asks the tasks to end on the first signal, and kills them on the next.
func (s *show) end(ctx context.Context, got os.Signal) {
	if s.asked != 0 {
		s.printer.Note("the tasks are killed")
		process.Hurry()
		return
	}
	s.asked = syscall.SIGINT
	if sent, ok := got.(syscall.Signal); ok {
		s.asked = sent
	}
	s.printer.Note("the tasks are asked to end; once more kills them")
	go func() { _ = s.in.Kill(ctx, s.id) }() // it fails only where the attempt has ended
}

func (o *runOptions) printer(logs progress.Logs, zone *time.Location) progress.Printer {
	if o.json {
		return progress.NewJSON(o.world.Stdout)
	}
	stderr, ok := o.world.Stderr.(*os.File)
	stdout, both := o.world.Stdout.(*os.File)
	live := ok && both && isTerminal(stderr) && isTerminal(stdout) && o.world.env("TERM") != "dumb"
	if live && !o.showParams { // which prints beside the printer
		size := func() (int, int) { return terminalSize(stderr) }
		return progress.NewTree(stderr, logs, size, o.world.env("NO_COLOR") == "")
	}
	return progress.NewPlain(o.world.Stdout, o.world.Stderr, logs, zone)
}
