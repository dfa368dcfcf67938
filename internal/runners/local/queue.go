package local

import (
	"cmp"
	"iter"
	"slices"
)

// queue holds jobs by falling priority, those of equal priority in the order
// of their arrival.
type queue struct {
	levels []level // none is empty, but the only one may be
	size   int
}

// level holds the jobs of one priority from head on.
type level struct {
	priority int
	jobs     []*job
	head     int
}

func (q *queue) push(j *job, priority int) {
	if q.size == 0 && len(q.levels) > 0 {
		q.levels[0].priority = priority
	}
	i, found := slices.BinarySearchFunc(q.levels, priority, func(l level, p int) int { return cmp.Compare(p, l.priority) })
	if !found {
		q.levels = slices.Insert(q.levels, i, level{priority: priority})
	}
	q.levels[i].push(j)
	q.size++
}

func (l *level) push(j *job) {
	if len(l.jobs) == cap(l.jobs) && l.head > len(l.jobs)/2 { // room at the front instead of more memory
		n := copy(l.jobs, l.jobs[l.head:])
		clear(l.jobs[n:])
		l.jobs, l.head = l.jobs[:n], 0
	}
	l.jobs = append(l.jobs, j)
}

// first returns the job to be run next, nil if there is none. Jobs that were
// cancelled are dropped on the way.
func (q *queue) first() *job {
	for q.size > 0 {
		top := &q.levels[0]
		if j := top.jobs[top.head]; !j.cancelled {
			return j
		}
		q.drop()
	}
	return nil
}

// drop removes the first job.
func (q *queue) drop() {
	top := &q.levels[0]
	top.jobs[top.head] = nil
	top.head++
	q.size--
	switch {
	case top.head < len(top.jobs):
	case len(q.levels) > 1:
		q.levels = slices.Delete(q.levels, 0, 1)
	default: // its memory serves the next jobs
		top.jobs, top.head = top.jobs[:0], 0
	}
}

// all iterates over the jobs that were not cancelled.
func (q *queue) all() iter.Seq[*job] {
	return func(yield func(*job) bool) {
		for _, l := range q.levels {
			for _, j := range l.jobs[l.head:] {
				if !j.cancelled && !yield(j) {
					return
				}
			}
		}
	}
}
