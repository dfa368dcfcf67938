package worker

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/store"
)

// tellAfter is how long a try works before it is told why it does: one that ends
// sooner tells it with its report, which costs nothing more.
const tellAfter = 200 * time.Millisecond

// judged tells whoever drives the attempt why a try works, until working is done.
func (w *Worker) judged(working context.Context, t *executor.Try, v engine.Verdict) {
	w.telling.Go(func() {
		if !clock.Pause(working, w.cfg.Clock, tellAfter) {
			return
		}
		c := engine.Command{Kind: engine.Judge, Task: t.ID.Task, Try: t.ID.Try, Verdict: &v}
		_ = w.cfg.Store.Post(working, []store.Post{{Attempt: t.ID.Attempt, Command: c}}) // else the report tells it
	})
}
