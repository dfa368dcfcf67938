package store

import (
	"iter"

	"github.com/pawlhq/pawl/internal/model"
)

// AttemptIDs yields the attempt of every entry of the batch. Of neighbours
// with the same one, it is yielded once.
func (b *Batch) AttemptIDs() iter.Seq[model.AttemptID] {
	return func(yield func(model.AttemptID) bool) {
		var last model.AttemptID
		next := func(id model.AttemptID) bool {
			if id == last {
				return true
			}
			last = id
			return yield(id)
		}
		for i := range b.Attempts {
			if !next(b.Attempts[i].ID) {
				return
			}
		}
		for i := range b.Tasks {
			if !next(b.Tasks[i].Attempt) {
				return
			}
		}
		for i := range b.Grown {
			if !next(b.Grown[i].Attempt) {
				return
			}
		}
		for i := range b.Events {
			if !next(b.Events[i].Attempt) {
				return
			}
		}
		for i := range b.Listening {
			if !next(b.Listening[i].Attempt) {
				return
			}
		}
		for i := range b.Records {
			if !next(b.Records[i].Attempt) {
				return
			}
		}
		for i := range b.Buried {
			if !next(b.Buried[i].Attempt) {
				return
			}
		}
		for i := range b.Items {
			if !next(b.Items[i].Attempt) {
				return
			}
		}
		for i := range b.Dropped {
			if !next(b.Dropped[i].Attempt) {
				return
			}
		}
		for i := range b.Versions {
			if !next(b.Versions[i].Attempt) {
				return
			}
		}
		for _, r := range b.Release {
			if !next(r.Attempt) {
				return
			}
		}
	}
}
