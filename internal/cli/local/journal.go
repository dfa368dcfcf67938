package local

import (
	"context"
	"log/slog"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

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
