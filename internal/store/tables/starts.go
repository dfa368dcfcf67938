package tables

import (
	"context"
	"crypto/sha256"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Start is one that is encoded, outside of the transaction that it is for.
type Start struct {
	store.Start
	// Hash is what the definition is known by, and Body gives the form that has
	// it.
	Hash [sha256.Size]byte
	Body func() []byte
	// Stored are the parameters as they are stored.
	Stored []byte
}

// EncodeStart encodes a start.
func (t *Tables) EncodeStart(of store.Start) *Start {
	e := t.definitions.encode(of.Definition)
	return &Start{of, e.hash, e.body, record.Map(of.Params)}
}

// Intake is what one call wants to be started.
type Intake struct {
	// Starts and Schedules are what it asks about.
	Starts    []*Start
	Schedules []model.ScheduleID
	// Decide puts what is to be written into the ledger, or refuses all of it
	// with an error that carries a code. It may be called more than once, each
	// time with another ledger.
	Decide func(*Ledger) error
}

// StartAttempt implements store.Starts.
func (t *Tables) StartAttempt(ctx context.Context, of store.Start) (a store.Attempt, made bool, err error) {
	one := t.EncodeStart(of)
	var existing model.AttemptID
	err = t.db.Take(ctx, "start attempt", &Intake{
		Starts: []*Start{one},
		Decide: func(l *Ledger) (err error) {
			a, existing, err = l.makeOrFind(one)
			return err
		},
	})
	switch {
	case err != nil:
		return store.Attempt{}, false, err
	case existing != 0:
		a, err = t.Attempt(ctx, existing)
		return a, false, err
	case a.Owner == "":
		t.db.Call()
	}
	return a, true, nil
}

// StartAll implements store.Starts.
func (t *Tables) StartAll(ctx context.Context, starts []store.Start) (list []store.Attempt, err error) {
	in := &Intake{Starts: make([]*Start, len(starts))}
	for i := range starts {
		in.Starts[i] = t.EncodeStart(starts[i])
	}
	in.Decide = func(l *Ledger) error {
		list, err = nil, l.admitAll(in.Starts)
		if err == nil {
			list = l.MakeAll(in.Starts)
		}
		return err
	}
	if err := t.db.Take(ctx, "start attempts", in); err != nil {
		return nil, err
	}
	t.db.Call()
	return list, nil
}

// Fire implements store.Schedules.
func (t *Tables) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	in := &Intake{}
	starts := make([]*Start, len(firings))
	for i := range firings {
		in.Schedules = append(in.Schedules, firings[i].Schedule.ID)
		if of := firings[i].Start; of != nil {
			starts[i] = t.EncodeStart(*of)
			in.Starts = append(in.Starts, starts[i])
		}
	}
	fired := make([]store.Fired, len(firings))
	in.Decide = func(l *Ledger) error {
		for i := range firings {
			fired[i].Attempt, fired[i].Err = l.fire(&firings[i], starts[i])
		}
		return nil
	}
	if err := t.db.Take(ctx, "fire schedules", in); err != nil {
		return nil, err
	}
	t.db.Call()
	return fired, nil
}
