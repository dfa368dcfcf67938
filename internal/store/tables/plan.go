package tables

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Plan is a batch in the form that it is written in. It is made outside of
// the transaction that writes it.
type Plan struct {
	*store.Batch
	// Named are the attempts that the batch names, each once, in order.
	Named []model.AttemptID
	// TaskRows are the tasks to write, in order of their keys, without those
	// that others replace or that the batch drops.
	TaskRows []TaskRow
	// Chunks are rows of events, in order of their attempts.
	Chunks []Chunk
	// Items are the rows of items to write, in order of their keys, without those that
	// others replace, and Sweeps those that change all of a part of a list.
	Items  []ItemRow
	Sweeps []*engine.ItemRow
}

// TaskRow is a task with its detail as it is stored.
type TaskRow struct {
	*engine.TaskRow
	Body []byte
}

// Chunk is a row with neighbouring events of one attempt, up to the number
// Last.
type Chunk struct {
	Attempt model.AttemptID
	Last    int64
	Body    []byte
}

// NewPlan returns the plan of a batch.
func NewPlan(b *store.Batch) *Plan {
	p := &Plan{Batch: b, Named: slices.Sorted(b.AttemptIDs())}
	p.Named = slices.Compact(p.Named)
	p.planTasks()
	p.planEvents()
	p.planItems()
	return p
}

func (p *Plan) planTasks() {
	order := make([]int32, len(p.Tasks))
	for i := range order {
		order[i] = int32(i)
	}
	compare := func(i, j int32) int {
		a, b := &p.Tasks[i], &p.Tasks[j]
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Or(compare(i, j), cmp.Compare(i, j)) })
	dropped := slices.SortedFunc(slices.Values(p.Dropped), func(a, b engine.Dropped) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.From, b.From))
	})
	p.TaskRows = make([]TaskRow, 0, len(order))
	for n, i := range order {
		if (n+1 == len(order) || compare(i, order[n+1]) != 0) && !drops(dropped, &p.Tasks[i]) {
			p.TaskRows = append(p.TaskRows, TaskRow{&p.Tasks[i], record.Detail(p.Tasks[i].Detail)})
		}
	}
}

// drops reports whether a task is among those that are dropped, which are in order.
func drops(dropped []engine.Dropped, r *engine.TaskRow) bool {
	after, _ := slices.BinarySearchFunc(dropped, r, func(d engine.Dropped, r *engine.TaskRow) int {
		if d.Attempt < r.Attempt || d.Attempt == r.Attempt && d.From <= r.ID {
			return -1
		}
		return 1
	})
	return after > 0 && dropped[after-1].Attempt == r.Attempt && r.ID < dropped[after-1].To
}

// chunkSize bounds the events of a row, so that reading a page of them costs
// no more than the page.
const chunkSize = 1000

func (p *Plan) planEvents() {
	events := p.Events
	byAttempt := func(a, b engine.Event) int { return cmp.Compare(a.Attempt, b.Attempt) }
	if !slices.IsSortedFunc(events, byAttempt) {
		events = slices.Clone(events)
		slices.SortStableFunc(events, byAttempt)
	}
	for len(events) > 0 {
		n := 1
		for n < len(events) && n < chunkSize && events[n].Attempt == events[0].Attempt {
			n++
		}
		p.Chunks = append(p.Chunks, Chunk{events[0].Attempt, events[n-1].Seq, record.Events(events[:n])})
		events = events[n:]
	}
}
