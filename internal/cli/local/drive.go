package local

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store"
)

func (o *runOptions) run(ctx context.Context, args []string) error {
	o.local = !o.dryRun
	o.questions.asked = !o.questions.none && !o.json && o.World.Interactive()
	r, err := o.plan(args)
	if err != nil {
		return err
	}
	return o.execute(ctx, r, func(*instance.Config) {})
}

// execute runs what is planned, and shows it. The function listens to what
// happens, too.
func (o *runOptions) execute(ctx context.Context, r planned, listen func(*instance.Config)) error {
	clean, err := o.place(&r.config)
	if err != nil {
		return err
	}
	defer clean()
	streams := watched(&o.World)
	signals, stop := o.World.Signals()
	defer stop()
	if o.showParams {
		r.config.Evaluated = o.showing()
	}
	log, closeLog, err := o.LogOptions.Open(o.World)
	if err != nil {
		return err
	}
	defer func() { _ = closeLog() }() // what was written is written
	feed := newFeed(o.World.Clock)
	r.config.Warn = feed.warn
	r.config.Log = log
	if r.config.LogLevel, err = o.TaskLevel(); err != nil {
		return err
	}
	o.listen(&r.config, feed)
	listen(&r.config)
	process.EndWithUs()
	if o.shared != nil {
		if r.config.Shared, err = serve.OpenRuns(ctx, o.shared, o.Path(), r.config.Logs == "", o.World.Clock.Now(), log); err != nil {
			return err
		}
	}
	in, err := instance.Open(ctx, r.config)
	if err != nil {
		return err
	}
	s := show{feed: feed, in: in, streams: streams}
	code, err := o.drive(ctx, &s, r, signals)
	if err := console.Distinct(err, in.Close()); err != nil {
		return err
	}
	return o.ended(code, streams)
}

// ended is how a run ends that had the given exit code, but whose output may
// have been lost.
func (o *runOptions) ended(code int, s streams) error {
	lost := s.lost()
	switch {
	case lost != nil && s.left():
		if code == console.ExitOK {
			code = console.ExitBrokenPipe
		}
	case lost != nil && code == console.ExitOK:
		return lost
	case lost != nil:
		console.PrintError(o.World.Stderr, lost)
	}
	if code != console.ExitOK {
		return console.Quiet{Code: code}
	}
	return nil
}

// listen has all that happens fed to the printer, and to the log if there is one.
func (o *runOptions) listen(c *instance.Config, feed *feed) {
	c.Observe, c.Began = feed.observe, func(id model.TryID) { feed.began(id) }
	c.Ended, c.Judged = feed.ended, feed.decided
	if o.LogFile == "" {
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

// showing returns what prints the parameters of tasks.
func (o *runOptions) showing() func(string, params.Map) {
	var mu sync.Mutex
	return func(task string, p params.Map) {
		mu.Lock()
		defer mu.Unlock()
		b := document.AppendYAML(fmt.Appendf(nil, "%s:\n", task), p, "  ")
		_, _ = o.World.Stderr.Write(b) // a reader that has gone away must not end the run
	}
}

// drive begins the run, shows it until it ends and returns the exit code.
func (o *runOptions) drive(ctx context.Context, s *show, r planned, signals <-chan os.Signal) (int, error) {
	in, logs := s.in, logsFor(s.in.Logs())
	s.printer = o.printer(s.streams, logs, r.request.Calendar.Zone)
	began := o.World.Clock.Now()
	b, err := in.Begin(ctx, r.request)
	if err != nil {
		return console.ExitInternal, err
	}
	for _, text := range s.feed.warnings() {
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: %s\n", text)
	}
	resumes := b.Recovered || b.Finished > 0
	s.printer.Begin(progress.Run{
		Workflow: r.request.Workflow.Name, Session: r.request.Session.In(r.request.Calendar.Zone),
		Attempt: b.Attempt.ID, Resumes: resumes,
		DryRun: o.dryRun, Children: children("", r.request.Workflow.Root), Reasons: r.reasons,
	})
	s.id = b.Attempt.ID
	row, err := s.untilEnd(ctx, o.World, signals)
	if err != nil {
		return console.ExitInternal, err
	}
	summary, err := o.summary(ctx, in, b.Attempt.ID, logs)
	if err != nil {
		return console.ExitInternal, err
	}
	o.failed = summary.Failures
	summary.Duration, summary.DryRun = o.World.Clock.Now().Sub(began), o.dryRun
	if !o.dryRun && !o.noSave {
		summary.Status = o.shown(in.Folder(b.Attempt, r.request.Calendar.Zone))
		if err := o.whatNext(r, resumes, &summary); err != nil {
			return console.ExitInternal, err
		}
	}
	s.printer.End(summary)
	switch {
	case s.asked != 0:
		return 128 + int(s.asked), nil
	case row.State == engine.AttemptSuccess:
		return console.ExitOK, nil
	}
	return console.ExitFailed, nil
}

// shown is a path as people want to see it: relative where it is below the
// working directory.
func (o *runOptions) shown(path string) string { return below(path, o.World.Dir) }

// show shows an attempt while it runs.
type show struct {
	printer progress.Printer
	feed    *feed
	in      *instance.Instance
	streams streams
	id      model.AttemptID
	// asked is the first signal that asked the attempt to end.
	asked syscall.Signal
}

// tick is how often what changes by itself is shown.
const tick = 100 * time.Millisecond

// untilEnd feeds the printer until the attempt has ended.
func (s *show) untilEnd(ctx context.Context, world console.IO, signals <-chan os.Signal) (row engine.AttemptRow, err error) {
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
			s.happened()
			return row, err
		case got := <-signals:
			s.end(ctx, got)
		case <-due:
		}
		stop()
		s.happened()
		s.printer.Tick(world.Clock.Now())
		if s.asked == 0 && s.streams.left() {
			s.end(ctx, syscall.SIGPIPE)
		}
	}
}

// happened shows what has happened since.
func (s *show) happened() {
	for _, text := range s.feed.warnings() {
		s.printer.Note("warning: " + text)
	}
	s.printer.Events(s.feed.take(s.id))
}

// end asks the tasks to end on the first signal, and kills them on the next
// that comes from a person: a terminal that goes away may say so repeatedly.
func (s *show) end(ctx context.Context, got os.Signal) {
	switch {
	case s.asked == 0:
	case got == syscall.SIGHUP:
		return
	default:
		s.printer.Note("the tasks are killed")
		process.Hurry()
		return
	}
	s.asked = syscall.SIGINT
	if sent, ok := got.(syscall.Signal); ok {
		s.asked = sent
	}
	why := ""
	if s.asked == syscall.SIGPIPE {
		why = "nobody reads the output any more: "
	}
	s.printer.Note(why + "the tasks are asked to end; once more kills them")
	go func() { _ = s.in.Kill(ctx, s.id) }() // it fails only where the attempt has ended
}

func (o *runOptions) printer(s streams, logs progress.Logs, zone *time.Location) progress.Printer {
	if o.json {
		return progress.NewJSON(o.World.Stdout)
	}
	screen, live := s.terminal()
	if live && o.World.Getenv("TERM") != "dumb" && !o.showParams && !o.plain { // which prints beside the printer
		size := func() (int, int) { return console.TerminalSize(screen) }
		return progress.NewTree(o.World.Stderr, logs, size, o.World.Getenv("NO_COLOR") == "")
	}
	return progress.NewPlain(o.World.Stdout, o.World.Stderr, logs, zone)
}
