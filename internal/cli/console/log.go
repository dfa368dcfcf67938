package console

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
)

// LogOptions say where the program writes its own log.
type LogOptions struct {
	LogFile, LogLevel string
}

// Flags gives a command the options.
func (o *LogOptions) Flags(f *pflag.FlagSet) {
	f.StringVarP(&o.LogFile, "log", "L", "", "`file` to write what happens to, or - for standard error")
	f.StringVarP(&o.LogLevel, "log-level", "l", "info", "least `level` of what is logged, also by tasks: debug, info, warn, error")
}

// logLevels are the levels by name, those that Digdag and Ploomber know included.
var logLevels = map[string]slog.Level{
	"trace": slog.LevelDebug, "debug": slog.LevelDebug, "info": slog.LevelInfo,
	"warn": slog.LevelWarn, "warning": slog.LevelWarn, "error": slog.LevelError, "critical": slog.LevelError,
}

// Open returns the log and what closes it. Without a file only warnings are
// logged, to standard error.
func (o *LogOptions) Open(world IO) (log *slog.Logger, closeLog func() error, err error) {
	return o.openAs(world, "text", slog.LevelWarn)
}

// OpenServer is open for a server: without a file everything is logged to
// standard error. The format is one of serve.LogFormats.
func (o *LogOptions) OpenServer(world IO, format string) (log *slog.Logger, closeLog func() error, err error) {
	return o.openAs(world, format, slog.LevelDebug)
}

// Level is the least level of what is logged.
func (o *LogOptions) Level() (slog.Level, error) {
	level, ok := logLevels[strings.ToLower(o.LogLevel)]
	if !ok {
		e := model.Errorf(model.Invalid, "the level of the log must be debug, info, warn or error, not %q", o.LogLevel)
		if hint := document.DidYouMean(strings.ToLower(o.LogLevel), logs.LevelNames()); hint != "" {
			e = e.WithHint("%s", hint)
		}
		return 0, e
	}
	return level, nil
}

// TaskLevel is the same for the messages of tasks.
func (o *LogOptions) TaskLevel() (logs.Level, error) {
	level, err := o.Level()
	return map[slog.Level]logs.Level{
		slog.LevelDebug: logs.Debug, slog.LevelInfo: logs.Info, slog.LevelWarn: logs.Warn, slog.LevelError: logs.Error,
	}[level], err
}

// openAs opens the log in a format. Without a file, what is below a level is
// not logged.
func (o *LogOptions) openAs(world IO, format string, silent slog.Level) (log *slog.Logger, closeLog func() error, err error) {
	level, err := o.Level()
	if err != nil {
		return nil, nil, err
	}
	done := func() error { return nil }
	to := world.Stderr
	switch o.LogFile {
	case "":
		level = max(level, silent)
	case "-":
	default:
		path := o.LogFile
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
	if f, ok := to.(*os.File); format == "json" || format == "auto" && (!ok || !IsTerminal(f)) {
		return slog.New(slog.NewJSONHandler(to, options)), done, nil
	}
	return slog.New(slog.NewTextHandler(to, options)), done, nil
}
