package tables

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store/record"
)

// ItemRow is the row of one item with what is stored of its end.
type ItemRow struct {
	*engine.ItemRow
	Body []byte
}

// planItems keeps the last change of each item, in order of their keys.
func (p *Plan) planItems() {
	for i := range p.Batch.Items {
		r := &p.Batch.Items[i]
		if r.To != 0 {
			p.Sweeps = append(p.Sweeps, r)
			continue
		}
		p.Items = append(p.Items, ItemRow{ItemRow: r})
	}
	slices.SortStableFunc(p.Items, compareItems)
	kept := p.Items[:0]
	for i, r := range p.Items {
		if i+1 == len(p.Items) || compareItems(r, p.Items[i+1]) != 0 {
			kept = append(kept, ItemRow{r.ItemRow, itemEnd(r.ItemRow)})
		}
	}
	p.Items = kept
}

func compareItems(a, b ItemRow) int {
	return cmp.Or(
		cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task), cmp.Compare(a.List, b.List), cmp.Compare(a.Index, b.Index),
	)
}

// Alike returns how many of the first rows differ in nothing but their indexes, which
// follow each other.
func Alike(rows []ItemRow) int {
	first := &rows[0]
	for i := range rows {
		r := &rows[i]
		if r.Attempt != first.Attempt || r.Task != first.Task || r.List != first.List || r.Index != first.Index+int64(i) ||
			r.State != first.State || r.Started != first.Started || r.Ended != first.Ended || !bytes.Equal(r.Body, first.Body) {
			return i
		}
	}
	return len(rows)
}

// itemEnd is what is stored of the end of an item, in the form of a task's detail.
func itemEnd(r *engine.ItemRow) []byte {
	if r.Error.Len() == 0 && r.Result.Len() == 0 {
		return nil
	}
	return record.Detail(&engine.Detail{Error: r.Error, Store: r.Result})
}
