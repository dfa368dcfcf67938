package tables

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// ItemRow is the row of one item with what is stored of its end.
type ItemRow struct {
	*engine.ItemRow
	Body []byte
}

// planItems keeps the last change of each item.
func (p *Plan) planItems() {
	all := p.Batch.Items
	if len(all) == 0 {
		return
	}
	type key struct {
		store.ItemList
		index int64
	}
	last := make(map[key]int, len(all))
	for i := range all {
		last[key{listOf(&all[i]), all[i].Index}] = i
	}
	for i := range all {
		r := &all[i]
		switch {
		case r.To != 0:
			p.Sweeps = append(p.Sweeps, r)
		case last[key{listOf(r), r.Index}] == i:
			p.Items = append(p.Items, ItemRow{r, itemEnd(r)})
		}
	}
}

func listOf(r *engine.ItemRow) store.ItemList {
	return store.ItemList{Attempt: r.Attempt, Task: r.Task, List: r.List}
}

// itemEnd is what is stored of the end of an item, in the form of a task's detail.
func itemEnd(r *engine.ItemRow) []byte {
	if r.Error.Len() == 0 && r.Result.Len() == 0 {
		return nil
	}
	return record.Detail(&engine.Detail{Error: r.Error, Store: r.Result})
}
