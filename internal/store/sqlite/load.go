package sqlite

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Load implements store.Attempts.
func (s *Store) Load(ctx context.Context, id model.AttemptID) (snapshot *store.Snapshot, err error) {
	err = s.read(ctx, "load attempt", func(c *conn) error {
		return c.atOneMoment(func() (err error) {
			snapshot, err = s.load(c, id)
			return err
		})
	})
	return snapshot, err
}

// atOneMoment lets several queries see the same state.
func (c *conn) atOneMoment(read func() error) error {
	if _, err := c.exec("BEGIN"); err != nil {
		return err
	}
	err := read()
	if _, e := c.exec("COMMIT"); err == nil {
		err = e
	}
	return err
}

func (s *Store) load(c *conn, id model.AttemptID) (*store.Snapshot, error) {
	a, definition, err := oneAttempt(c, id)
	if err != nil {
		return nil, err
	}
	snapshot := &store.Snapshot{Attempt: a}
	if snapshot.Definition, err = s.definitions.load(c, definition); err != nil {
		return nil, err
	}
	if snapshot.Tasks, err = loadTasks(c, id); err != nil {
		return nil, err
	}
	if snapshot.Growths, err = loadGrowths(c, id); err != nil {
		return nil, err
	}
	snapshot.Seq, _, err = c.number(`SELECT max(last) FROM events WHERE attempt = ?`, int64(id))
	return snapshot, err
}

func loadTasks(c *conn, id model.AttemptID) (tasks []engine.TaskRow, err error) {
	err = c.query(`
		SELECT id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail
		FROM tasks WHERE attempt = ? ORDER BY id`,
		func(r row) error {
			detail, err := record.DecodeDetail(r.blob(11))
			tasks = append(tasks, engine.TaskRow{
				Attempt: id, ID: model.TaskID(r.int(0)), Parent: model.TaskID(r.int(1)), Name: r.text(2),
				State: model.State(r.int(3)), Flags: engine.Flags(r.int(4)),
				Try: int32(r.int(5)), Retries: int32(r.int(6)),
				Started: model.Instant(r.int(7)), Ended: model.Instant(r.int(8)),
				Wake: model.Instant(r.int(9)), Deadline: model.Instant(r.int(10)), Detail: detail,
			})
			return err
		}, int64(id))
	return tasks, err
}

func loadGrowths(c *conn, id model.AttemptID) (growths []engine.Growth, err error) {
	err = c.query(`SELECT first, parent, kind, body FROM growths WHERE attempt = ? ORDER BY first, written`,
		func(r row) error {
			g := engine.Growth{
				Attempt: id, First: model.TaskID(r.int(0)), Parent: model.TaskID(r.int(1)), Kind: engine.GrowthKind(r.int(2)),
			}
			err := record.DecodeGrowth(r.blob(3), &g)
			growths = append(growths, g)
			return err
		}, int64(id))
	return growths, err
}

// Events implements store.History.
func (s *Store) Events(ctx context.Context, id model.AttemptID, after int64, limit int) (events []engine.Event, err error) {
	limit, err = store.EventLimit(limit)
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, "read events", func(c *conn) error {
		err := c.query(`SELECT body FROM events WHERE attempt = ? AND last > ? ORDER BY last LIMIT ?`,
			func(r row) (err error) {
				events, after, err = appendEvents(events, r.blob(0), id, after)
				if err == nil && len(events) >= limit {
					err = errEnough
				}
				return err
			}, int64(id), after, int64(limit))
		if err == nil && len(events) == 0 {
			_, _, err = oneAttempt(c, id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return events[:min(limit, len(events))], nil
}

// appendEvents adds the events of a chunk that come after a number, and
// returns the number that the next chunk goes on from: chunks overlap where a
// batch was written again as part of a larger one.
func appendEvents(events []engine.Event, chunk []byte, id model.AttemptID, after int64) ([]engine.Event, int64, error) {
	events, err := record.DecodeEvents(events, chunk, id, after)
	if err == nil && len(events) > 0 {
		after = max(after, events[len(events)-1].Seq)
	}
	return events, after, err
}
