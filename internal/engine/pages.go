package engine

import (
	"iter"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
)

// firstPaged is the id of the first task that is, or is below, a page of items. What
// is there is dropped again, and no id is given twice.
const firstPaged model.TaskID = 1 << 30

// page is what a page of items is besides a task.
type page struct {
	// list is what its items are of, index and keys are theirs.
	list  int32
	index []int64
	keys  []string
	// live counts the tasks below and including it that are started and not final.
	live int
	// spans are the ids of all tasks below and including it.
	spans []span
}

// span are the ids from one to before another.
type span struct{ from, to model.TaskID }

// paged holds the tasks that are below pages, in chunks that are let go of once all
// of their tasks were dropped.
type paged struct {
	chunks []*chunk
	// first is the first chunk that there may be.
	first int
	// given is how many ids were given out.
	given int
}

const chunkSize = 64

type chunk struct {
	tasks [chunkSize]task
	// left counts the ids that were given out and not dropped.
	left int
}

// at returns a task that was not dropped.
func (p *paged) at(i int) *task { return &p.chunks[i/chunkSize].tasks[i%chunkSize] }

// has reports whether a task was added and not dropped.
func (p *paged) has(i int) bool {
	if i < 0 || i >= p.given || p.chunks[i/chunkSize] == nil {
		return false
	}
	return p.at(i).node != nil
}

// all yields the places of all tasks, in order. It passes over the chunks that were
// let go of.
func (p *paged) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := p.first; n < len(p.chunks); n++ {
			for i := n * chunkSize; i < min((n+1)*chunkSize, p.given); i++ {
				if p.has(i) && !yield(i) {
					return
				}
			}
		}
	}
}

// add adds a task.
func (p *paged) add(t task) {
	i := p.given
	if i/chunkSize >= len(p.chunks) {
		p.chunks = append(p.chunks, nil)
	}
	if p.chunks[i/chunkSize] == nil {
		p.chunks[i/chunkSize] = &chunk{}
	}
	c := p.chunks[i/chunkSize]
	c.left++
	*p.at(i) = t
	p.given++
}

// drop forgets a task.
func (p *paged) drop(i int) {
	c := p.chunks[i/chunkSize]
	c.tasks[i%chunkSize] = task{}
	c.left--
	if c.left == 0 && (i/chunkSize+1)*chunkSize <= p.given {
		p.chunks[i/chunkSize] = nil
	}
	for p.first < len(p.chunks) && p.chunks[p.first] == nil && (p.first+1)*chunkSize <= p.given {
		p.first++
	}
}

// skip gives out ids, as far as to before one, for tasks that were dropped.
func (p *paged) skip(to int) {
	p.given = max(p.given, to)
	for len(p.chunks)*chunkSize < p.given {
		p.chunks = append(p.chunks, nil)
	}
}

// at returns a task. It must exist.
func (a *Attempt) at(id model.TaskID) *task {
	if id < firstPaged {
		return &a.tasks[id]
	}
	return a.paged.at(int(id - firstPaged))
}

// has reports whether there is a task of that id.
func (a *Attempt) has(id model.TaskID) bool {
	if id < firstPaged {
		return id >= 0 && int(id) < len(a.tasks)
	}
	return a.paged.has(int(id - firstPaged))
}

// size is how many tasks there were ever.
func (a *Attempt) size() int32 { return int32(len(a.tasks) + a.paged.given) }

// all yields the ids of all tasks, in order.
func (a *Attempt) all() iter.Seq[model.TaskID] {
	return func(yield func(model.TaskID) bool) {
		for id := range a.tasks {
			if !yield(model.TaskID(id)) {
				return
			}
		}
		for i := range a.paged.all() {
			if !yield(firstPaged + model.TaskID(i)) {
				return
			}
		}
	}
}

// nextID is the id of the first task that a growth adds.
func (a *Attempt) nextID(parent model.TaskID, made GrowthKind) model.TaskID {
	if made == GrowPage || parent >= firstPaged {
		return firstPaged + model.TaskID(a.paged.given)
	}
	return model.TaskID(len(a.tasks))
}

// pagesAbove yields the pages that a task is, or is below, from below.
func (a *Attempt) pagesAbove(id model.TaskID) iter.Seq2[model.TaskID, *page] {
	return func(yield func(model.TaskID, *page) bool) {
		for ; id >= firstPaged; id = a.at(id).parent {
			if a.at(id).made == GrowPage && !yield(id, a.pages[id]) {
				return
			}
		}
	}
}

// extendPage notes which tasks a growth has added below a page.
func (a *Attempt) extendPage(g Growth, before int32) {
	added := model.TaskID(a.size() - before)
	if g.First < firstPaged || added == 0 {
		return
	}
	at := g.Parent
	if g.Kind == GrowPage {
		at = g.First
	}
	for _, p := range a.pagesAbove(at) {
		p.spans = append(p.spans, span{g.First, g.First + added})
		return
	}
}

// onPage reports whether a task is an item of a page.
func (a *Attempt) onPage(t *task) bool {
	return t.made == GrowItems && a.at(t.parent).made == GrowPage
}

// retirePages takes from restored collections the pages of rounds before the newest:
// what ends below them counts for nothing.
func (a *Attempt) retirePages() {
	for _, id := range slices.Sorted(maps.Keys(a.pages)) {
		of := a.at(id).parent
		t := a.at(of)
		if c := t.items(); c != nil && c.List == a.pages[id].list {
			continue
		}
		t.next -= int32(len(a.at(id).kids))
		a.withdraw(of, id)
	}
}

// withdraw takes a page from among the children of its collection.
func (a *Attempt) withdraw(of, id model.TaskID) {
	t := a.at(of)
	t.kids = slices.DeleteFunc(slices.Clone(t.kids), func(kid model.TaskID) bool { return kid == id })
	for i, kid := range t.kids {
		a.at(kid).index = int32(i)
	}
}

// dropPages forgets the pages all of whose tasks have ended, those inside of others
// first.
func (a *Attempt) dropPages() {
	slices.Sort(a.over)
	for _, id := range slices.Backward(slices.Compact(a.over)) {
		if a.pages[id].live == 0 { // else what was left running has started more
			a.dropPage(id)
		}
	}
	a.over = a.over[:0]
}

func (a *Attempt) dropPage(id model.TaskID) {
	p := a.pages[id]
	a.hushTree(id)
	a.withdraw(a.at(id).parent, id)
	for _, s := range p.spans {
		for id := s.from; id < s.to; id++ {
			a.paged.drop(int(id - firstPaged))
		}
		a.step.Dropped = append(a.step.Dropped, Dropped{Attempt: a.row.ID, From: s.from, To: s.to})
	}
	delete(a.pages, id)
}
