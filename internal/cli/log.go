package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// logOptions say where the program writes its own log.
type logOptions struct {
	logFile, logLevel string
}

func (o *logOptions) flags(f *pflag.FlagSet) {
	f.StringVarP(&o.logFile, "log", "L", "", "`file` to write what happens to, or - for standard error")
	f.StringVarP(&o.logLevel, "log-level", "l", "info", "least `level` of what is logged: debug, info, warn, error")
}

// logLevels are the levels by name, those that Digdag and Ploomber know included.
var logLevels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo,
	"warn": slog.LevelWarn, "warning": slog.LevelWarn, "error": slog.LevelError, "critical": slog.LevelError,
}

// open returns the log and what closes it. Without a file only warnings are
// logged, to standard error.
func (o *logOptions) open(world IO) (log *slog.Logger, closeLog func() error, err error) {
	return o.openAs(world, "text", slog.LevelWarn)
}

// openServer is open for a server: without a file everything is logged to
// standard error. The format is one of serve.LogFormats.
func (o *logOptions) openServer(world IO, format string) (log *slog.Logger, closeLog func() error, err error) {
	return o.openAs(world, format, slog.LevelDebug)
}

// level is the least level of what is logged.
func (o *logOptions) level() (slog.Level, error) {
	level, ok := logLevels[strings.ToLower(o.logLevel)]
	if !ok {
		return 0, model.Errorf(model.Invalid, "the level of the log must be debug, info, warn or error, not %q", o.logLevel)
	}
	return level, nil
}

// openAs opens the log in a format. Without a file, what is below a level is
// not logged.
func (o *logOptions) openAs(world IO, format string, silent slog.Level) (log *slog.Logger, closeLog func() error, err error) {
	level, err := o.level()
	if err != nil {
		return nil, nil, err
	}
	done := func() error { return nil }
	to := world.Stderr
	switch o.logFile {
	case "":
		level = max(level, silent)
	case "-":
	default:
		path := o.logFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(world.Dir, path)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return nil, nil, model.Errorf(model.Invalid, "--log: %w", err)
		}
		to, done = f, f.Close
	}
	options := &slog.HandlerOptions{Level: level}
	if f, ok := to.(*os.File); format == "json" || format == "auto" && (!ok || !isTerminal(f)) {
		return slog.New(slog.NewJSONHandler(to, options)), done, nil
	}
	return slog.New(slog.NewTextHandler(to, options)), done, nil
}

// journal writes what happens to a log.
type journal struct{ log *slog.Logger }

// observe writes the events of a commit.
func (j journal) observe(b *store.Batch) {
	for i := range b.Events {
		what := b.Events[i].Kind.String()
		if b.Events[i].Kind == engine.TaskStarted {
			what = progress.Queued
		}
		j.write(what, &b.Events[i])
	}
}

// began writes that a try begins to run.
func (j journal) began(e *engine.Event) { j.write(e.Kind.String(), e) }

func (j journal) write(what string, e *engine.Event) {
	ctx, level := context.Background(), eventLevel(e)
	if !j.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.Int64("attempt", int64(e.Attempt)), slog.String("task", e.Name), slog.String("state", e.State.String()),
	}
	if e.Try > 0 {
		attrs = append(attrs, slog.Int("try", int(e.Try)))
	}
	if e.Data.Len() > 0 {
		attrs = append(attrs, slog.Any("data", e.Data))
	}
	j.log.LogAttrs(ctx, level, what, attrs...)
}

func eventLevel(e *engine.Event) slog.Level {
	switch {
	case e.Kind == engine.TaskEnded && e.State == model.Failed:
		return slog.LevelError
	case e.Kind == engine.TaskRetries, e.Kind == engine.LimitPassed, e.Kind == engine.TryLost:
		return slog.LevelWarn
	case e.Kind == engine.TaskOpened, e.Kind == engine.TasksAdded, e.Kind == engine.TaskWaits:
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
