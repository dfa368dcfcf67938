package pawl

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"

	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/logs"
)

// Log returns the logger for what a step says: to Log of Config, with the run, the
// attempt, the step and the try, and to the log of the step, as Logs of Config has it.
// What can't be kept there fails no step. Outside of a step it is slog's default.
func Log(ctx context.Context) *slog.Logger {
	t := taskOf(ctx)
	if t == nil {
		return slog.Default()
	}
	to := host.Log(ctx).With("run", host.Key(ctx), "attempt", int64(t.ID.Attempt), "step", host.Path(t.Name), "try", t.ID.Try).Handler()
	if own := logOf(ctx); own != nil {
		to = slog.NewMultiHandler(outside{to}, own)
	}
	return slog.New(to)
}

// LogHandler returns a handler that passes on all to another one, and keeps in the log of
// a step what is said with its context, as by slog.InfoContext: for loggers of code that
// knows nothing of steps, or slog's default.
//
//	slog.SetDefault(slog.New(pawl.LogHandler(slog.NewTextHandler(os.Stderr, nil))))
//
// The handler that slog has from the beginning can't be in another default: slog would
// wait for itself.
func LogHandler(to slog.Handler) slog.Handler { return stepHandler{Handler: to} }

// logOf returns what keeps what is said in the log of a step, or nil.
func logOf(ctx context.Context) slog.Handler {
	t := taskOf(ctx)
	e, ok := ctx.Value(engineKey{}).(*Engine)
	if t == nil || !ok || e.logs == nil {
		return nil
	}
	from, err := logs.ParseLevel(t.LogLevel)
	if err != nil {
		return nil
	}
	return logs.NewHandler(t.Output, "step", from, e.notKept)
}

// notKept tells operators that what a step says is not kept. A step that has ended has
// nothing to say.
func (e *Engine) notKept(err error) {
	if !errors.Is(err, os.ErrClosed) {
		e.unkept.Do(func() { e.cfg.Log.Warn("what steps say to Log can't be kept with their runs", "error", err) })
	}
}

// stepHandler is what LogHandler returns.
type stepHandler struct {
	slog.Handler
	// with has the log of a step have what others were given.
	with []func(slog.Handler) slog.Handler
}

// Enabled implements slog.Handler.
func (h stepHandler) Enabled(ctx context.Context, l slog.Level) bool {
	own := logOf(ctx)
	return h.Handler.Enabled(ctx, l) || own != nil && own.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h stepHandler) Handle(ctx context.Context, r slog.Record) error {
	if own := logOf(ctx); own != nil && own.Enabled(ctx, r.Level) {
		for _, with := range h.with {
			own = with(own)
		}
		_ = own.Handle(ctx, r.Clone()) // which tells itself
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h stepHandler) WithAttrs(list []slog.Attr) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithAttrs(list) })
}

// WithGroup implements slog.Handler.
func (h stepHandler) WithGroup(name string) slog.Handler {
	return h.and(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h stepHandler) and(with func(slog.Handler) slog.Handler) slog.Handler {
	return stepHandler{with(h.Handler), append(slices.Clip(h.with), with)}
}

// outside is a handler that takes nothing for said in a step, as that is kept already.
type outside struct{ slog.Handler }

// Enabled implements slog.Handler.
func (o outside) Enabled(ctx context.Context, l slog.Level) bool {
	return o.Handler.Enabled(withTask(ctx, nil), l)
}

// Handle implements slog.Handler.
func (o outside) Handle(ctx context.Context, r slog.Record) error {
	return o.Handler.Handle(withTask(ctx, nil), r)
}

// WithAttrs implements slog.Handler.
func (o outside) WithAttrs(list []slog.Attr) slog.Handler { return outside{o.Handler.WithAttrs(list)} }

// WithGroup implements slog.Handler.
func (o outside) WithGroup(name string) slog.Handler { return outside{o.Handler.WithGroup(name)} }
