package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// Outbox implements store.Outbox.
func (t *Tables) Outbox(ctx context.Context, after store.OutboxID, n int) (list []store.Outgoing, err error) {
	err = t.db.Read(ctx, "read outbox", func(c Conn) error {
		list = nil
		return c.Query(`SELECT id, attempt, task, try, place, topic, key, value, headers, stored FROM outbox WHERE id > ? ORDER BY id LIMIT ? + 0`,
			func(r Row) error {
				o, err := readOutgoing(r)
				list = append(list, o)
				return err
			}, int64(after), int64(max(n, 0)))
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func readOutgoing(r Row) (o store.Outgoing, err error) {
	o = store.Outgoing{ID: store.OutboxID(r.Int(0)), Record: engine.Record{
		Attempt: model.AttemptID(r.Int(1)), Task: model.TaskID(r.Int(2)), Try: int32(r.Int(3)), Index: int32(r.Int(4)),
		Topic: string(r.Blob(5)), Key: string(r.Blob(6)), At: model.Instant(r.Int(9)),
	}}
	if o.Value, err = record.DecodeValue(r.Blob(7)); err == nil {
		o.Headers, err = record.DecodeMap(r.Blob(8))
	}
	if err != nil {
		err = model.Errorf(model.CodeOf(err), "read record %d: %w", o.ID, err)
	}
	return o, err
}

// putRecord adds a record to the outbox.
func putRecord(c Conn, r *engine.Record) error {
	var headers driver.Value
	if b := record.Map(r.Headers); b != nil {
		headers = b
	}
	_, err := c.Exec(`
		INSERT INTO outbox (attempt, task, try, place, topic, key, value, headers, stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (attempt, task, try, place) DO NOTHING`,
		int64(r.Attempt), int64(r.Task), int64(r.Try), int64(r.Index), Stored(r.Topic), Stored(r.Key), record.Value(r.Value), headers, int64(r.At))
	return err
}

// Sent implements store.Outbox.
func (t *Tables) Sent(ctx context.Context, ids []store.OutboxID) error {
	return t.db.Write(ctx, "clear outbox", func(c Conn) error {
		_, err := c.Exec(`DELETE FROM outbox WHERE id IN (`+t.dialect.Numbers+`)`, idList(ids))
		return err
	})
}

// Pending implements store.Signals.
func (t *Tables) Pending(ctx context.Context) (p store.Pending, err error) {
	err = t.db.ReadMoment(ctx, "count outbox", func(c Conn) error {
		n, _, err := number(c, `SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT ? + 0) AS counted`, int64(store.MostPending))
		if err != nil {
			return err
		}
		oldest, _, err := number(c, `SELECT stored FROM outbox ORDER BY id LIMIT 1`)
		p = store.Pending{Records: int(n), Oldest: model.Instant(oldest)}
		return err
	})
	return p, err
}

// DropTopic implements store.Signals.
func (t *Tables) DropTopic(ctx context.Context, topic string, n int) (ids []store.OutboxID, err error) {
	err = t.db.Write(ctx, "clear outbox", func(c Conn) error {
		ids = nil
		err := c.Query(`SELECT id FROM outbox WHERE topic = ? ORDER BY id LIMIT ? + 0`, func(r Row) error {
			ids = append(ids, store.OutboxID(r.Int(0)))
			return nil
		}, Stored(topic), int64(max(n, 0)))
		if err != nil || len(ids) == 0 {
			return err
		}
		_, err = c.Exec(`DELETE FROM outbox WHERE id IN (`+t.dialect.Numbers+`)`, idList(ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}
