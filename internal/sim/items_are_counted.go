package sim

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Items are counted once: what a collection counts is what the rows of its items say,
// an item that has ended stays so unless it is to be run again, and with the last item
// no task of any is left.

// ids yields the tasks that have rows, in order.
func (w *witness) ids() iter.Seq[model.TaskID] {
	return slices.Values(slices.Sorted(maps.Keys(w.rows)))
}

// items checks the changes of items in a batch, and takes in which tasks are dropped.
func (c *checks) items(b *store.Batch, again map[model.AttemptID]bool) {
	for i := range b.Items {
		r := &b.Items[i]
		if again[r.Attempt] || r.To != 0 {
			continue
		}
		key := itemKey{store.ItemList{Attempt: r.Attempt, Task: r.Task, List: r.List}, r.Index}
		if old := c.itemStates[key]; old.Final() && r.State != model.Blocked {
			c.sim.fail("promise 2: item %+v was %s and is %s", key, old, r.State)
		}
		c.itemStates[key] = r.State
		c.sim.log.note(c.sim.now, "  a%d/%d item %d %s", r.Attempt, r.Task, r.Index, r.State)
	}
	for _, d := range b.Dropped {
		w := c.attempts[d.Attempt]
		for id := range w.rows {
			if d.From <= id && id < d.To {
				if t := w.tales[id]; t != nil && t.phase&started != 0 {
					c.sim.fail("promise 2: a%d: task %d is dropped, and its row is %s", d.Attempt, id, w.texts[id])
				}
				w.dropped[id] = w.rows[id]
				delete(w.rows, id)
				delete(w.texts, id)
			}
		}
		maps.DeleteFunc(w.tales, func(id model.TaskID, _ *tale) bool { return d.From <= id && id < d.To })
	}
}

// isPage reports whether a task is a page of items, by its name. Pages tell nothing of
// themselves but which tasks they gain.
func isPage(name string) bool { return strings.HasSuffix(name, "^page") }

// itemKey names an item.
type itemKey struct {
	store.ItemList
	index int64
}

// counted checks that what the collections of an attempt count is what the store has.
func (c *checks) counted(w *witness) {
	for id := range w.ids() {
		r := w.rows[id]
		if r.Detail == nil || r.Detail.Items == nil {
			continue
		}
		counts, err := c.sim.store.CountItems(context.Background(), store.ItemList{Attempt: r.Attempt, Task: id, List: r.Detail.Items.List})
		if err != nil {
			c.sim.fail("count items: %v", err)
			return
		}
		if got := countedBy(counts); got != countsOf(r.Detail.Items) {
			c.sim.fail("promise 2: a%d/%d counts %+v items, the rows say %+v", r.Attempt, id, r.Detail.Items, got)
		}
		left := r.Detail.Items.Pending()
		if w.row.State.Done() { // before that, losers may still be ending
			left += r.Detail.Items.Running
		}
		if r.State.Final() && left > 0 {
			c.sim.fail("promise 2: a%d/%d has ended as %s with %+v", r.Attempt, id, r.State, r.Detail.Items)
		}
	}
}

// counts are how many items are where. Those that are left have not started or run.
type counts struct{ left, done, failed, cancelled int64 }

func countsOf(i *engine.Items) counts {
	return counts{i.Pending() + i.Running, i.Done, i.Failed, i.Cancelled}
}

func countedBy(states map[model.State]int64) (n counts) {
	for state, count := range states {
		switch state {
		case model.Blocked:
			n.left += count
		case model.Failed:
			n.failed += count
		case model.Cancelled:
			n.cancelled += count
		default:
			n.done += count
		}
	}
	return n
}
