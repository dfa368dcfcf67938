package memory

import (
	"iter"
	"slices"

	"github.com/pawlhq/pawl/internal/store"
)

// oldest yields what comes after an id in a list that has the id n at n-1.
func oldest[E any](list []*E, past int64) iter.Seq[*E] {
	return func(yield func(*E) bool) {
		for _, e := range list[min(past, int64(len(list))):] {
			if e != nil && !yield(e) {
				return
			}
		}
	}
}

// newest yields what comes before an id, the newest first; past is 0 for all.
func newest[E any](list []*E, past int64) iter.Seq[*E] {
	return func(yield func(*E) bool) {
		for id := min(store.Below(past)-1, int64(len(list))); id > 0; id-- {
			if e := list[id-1]; e != nil && !yield(e) {
				return
			}
		}
	}
}

// page gathers the entries of a page, in a form that read gives them, and the
// cursor of the next one. read reports whether an entry belongs to the list.
func page[E, R any](limit int, entries iter.Seq[*E], read func(*E) (R, bool), id func(R) int64) ([]R, string) {
	var list []R
	for e := range entries {
		if r, ok := read(e); ok {
			list = append(list, r)
		}
		if len(list) > limit {
			break
		}
	}
	return store.Cut(list, limit, id)
}

// pageBack returns the last rows that match, the newest first, and where those before them
// are, if there are any.
func pageBack[T any](rows []T, limit int, matches func(*T) bool, mark func(*T) store.Mark) (list []T, next string) {
	for i := range slices.Backward(rows) {
		if !matches(&rows[i]) {
			continue
		}
		if len(list) == limit {
			return list, mark(&list[limit-1]).Cursor()
		}
		list = append(list, rows[i])
	}
	return list, ""
}
