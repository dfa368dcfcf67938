package local

import (
	"slices"

	"github.com/pawlhq/pawl/runner"
)

// lane is a queue with the workers that empty it.
type lane struct {
	slots   int
	busy    int // slots that have a worker
	aside   int // workers of jobs that have given their slot back
	queue   queue
	running []*job
	// index finds the jobs that wait or run. It is made when one is looked
	// for, which is rare, and kept until the lane is empty.
	index map[runner.ID]*job
}

// wanted returns how many more workers are of use.
func (l *lane) wanted() int { return min(l.slots-l.busy, l.queue.size) }

func (l *lane) add(j *job, priority int) {
	l.queue.push(j, priority)
	if l.index != nil {
		l.index[j.id] = j
	}
}

// begin moves the first job in the queue to those that run.
func (l *lane) begin(j *job) {
	l.queue.drop()
	l.running = append(l.running, j)
}

// end forgets a job that has run.
func (l *lane) end(j *job) {
	i, last := slices.Index(l.running, j), len(l.running)-1
	l.running[i], l.running[last] = l.running[last], nil
	l.running = l.running[:last]
	l.forget(j)
	j.work, j.cancel = nil, nil // its neighbours may keep the memory for long
}

func (l *lane) forget(j *job) {
	delete(l.index, j.id)
	if len(l.index) == 0 {
		l.index = nil
	}
}

// cancel ends the job of that id, if there is one. It reports whether the job
// will never run.
func (l *lane) cancel(id runner.ID) (refused bool) {
	if l.index == nil {
		l.index = make(map[runner.ID]*job, l.queue.size+len(l.running))
		for _, j := range l.running {
			l.index[j.id] = j
		}
		for j := range l.queue.all() {
			l.index[j.id] = j
		}
	}
	j := l.index[id]
	if j == nil {
		return false
	}
	l.forget(j)
	j.cancelled = true
	if j.cancel == nil {
		return true // its place in the queue stays
	}
	j.cancel(runner.ErrCancelled)
	return false
}
