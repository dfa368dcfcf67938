package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Load implements store.Attempts.
func (t *Tables) Load(ctx context.Context, id model.AttemptID) (*store.Snapshot, error) {
	var list []store.Loaded
	err := t.db.ReadMoment(ctx, "load attempt", func(c Conn) (err error) {
		list, err = t.loadSome(c, []model.AttemptID{id}, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list[0].Snapshot, list[0].Err
}

// LoadAll implements store.Attempts.
func (t *Tables) LoadAll(ctx context.Context, ids []model.AttemptID) ([]store.Loaded, error) {
	list := make([]store.Loaded, 0, len(ids))
	for len(list) < len(ids) {
		var some []store.Loaded
		err := t.db.ReadMoment(ctx, "load attempts", func(c Conn) (err error) {
			some, err = t.loadSome(c, ids[len(list):], false)
			return err
		})
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// mostTasks bounds the tasks that are read in one transaction, unless they are
// of one attempt, so that many big attempts take no longer than a call may.
const mostTasks = 20_000

// loadSome loads the first of these attempts, and one at least. Unless all is
// wanted, it looks for no progress of those that have not begun.
func (t *Tables) loadSome(c Conn, ids []model.AttemptID, all bool) ([]store.Loaded, error) {
	l := &loading{Conn: c, numbers: t.dialect.Numbers, all: all, entries: make(map[model.AttemptID]*entry, len(ids))}
	for _, id := range ids {
		l.entries[id] = &entry{Loaded: store.Loaded{Err: unknownAttempt(id)}}
	}
	if err := l.rows(t.selectAttempts, ids); err != nil {
		return nil, err
	}
	ids = ids[:l.fitting(ids)]
	for _, load := range []func([]model.AttemptID) error{
		func(ids []model.AttemptID) error { return l.definitions(t.definitions, ids) },
		l.posts,
		l.progress,
	} {
		if err := load(ids); err != nil {
			return nil, err
		}
	}
	list := make([]store.Loaded, len(ids))
	for i, id := range ids {
		list[i] = l.entries[id].Loaded
	}
	return list, nil
}

// loading reads attempts at one moment.
type loading struct {
	Conn
	numbers string // the dialect's
	all     bool
	entries map[model.AttemptID]*entry
}

type entry struct {
	store.Loaded
	definition int64
}

// fail leaves out an attempt that can't be read.
func (e *entry) fail(err error) { e.Snapshot, e.Err = nil, err }

// add puts something that was read into the snapshot of an attempt.
func (l *loading) add(attempt int64, err error, put func(*store.Snapshot)) {
	switch e := l.entries[model.AttemptID(attempt)]; {
	case e.Snapshot == nil: // it failed before
	case err != nil:
		e.fail(err)
	default:
		put(e.Snapshot)
	}
}

func (l *loading) rows(selectAttempts string, ids []model.AttemptID) error {
	return l.Query(selectAttempts+` WHERE a.id IN (`+l.numbers+`)`, func(r Row) error {
		e := l.entries[model.AttemptID(r.Int(0))]
		e.definition = r.Int(definitionColumn)
		a, err := readAttempt(r)
		if err != nil {
			e.fail(err)
			return nil
		}
		e.Loaded = store.Loaded{Snapshot: &store.Snapshot{Attempt: a}}
		return nil
	}, idList(ids))
}

// fitting returns how many of the attempts are read together.
func (l *loading) fitting(ids []model.AttemptID) int {
	tasks := 0
	for i, id := range ids {
		if s := l.entries[id].Snapshot; s != nil {
			tasks += int(s.Attempt.Tasks)
		}
		if tasks > mostTasks && i > 0 {
			return i
		}
	}
	return len(ids)
}

func (l *loading) definitions(known *definitions, ids []model.AttemptID) error {
	var wanted []int64
	for _, id := range ids {
		if e := l.entries[id]; e.Snapshot != nil {
			wanted = append(wanted, e.definition)
		}
	}
	found, err := known.loadAll(l, wanted)
	for _, id := range ids {
		e := l.entries[id]
		d := found[e.definition]
		l.add(int64(id), d.err, func(s *store.Snapshot) { s.Definition = d.workflow })
	}
	return err
}

func (l *loading) posts(ids []model.AttemptID) error {
	posts, err := loadPosts(l, `WHERE p.attempt IN (`+l.numbers+`) ORDER BY p.id`, idList(ids))
	for _, p := range posts {
		l.add(int64(p.Attempt), p.Err, func(s *store.Snapshot) { s.Inbox = append(s.Inbox, p) })
	}
	return err
}

// progress reads what there should be only of attempts that have begun.
func (l *loading) progress(ids []model.AttemptID) error {
	var begun []model.AttemptID
	for _, id := range ids {
		if s := l.entries[id].Snapshot; s != nil && (l.all || s.Attempt.Started != 0 || s.Attempt.State.Done()) {
			begun = append(begun, id)
		}
	}
	if len(begun) == 0 {
		return nil
	}
	list := idList(begun)
	if err := l.tasks(list); err != nil {
		return err
	}
	if err := l.growths(list); err != nil {
		return err
	}
	return l.Query(`SELECT attempt, max(last) FROM events WHERE attempt IN (`+l.numbers+`) GROUP BY attempt`,
		func(r Row) error {
			l.add(r.Int(0), nil, func(s *store.Snapshot) { s.Seq = r.Int(1) })
			return nil
		}, list)
}

func (l *loading) tasks(ids string) error {
	return l.Query(`
		SELECT attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail
		FROM tasks WHERE attempt IN (`+l.numbers+`) ORDER BY attempt, id`,
		func(r Row) error {
			detail, err := record.DecodeDetail(r.Blob(12))
			l.add(r.Int(0), err, func(s *store.Snapshot) {
				s.Tasks = append(s.Tasks, engine.TaskRow{
					Attempt: s.Attempt.ID, ID: model.TaskID(r.Int(1)), Parent: model.TaskID(r.Int(2)), Name: r.Text(3),
					State: model.State(r.Int(4)), Flags: engine.Flags(r.Int(5)),
					Try: int32(r.Int(6)), Retries: int32(r.Int(7)),
					Started: model.Instant(r.Int(8)), Ended: model.Instant(r.Int(9)),
					Wake: model.Instant(r.Int(10)), Deadline: model.Instant(r.Int(11)), Detail: detail,
				})
			})
			return nil
		}, ids)
}

func (l *loading) growths(ids string) error {
	return l.Query(`
		SELECT attempt, first, parent, kind, body
		FROM growths WHERE attempt IN (`+l.numbers+`) ORDER BY attempt, first, written`,
		func(r Row) error {
			g := engine.Growth{
				Attempt: model.AttemptID(r.Int(0)), First: model.TaskID(r.Int(1)), Parent: model.TaskID(r.Int(2)),
				Kind: engine.GrowthKind(r.Int(3)),
			}
			err := record.DecodeGrowth(r.Blob(4), &g)
			l.add(r.Int(0), err, func(s *store.Snapshot) { s.Growths = append(s.Growths, g) })
			return nil
		}, ids)
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
			_, err = t.oneAttempt(c, id)
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
