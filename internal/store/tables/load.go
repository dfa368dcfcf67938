package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Load implements store.Attempts.
func (t *Tables) Load(ctx context.Context, id model.AttemptID) (snapshot *store.Snapshot, err error) {
	err = t.db.ReadMoment(ctx, "load attempt", func(c Conn) (err error) {
		snapshot, err = t.load(c, id)
		return err
	})
	return snapshot, err
}

func (t *Tables) load(c Conn, id model.AttemptID) (*store.Snapshot, error) {
	a, definition, err := t.oneAttempt(c, id)
	if err != nil {
		return nil, err
	}
	snapshot := &store.Snapshot{Attempt: a}
	if snapshot.Definition, err = t.definitions.load(c, definition); err != nil {
		return nil, err
	}
	if snapshot.Tasks, err = loadTasks(c, id); err != nil {
		return nil, err
	}
	if snapshot.Growths, err = loadGrowths(c, id); err != nil {
		return nil, err
	}
	if snapshot.Inbox, err = loadPosts(c, `WHERE p.attempt = ? ORDER BY p.id`, int64(id)); err != nil {
		return nil, err
	}
	snapshot.Seq, _, err = number(c, `SELECT max(last) FROM events WHERE attempt = ?`, int64(id))
	return snapshot, err
}

func loadTasks(c Conn, id model.AttemptID) (tasks []engine.TaskRow, err error) {
	err = c.Query(`
		SELECT id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail
		FROM tasks WHERE attempt = ? ORDER BY id`,
		func(r Row) error {
			detail, err := record.DecodeDetail(r.Blob(11))
			tasks = append(tasks, engine.TaskRow{
				Attempt: id, ID: model.TaskID(r.Int(0)), Parent: model.TaskID(r.Int(1)), Name: r.Text(2),
				State: model.State(r.Int(3)), Flags: engine.Flags(r.Int(4)),
				Try: int32(r.Int(5)), Retries: int32(r.Int(6)),
				Started: model.Instant(r.Int(7)), Ended: model.Instant(r.Int(8)),
				Wake: model.Instant(r.Int(9)), Deadline: model.Instant(r.Int(10)), Detail: detail,
			})
			return err
		}, int64(id))
	return tasks, err
}

func loadGrowths(c Conn, id model.AttemptID) (growths []engine.Growth, err error) {
	err = c.Query(`SELECT first, parent, kind, body FROM growths WHERE attempt = ? ORDER BY first, written`,
		func(r Row) error {
			g := engine.Growth{
				Attempt: id, First: model.TaskID(r.Int(0)), Parent: model.TaskID(r.Int(1)), Kind: engine.GrowthKind(r.Int(2)),
			}
			err := record.DecodeGrowth(r.Blob(3), &g)
			growths = append(growths, g)
			return err
		}, int64(id))
	return growths, err
}

// Events implements store.History.
func (t *Tables) Events(ctx context.Context, id model.AttemptID, after int64, limit int) (events []engine.Event, err error) {
	limit, err = store.EventLimit(limit)
	if err != nil {
		return nil, err
	}
	err = t.db.Read(ctx, "read events", func(c Conn) error {
		err := c.Query(`SELECT body FROM events WHERE attempt = ? AND last > ? ORDER BY last LIMIT ? + 0`,
			func(r Row) (err error) {
				events, after, err = appendEvents(events, r.Blob(0), id, after)
				if err == nil && len(events) >= limit {
					err = ErrEnough
				}
				return err
			}, int64(id), after, int64(limit))
		if err == nil && len(events) == 0 {
			_, _, err = t.oneAttempt(c, id)
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
