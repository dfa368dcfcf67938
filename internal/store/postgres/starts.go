package postgres

import (
	"context"
	"crypto/sha256"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// start is one that is encoded, outside of the transaction that it is for.
type start struct {
	store.Start
	hash   [sha256.Size]byte // of the definition
	body   func() []byte
	params []byte
}

func (s *Store) encodeStart(of store.Start) *start {
	hash, body := s.EncodeDefinition(of.Definition)
	return &start{of, hash, body, record.Map(of.Params)}
}

// intake is what one call wants to be started.
type intake struct {
	starts    []*start
	schedules []model.ScheduleID
	// decide puts what is to be written into the ledger, or refuses all of it.
	decide func(*ledger) error
}

// StartAttempt implements store.Starts.
func (s *Store) StartAttempt(ctx context.Context, of store.Start) (a store.Attempt, made bool, err error) {
	one := s.encodeStart(of)
	var existing model.AttemptID
	err = s.take(ctx, "start attempt", &intake{
		starts: []*start{one},
		decide: func(l *ledger) (err error) {
			a, existing, err = l.makeOrFind(one)
			return err
		},
	})
	switch {
	case err != nil:
		return store.Attempt{}, false, err
	case existing != 0:
		a, err = s.Attempt(ctx, existing)
		return a, false, err
	case a.Owner == "":
		s.announce()
	}
	return a, true, nil
}

// StartAll implements store.Starts.
func (s *Store) StartAll(ctx context.Context, starts []store.Start) (list []store.Attempt, err error) {
	in := &intake{starts: make([]*start, len(starts))}
	for i := range starts {
		in.starts[i] = s.encodeStart(starts[i])
	}
	in.decide = func(l *ledger) error {
		list, err = nil, l.admitAll(in.starts)
		if err == nil {
			list = l.makeAll(in.starts)
		}
		return err
	}
	if err := s.take(ctx, "start attempts", in); err != nil {
		return nil, err
	}
	s.announce()
	return list, nil
}

// Fire implements store.Schedules.
func (s *Store) Fire(ctx context.Context, firings []store.Firing) ([]store.Fired, error) {
	in := &intake{}
	starts := make([]*start, len(firings))
	for i := range firings {
		in.schedules = append(in.schedules, firings[i].Schedule.ID)
		if of := firings[i].Start; of != nil {
			starts[i] = s.encodeStart(*of)
			in.starts = append(in.starts, starts[i])
		}
	}
	fired := make([]store.Fired, len(firings))
	in.decide = func(l *ledger) error {
		for i := range firings {
			fired[i].Attempt, fired[i].Err = l.fire(&firings[i], starts[i])
		}
		return nil
	}
	if err := s.take(ctx, "fire schedules", in); err != nil {
		return nil, err
	}
	s.announce()
	return fired, nil
}

func (s *Store) take(ctx context.Context, what string, in *intake) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	return explain(what, s.starts.do(ctx, in))
}

// runStarts reads what there is, lets each call decide in turn, and writes
// what they decided: two round trips, however many calls there are, and a
// third for a chain through sessions that exist. Nothing that they rely on
// changes in between. Only attempts may end, which leaves
// more room, and those that others come after are held.
func (s *Store) runStarts(intakes []*intake) []error {
	return oneByOne(intakes, func(intakes []*intake, errs []error) error {
		var l *ledger
		return s.ordered(s.starts.lane, func(b *pgx.Batch) {
			l = newLedger()
			l.read(b, intakes)
		}, func(ctx context.Context, c *pgx.Conn, b *pgx.Batch) error {
			var more pgx.Batch
			if l.readFormer(&more, intakes); more.Len() > 0 {
				if err := c.SendBatch(ctx, &more).Close(); err != nil {
					return err
				}
			}
			for i, in := range intakes {
				errs[i] = in.decide(l)
			}
			l.write(b)
			return nil
		})
	})
}
