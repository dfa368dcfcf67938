package tables

import (
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// facts deletes old facts, but the last of each product and partition that is old, and
// reports whether there may be more.
//
// It looks at each fact once, when that has become old: what it takes the place of goes
// then. So those that stay cost nothing more, as long as the process lives.
func (w *sweep) facts() (more bool, err error) {
	before := store.Expired(w.now, w.of.Facts)
	w.told = w.factsPruned()
	type part struct {
		project       int64
		product, part string
	}
	var goes, stays []int64
	last := make(map[part]int)
	looked := 0
	err = w.conn.Query(`
		SELECT f.at, f.id, f.kind, f.project, f.name, f.part FROM facts f
		WHERE (f.at, f.id) > (?, ?) AND f.at < ? ORDER BY f.at, f.id LIMIT ? + 0`, func(r Row) error {
		looked++
		w.told = store.Mark{Time: model.Instant(r.Int(0)), ID: r.Int(1)}
		if store.FactKind(r.Int(2)) != store.OfProduct { //nolint:gosec // written as it is
			goes = append(goes, r.Int(1))
			return nil
		}
		of := part{r.Int(3), strings.Clone(r.Text(4)), strings.Clone(r.Text(5))}
		at, known := last[of]
		if !known {
			at = len(stays)
			last[of], stays = at, append(stays, 0)
		}
		stays[at] = r.Int(1)
		return nil
	}, int64(w.told.Time), w.told.ID, int64(before), int64(w.limit))
	if err != nil || looked == 0 {
		return false, err
	}
	n, err := w.conn.Exec(`DELETE FROM facts WHERE id IN (`+w.dialect.Numbers+`)`, idList(goes))
	if err != nil {
		return false, err
	}
	former, err := w.conn.Exec(`
		DELETE FROM facts WHERE id IN (
			SELECT o.id FROM facts n `+w.dialect.Ordered+` facts o
				ON o.project = n.project AND o.kind = 1 AND o.name = n.name AND o.part = n.part AND (o.at, o.id) < (n.at, n.id)
			WHERE n.id IN (`+w.dialect.Numbers+`))`, idList(stays))
	w.Facts = int(n + former)
	return looked == w.limit, err
}

// factsPruned returns the place of the last old fact that was looked at.
func (t *Tables) factsPruned() store.Mark {
	t.pruning.Lock()
	defer t.pruning.Unlock()
	return t.pruned
}

// prunedFacts notes the place, which was come to from another.
func (t *Tables) prunedFacts(to store.Mark) {
	t.pruning.Lock()
	defer t.pruning.Unlock()
	if t.pruned.Compare(to) < 0 {
		t.pruned = to
	}
}
