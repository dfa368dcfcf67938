package tables

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// InsertTicks is what stands before the rows of AppendTick.
const InsertTicks = `INSERT INTO ticks (time, kind, project, name, slot, until, slots, outcome, reason, started, attempts) VALUES `

// AppendTick appends the columns of a tick that is as it is to be kept.
func AppendTick(args []driver.Value, t *store.Tick) []driver.Value {
	return append(args, int64(t.At), int64(t.Kind), int64(t.Project), t.Name, int64(t.Slot), int64(t.Until),
		int64(t.Slots), int64(t.Outcome), t.Reason, int64(t.Started), TickAttempts(t))
}

// TickAttempts returns the attempts of a tick as they are stored.
func TickAttempts(t *store.Tick) string {
	var b []byte
	for i, id := range t.Attempts {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(b)
}

// AppendTicks implements store.Ticks.
func (t *Tables) AppendTicks(ctx context.Context, ticks []store.Tick) error {
	return t.db.Write(ctx, "write ticks", func(c Conn) error { return appendTicks(c, ticks) })
}

func appendTicks(c Conn, ticks []store.Tick) error {
	for i := range ticks {
		one := ticks[i].Kept()
		if _, err := c.Exec(InsertTicks+`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, AppendTick(nil, &one)...); err != nil {
			return err
		}
	}
	return nil
}

// ListTicks implements store.Ticks. What is asked of a name goes through the index
// ticks_of, what is asked of a project through ticks_project, once for each kind, and
// all else through ticks_outcome, once for each kind and outcome.
func (t *Tables) ListTicks(ctx context.Context, f store.TickFilter, page store.Page) (list []store.Tick, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil {
		return nil, "", err
	}
	parts := tickParts(f)
	err = t.db.ReadMoment(ctx, "read ticks", func(c Conn) error {
		list = list[:0]
		for i := range parts {
			if err := t.readTicks(c, &parts[i], store.BelowMark(past), limit+1, &list); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(list, func(a, b store.Tick) int { return b.Mark().Compare(a.Mark()) })
	if len(list) > limit {
		return list[:limit], list[limit-1].Mark().Cursor(), nil
	}
	return list, "", nil
}

// tickParts returns filters that select the same ticks, each in the order of an index.
func tickParts(f store.TickFilter) (parts []store.TickFilter) {
	kinds, outcomes := store.TickKinds, store.TickOutcomes
	if f.Kind != 0 || f.Project != 0 && f.Name != "" {
		kinds = []store.TickKind{f.Kind}
	}
	if f.Outcome != 0 || f.Project != 0 {
		outcomes = []store.TickOutcome{f.Outcome}
	}
	for _, f.Kind = range kinds {
		for _, f.Outcome = range outcomes {
			parts = append(parts, f)
		}
	}
	return parts
}

func (t *Tables) readTicks(c Conn, f *store.TickFilter, before store.Mark, most int, list *[]store.Tick) error {
	where, args := t.tickConditions(f, before)
	return c.Query(`
		SELECT t.id, t.time, t.kind, t.project, t.name, t.slot, t.until, t.slots, t.outcome, t.reason, t.started, t.attempts,
		       coalesce((SELECT p.name FROM projects p WHERE p.id = t.project), '')
		FROM ticks t `+where+` ORDER BY t.time DESC, t.id DESC LIMIT ? + 0`, func(r Row) error {
		one := store.Tick{
			ID: store.TickID(r.Int(0)), At: model.Instant(r.Int(1)), Kind: store.TickKind(r.Int(2)), //nolint:gosec // written as they are
			Project: model.ProjectID(r.Int(3)), Name: r.Text(4), Slot: model.Instant(r.Int(5)), Until: model.Instant(r.Int(6)),
			Slots: int(r.Int(7)), Outcome: store.TickOutcome(r.Int(8)), Reason: r.Text(9), Started: int(r.Int(10)), //nolint:gosec // the same
			ProjectName: r.Text(12),
		}
		for text := range strings.FieldsSeq(r.Text(11)) {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return err
			}
			one.Attempts = append(one.Attempts, model.AttemptID(id))
		}
		*list = append(*list, one)
		return nil
	}, append(args, int64(most))...)
}

// tickConditions returns what a filter says in SQL, for ticks before a place.
func (t *Tables) tickConditions(f *store.TickFilter, before store.Mark) (where string, args []driver.Value) {
	if end := (store.Mark{Time: f.Until}); f.Until != 0 && end.Compare(before) < 0 {
		before = end
	}
	where, args = `WHERE (t.time, t.id) < (?, ?)`, []driver.Value{int64(before.Time), before.ID}
	if f.From != 0 {
		where, args = where+` AND t.time >= ?`, append(args, int64(f.From))
	}
	hide, hideKind := "", ""
	if f.Project != 0 {
		where, args, hide = where+` AND t.project = ?`, append(args, int64(f.Project)), t.dialect.Hide
	}
	if f.Projects != nil {
		where, args = where+` AND `+t.dialect.Hide+`t.project IN (`+t.dialect.Numbers+`)`, append(args, idList(f.Projects))
	}
	if f.Name != "" {
		where, args, hideKind = where+` AND t.name = ?`, append(args, f.Name), hide
	}
	if f.Outcome != 0 {
		where, args = where+` AND `+hide+`t.outcome = ?`, append(args, int64(f.Outcome))
	}
	if f.Kind != 0 {
		where, args = where+` AND `+hideKind+`t.kind = ?`, append(args, int64(f.Kind))
	}
	return where, args
}

// ticks deletes those that are not to be kept.
func (w *sweep) ticks() error {
	for _, f := range tickParts(store.TickFilter{}) {
		n, err := w.conn.Exec(`
			DELETE FROM ticks WHERE id IN (SELECT id FROM ticks WHERE outcome = ? AND kind = ? AND time < ? ORDER BY time, id LIMIT ? + 0)`,
			int64(f.Outcome), int64(f.Kind), int64(store.Expired(w.now, w.of.Ticks.Of(f.Outcome))), int64(w.limit-w.Ticks))
		if err != nil {
			return err
		}
		w.Ticks += int(n)
	}
	return nil
}
