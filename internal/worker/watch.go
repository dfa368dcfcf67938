package worker

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/store"
)

// Watcher is told of each try that begins to run. It returns variables for the
// environment of its programs, and what is called with how it ended; both may
// be nil. It must return soon, and may be called from any goroutine.
type Watcher func(*store.Attempt, *executor.Try) (env []string, ended func(engine.Command))

// watch returns what tells of the tries of an attempt, or nil if nobody
// listens.
func (w *Worker) watch(a *store.Attempt) func(*executor.Try) ([]string, func(engine.Command)) {
	if len(w.cfg.Watchers) == 0 {
		return nil
	}
	return func(t *executor.Try) (env []string, _ func(engine.Command)) {
		told := make([]func(engine.Command), 0, len(w.cfg.Watchers))
		for _, watch := range w.cfg.Watchers {
			more, ended := watch(a, t)
			env = append(env, more...)
			if ended != nil {
				told = append(told, ended)
			}
		}
		return env, func(c engine.Command) {
			for _, ended := range told {
				ended(c)
			}
		}
	}
}
