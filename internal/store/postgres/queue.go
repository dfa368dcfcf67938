package postgres

import (
	"context"
	"slices"
	"sync"
)

// queue lets calls that come while one is under way share the next one. The
// zero value is not ready: use newQueue.
type queue[J any] struct {
	// run does jobs together and returns an error, or nil, for each.
	run func(jobs []J) []error
	// turn holds an entry while jobs are run.
	turn chan struct{}
	// lane is that of the transactions of the jobs.
	lane *lane

	mu      sync.Mutex
	waiting []*call[J]
}

type call[J any] struct {
	job  J
	err  error
	done chan struct{}
}

func newQueue[J any](run func([]J) []error) *queue[J] {
	return &queue[J]{run: run, turn: make(chan struct{}, 1), lane: newLane()}
}

// do runs a job, together with those that wait, and returns its error. One
// that was begun is seen through when the context ends.
func (q *queue[J]) do(ctx context.Context, job J) error {
	c := &call[J]{job: job, done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, c)
	q.mu.Unlock()
	select {
	case q.turn <- struct{}{}:
		q.runWaiting()
		<-q.turn
	case <-c.done:
	case <-ctx.Done():
		if q.leave(c) {
			return context.Cause(ctx)
		}
	}
	<-c.done
	return c.err
}

func (q *queue[J]) runWaiting() {
	q.mu.Lock()
	calls := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	if len(calls) == 0 {
		return
	}
	jobs := make([]J, len(calls))
	for i, c := range calls {
		jobs[i] = c.job
	}
	for i, err := range q.run(jobs) {
		calls[i].err = err
		close(calls[i].done)
	}
}

// leave takes back a call that was not begun.
func (q *queue[J]) leave(c *call[J]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, c)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// all returns n times the same error.
func all(n int, err error) []error { return slices.Repeat([]error{err}, n) }

// oneByOne runs jobs together, and each alone when that fails for a reason
// that may be one of them, so that none fails for another's sake.
func oneByOne[J any](jobs []J, together func(jobs []J, errs []error) error) []error {
	errs := make([]error, len(jobs))
	err := together(jobs, errs)
	switch {
	case err == nil:
		return errs
	case len(jobs) == 1 || unreachable(err):
		return all(len(jobs), err)
	}
	for i := range jobs {
		errs[i] = nil
		if err := together(jobs[i:i+1], errs[i:i+1]); err != nil {
			errs[i] = err
		}
	}
	return errs
}
