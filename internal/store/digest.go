package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Digests tells how attempts of workflows went.
type Digests interface {
	// Digest returns one for each workflow with attempts that ended in a time, by project
	// and name. It costs what ended in that time, however much history there is.
	Digest(ctx context.Context, q DigestQuery) ([]Digest, error)
}

// DigestQuery says of what a digest is.
type DigestQuery struct {
	// Projects, if not nil, are the only ones, and Workflow, if not empty, the only name.
	Projects []model.ProjectID
	Workflow string
	// From is the first instant at which attempts ended, and Until, if not zero, the one
	// after the last.
	From, Until model.Instant
}

// Digest is how the attempts of a workflow went that ended in a time.
type Digest struct {
	Project  model.ProjectID
	Workflow string
	// Runs counts them, and the others how they ended.
	Runs, Succeeded, Failed, Killed int
	// Average and P95 are how long they took: 95 of 100 no longer than P95. Those that
	// ended before they began don't count.
	Average, P95 time.Duration
	// Last is the one that ended last.
	Last EndedAttempt
}

// EndedAttempt is an attempt that has ended, as far as a digest looks at it.
type EndedAttempt struct {
	ID             model.AttemptID
	Project        model.ProjectID
	Workflow       string
	State          engine.AttemptState
	Started, Ended model.Instant
}

// Matches reports whether q is about an attempt.
func (q *DigestQuery) Matches(a *EndedAttempt) bool {
	return a.State.Done() && a.Ended >= q.From && (q.Until == 0 || a.Ended < q.Until) &&
		(q.Workflow == "" || q.Workflow == a.Workflow) && (q.Projects == nil || slices.Contains(q.Projects, a.Project))
}

// Digester makes digests of attempts, for implementations. The zero value has none.
type Digester struct {
	all map[digestKey]*digesting
}

type digestKey struct {
	project  model.ProjectID
	workflow string
}

type digesting struct {
	Digest
	took []time.Duration
	sum  time.Duration
}

// Add adds an attempt.
func (d *Digester) Add(a EndedAttempt) {
	if d.all == nil {
		d.all = make(map[digestKey]*digesting)
	}
	key := digestKey{a.Project, a.Workflow}
	of := d.all[key]
	if of == nil {
		of = &digesting{Digest: Digest{Project: a.Project, Workflow: a.Workflow}}
		d.all[key] = of
	}
	of.Runs++
	switch a.State {
	case engine.AttemptSuccess:
		of.Succeeded++
	case engine.AttemptFailed:
		of.Failed++
	default:
		of.Killed++
	}
	if a.Started != 0 {
		took := max(0, a.Ended.Time().Sub(a.Started.Time()))
		of.took, of.sum = append(of.took, took), of.sum+took
	}
	if last := &of.Last; a.Ended > last.Ended || a.Ended == last.Ended && a.ID > last.ID {
		*last = a
	}
}

// Digests returns what was made, by project and name.
func (d *Digester) Digests() []Digest {
	list := make([]Digest, 0, len(d.all))
	for _, of := range d.all {
		if n := len(of.took); n > 0 {
			slices.Sort(of.took)
			of.Average, of.P95 = of.sum/time.Duration(n), of.took[(95*n+99)/100-1]
		}
		list = append(list, of.Digest)
	}
	slices.SortFunc(list, func(a, b Digest) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Workflow, b.Workflow))
	})
	return list
}
