package secret

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/pawlhq/pawl/internal/model"
)

const rotateBatch = 100

// Rotation is what Rotate did.
type Rotation struct {
	// Encrypted counts records that were encrypted anew, Current those that
	// were under the first key already.
	Encrypted, Current int
	// Unreadable counts records that could not be opened and were left alone.
	Unreadable int
}

// Rotate encrypts every record that is not under the first key with it, those
// of Digdag included. It may be stopped and run again at any time, while
// secrets are read and set; what it did before is then Current. Once every
// process has the first key and Rotate returns no error, the other keys are
// not needed any more.
//
// Records that cannot be opened are counted, and the first of them is the
// error once all others are done.
func (v *Vault) Rotate(ctx context.Context) (Rotation, error) {
	var done Rotation
	var first error // of those that cannot be opened
	if v.ring.Empty() {
		return done, ErrNoKey
	}
	for r, err := range v.all(ctx) {
		if err != nil {
			return done, fmt.Errorf("rotate secrets: %w", err)
		}
		value, current, err := v.ring.open(r.Place, r.Text)
		switch {
		case err != nil:
			done.Unreadable++
			first = cmp.Or(first, unreadable(r.Place, err))
		case current:
			done.Current++
		default:
			// One that was set meanwhile is not touched: it has the first key.
			fresh := Record{Place: r.Place, Text: v.ring.seal(r.Place, value)}
			swapped, err := v.records.SwapSecret(ctx, fresh, r.Text)
			if err != nil {
				return done, fmt.Errorf("rotate secret %q of project %d: %w", r.Key, r.Project, err)
			}
			if swapped {
				done.Encrypted++
			}
		}
	}
	if first != nil {
		return done, model.Errorf(model.CodeOf(first), "%d secrets cannot be rotated, the first: %w", done.Unreadable, first)
	}
	return done, nil
}

// all reads the records in order. It ends with the first error.
func (v *Vault) all(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for after := (Place{}); ; {
			batch, err := v.records.SecretsAfter(ctx, after, rotateBatch)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range batch {
				if !yield(r, nil) {
					return
				}
				after = r.Place
			}
			if len(batch) == 0 {
				return
			}
		}
	}
}
