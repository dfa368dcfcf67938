package tables

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
)

const selectLetters = `SELECT l.id, l.topic, l.source, l.body, l.raw, l.came, l.expires, l.died, l.reason, l.attempt, l.task FROM letters l`

func readLetter(r Row) (store.Letter, error) {
	l := store.Letter{
		ID: store.LetterID(r.Int(0)), Topic: string(r.Blob(1)), Source: string(r.Blob(2)),
		Came: model.Instant(r.Int(5)), Expires: model.Instant(r.Int(6)), Died: model.Instant(r.Int(7)), Reason: string(r.Blob(8)),
		Attempt: model.AttemptID(r.Int(9)), Task: model.TaskID(r.Int(10)),
	}
	if len(r.Blob(3)) == 0 {
		l.Raw = append([]byte{}, r.Blob(4)...)
		return l, nil
	}
	c, err := record.DecodeCommand(r.Blob(3))
	if err != nil {
		return l, model.Errorf(model.CodeOf(err), "read letter %d: %w", l.ID, err)
	}
	l.Body, l.Trace = c.Message.Body, c.Message.Trace
	return l, nil
}

// ListLetters implements store.Letters.
func (t *Tables) ListLetters(ctx context.Context, f store.LetterFilter, page store.Page) (list []store.Letter, next string, err error) {
	limit, past, err := page.Bounds()
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		return nil, "", err
	}
	where, args := letterConditions(f, past)
	if f.Value != "" {
		args = append(args, int64(limit)+1)
	}
	err = t.db.ReadMoment(ctx, "list messages", func(c Conn) (err error) {
		list, err = t.letters(c, where+` ORDER BY l.id LIMIT ? + 0`, append(args, int64(limit)+1)...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	list, next = store.Cut(list, limit, func(l store.Letter) int64 { return int64(l.ID) })
	return list, next, nil
}

// letters returns letters with their keys.
func (t *Tables) letters(c Conn, where string, args ...driver.Value) (list []store.Letter, err error) {
	places := make(map[int64]int)
	var ids []int64
	err = c.Query(selectLetters+where, func(r Row) error {
		l, err := readLetter(r)
		places[r.Int(0)] = len(list)
		ids = append(ids, r.Int(0))
		list = append(list, l)
		return err
	}, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	err = c.Query(`SELECT letter, param, value FROM letter_keys WHERE letter IN (`+t.dialect.Numbers+`)`, func(r Row) error {
		l := &list[places[r.Int(0)]]
		l.Keys = append(l.Keys, store.MessageKey{Param: string(r.Blob(1)), Value: string(r.Blob(2))})
		return nil
	}, idList(ids))
	for i := range list {
		slices.SortFunc(list[i].Keys, func(a, b store.MessageKey) int {
			return cmp.Or(cmp.Compare(a.Param, b.Param), cmp.Compare(a.Value, b.Value))
		})
	}
	return list, err
}

// Resend implements store.Letters.
func (t *Tables) Resend(ctx context.Context, ids []store.LetterID, early store.Early, now model.Instant) ([]store.Delivered, error) {
	var found []store.Letter
	err := t.db.ReadMoment(ctx, "read letters", func(c Conn) (err error) {
		found, err = t.letters(c, ` WHERE l.died <> 0 AND l.id IN (`+t.dialect.Numbers+`)`, idList(ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	return t.route(ctx, "send letters again", routing.Resend(ids, found, early, now))
}

// DropLetters implements store.Letters.
func (t *Tables) DropLetters(ctx context.Context, ids []store.LetterID) error {
	return t.db.Write(ctx, "drop letters", func(c Conn) error { return t.dropLetters(c, idList(ids)) })
}

// dropLetters deletes the letters in a list, with their keys.
func (t *Tables) dropLetters(c Conn, list string) error {
	if _, err := c.Exec(`DELETE FROM letter_keys WHERE letter IN (`+t.dialect.Numbers+`)`, list); err != nil {
		return err
	}
	_, err := c.Exec(`DELETE FROM letters WHERE id IN (`+t.dialect.Numbers+`)`, list)
	return err
}

// ExpireLetters implements store.Letters.
func (t *Tables) ExpireLetters(ctx context.Context, now model.Instant, n int) (e store.Expiry, err error) {
	n = max(n, 0)
	err = t.db.Write(ctx, "expire messages", func(c Conn) error {
		e = store.Expiry{Next: model.Never}
		ids, err := letterIDs(c, `SELECT id FROM letters WHERE died = 0 AND expires <= ? ORDER BY expires, id LIMIT ? + 0`, int64(now), int64(n))
		if err != nil {
			return err
		}
		if e.Letters = len(ids); e.Letters > 0 {
			if err := t.die(c, idList(ids), now, store.ReasonExpired); err != nil {
				return err
			}
		}
		gone, err := c.Exec(`
			DELETE FROM sources WHERE mark IN (SELECT mark FROM sources WHERE expires <= ? ORDER BY expires LIMIT ? + 0)`, int64(now), int64(n))
		if e.Sources = int(gone); err != nil {
			return err
		}
		return expiresNext(c, &e, now)
	})
	if err != nil {
		return store.Expiry{}, err
	}
	return e, nil
}

// expiresNext finds out when there is something to expire again.
func expiresNext(c Conn, e *store.Expiry, now model.Instant) error {
	next, found, err := number(c, `SELECT expires FROM letters WHERE died = 0 ORDER BY expires, id LIMIT 1`)
	if err != nil {
		return err
	}
	if found {
		e.Next = model.Instant(next)
	}
	_, found, err = number(c, `SELECT 1 FROM sources WHERE expires <= ? LIMIT 1`, int64(now))
	if found {
		e.Next = min(e.Next, now)
	}
	return err
}

// die makes dead letters of the early messages in a list.
func (t *Tables) die(c Conn, list string, now model.Instant, reason string) error {
	_, err := c.Exec(`UPDATE letters SET died = ?, reason = ? WHERE id IN (`+t.dialect.Numbers+`)`, int64(now), Stored(reason), list)
	if err != nil {
		return err
	}
	_, err = c.Exec(`UPDATE letter_keys SET early = 0 WHERE letter IN (`+t.dialect.Numbers+`)`, list)
	return err
}

// letters deletes old dead letters.
func (w *sweep) letters() error {
	before := store.Expired(w.now, w.of.Letters)
	if before == 0 {
		return nil
	}
	ids, err := letterIDs(w.conn, `SELECT id FROM letters WHERE died <> 0 AND died < ? ORDER BY died, id LIMIT ? + 0`, int64(before), int64(w.limit))
	w.Letters = len(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return w.dropLetters(w.conn, idList(ids))
}

// dropBuried deletes what the tasks of attempts in a list buried.
func (w *sweep) dropBuried(attempts string) error {
	ids, err := letterIDs(w.conn, `SELECT id FROM letters WHERE attempt <> 0 AND attempt IN (`+w.dialect.Numbers+`)`, attempts)
	if err != nil || len(ids) == 0 {
		return err
	}
	return w.dropLetters(w.conn, idList(ids))
}

func letterIDs(c Conn, text string, args ...driver.Value) (ids []int64, err error) {
	err = c.Query(text, func(r Row) error {
		ids = append(ids, r.Int(0))
		return nil
	}, args...)
	return ids, err
}
