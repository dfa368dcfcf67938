package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Route implements tables.DB.
func (d database) Route(ctx context.Context, what string, m *routing.Mail) error {
	return d.write(ctx, what, func(c *conn) error { return route(c, m) })
}

// route reads what a call asks about, lets it decide, and writes that.
func route(c *conn, m *routing.Mail) error {
	l := mailLedger{routing.NewLedger(), c}
	if err := l.read(routing.Asked([]*routing.Mail{m})); err != nil {
		return err
	}
	if err := m.Decide(l.Ledger); err != nil {
		return err
	}
	return l.write(m)
}

// mailLedger is one that is filled and written on a connection.
type mailLedger struct {
	*routing.Ledger
	conn *conn
}

// Of those with One, only the first of each key is read, however many there
// are.
var (
	selectListeners = newBulk(`WITH u (mark) AS (VALUES `, `(?)`, `)
		SELECT u.mark, s.attempt, s.task, 0 FROM u CROSS JOIN subscriptions s ON s.mark = u.mark AND s.one = 0
		CROSS JOIN attempts a ON a.id = s.attempt AND a.state + 0 = 0
		UNION ALL
		SELECT u.mark, s.attempt, s.task, 1 FROM u CROSS JOIN subscriptions s ON s.mark = u.mark AND s.one = 1
		AND (s.since, s.attempt, s.task) = (
			SELECT o.since, o.attempt, o.task
			FROM subscriptions o CROSS JOIN attempts a ON a.id = o.attempt AND a.state + 0 = 0
			WHERE o.mark = u.mark AND o.one = 1 ORDER BY o.since, o.attempt, o.task LIMIT 1)`)
	countEarly    = newBulk(`SELECT mark, count(*) FROM letter_keys WHERE early = 1 AND mark IN (`, `?`, `) GROUP BY mark`)
	selectSources = newBulk(`SELECT mark, expires FROM sources WHERE mark IN (`, `?`, `)`)
	selectDead    = newBulk(`SELECT id FROM letters WHERE died + 0 <> 0 AND id IN (`, `?`, `)`)
	selectRunning = newBulk(`SELECT id FROM attempts WHERE state + 0 = 0 AND id IN (`, `?`, `)`)
)

const selectLastLetter = `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'letters'), 0)`

// read fills the ledger with answers to what is asked.
func (l mailLedger) read(q routing.Mail) error {
	last, err := l.conn.number(selectLastLetter)
	if err != nil {
		return err
	}
	l.Last = store.LetterID(last)
	for _, p := range q.Partitions {
		err := l.conn.Query(`SELECT next FROM offsets WHERE feeder = ? AND topic = ? AND number = ?`, func(r tables.Row) error {
			l.Offsets[p] = r.Int(0)
			return nil
		}, p.Feeder, tables.Stored(p.Topic), int64(p.Number))
		if err != nil {
			return err
		}
	}
	for _, read := range []func() error{
		func() error {
			return lookUpMarks(l.conn, selectListeners, q.Keys, func(k routing.Key, r tables.Row) {
				l.Found(k, routing.Listener{Attempt: model.AttemptID(r.Int(1)), Task: model.TaskID(r.Int(2))}, r.Int(3) != 0)
			})
		},
		func() error {
			return lookUpMarks(l.conn, countEarly, q.Keys, func(k routing.Key, r tables.Row) { l.Early[k] = int(r.Int(1)) })
		},
		func() error {
			return lookUpMarks(l.conn, selectSources, q.Sources, func(k routing.Key, r tables.Row) { l.Remembered[k] = model.Instant(r.Int(1)) })
		},
		func() error {
			return lookUpIDs(l.conn, selectDead, q.Letters, func(id store.LetterID) { l.Letters[id] = true })
		},
		func() error {
			return lookUpIDs(l.conn, selectRunning, q.Attempts, func(id model.AttemptID) { l.Running[id] = true })
		},
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// lookUpMarks calls each with the rows that a statement finds for keys.
func lookUpMarks(c *conn, b *bulk, keys []routing.Key, each func(routing.Key, tables.Row)) error {
	return b.query(c, len(keys), func(args []driver.Value, i int) []driver.Value { return append(args, keys[i][:]) },
		func(r tables.Row) { each(routing.Key(r.Blob(0)), r) })
}

// lookUpIDs calls each with the ids that a statement finds, of those given.
func lookUpIDs[ID ~int64](c *conn, b *bulk, ids []ID, each func(ID)) error {
	return b.query(c, len(ids), func(args []driver.Value, i int) []driver.Value { return append(args, int64(ids[i])) },
		func(r tables.Row) { each(ID(r.Int(0))) })
}

var (
	insertPosts = newBulk(`INSERT INTO posts (attempt, task, body, epoch) VALUES `, `(?, ?, ?, (SELECT epoch FROM attempts WHERE id = ?))`, ``)
	wakePosted  = newBulk(`
		UPDATE attempts SET wake = 0
		WHERE epoch = 0 AND wake <> 0 AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0)) AND id IN (`, `?`, `)`)
	putSources    = newBulk(`INSERT INTO sources (mark, expires) VALUES `, `(?, ?)`, ` ON CONFLICT (mark) DO UPDATE SET expires = excluded.expires`)
	insertLetters = newBulk(`
		INSERT INTO letters (id, topic, source, mark, body, raw, came, expires, died, reason, attempt, task)
		VALUES `, `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)`, ``)
	insertLetterKeys = newBulk(`INSERT INTO letter_keys (letter, mark, param, value, early) VALUES `, `(?, ?, ?, ?, ?)`, ``)
	dropLetterKeys   = newBulk(`DELETE FROM letter_keys WHERE letter IN (`, `?`, `)`)
	dropLetters      = newBulk(`DELETE FROM letters WHERE id IN (`, `?`, `)`)
)

// write writes what was decided.
func (l mailLedger) write(m *routing.Mail) error {
	for _, p := range l.Moved() {
		_, err := l.conn.Exec(`
			INSERT INTO offsets (feeder, topic, number, next) VALUES (?, ?, ?, ?)
			ON CONFLICT (feeder, topic, number) DO UPDATE SET next = excluded.next`,
			p.Feeder, tables.Stored(p.Topic), int64(p.Number), l.Offsets[p])
		if err != nil {
			return err
		}
	}
	noted := l.Noted()
	err := putSources.exec(l.conn, len(noted), func(args []driver.Value, i int) []driver.Value {
		return append(args, noted[i][:], int64(l.Remembered[noted[i]]))
	})
	if err != nil {
		return err
	}
	if err := l.post(m); err != nil {
		return err
	}
	if err := forgetLetters(l.conn, l.Gone); err != nil {
		return err
	}
	return l.keep()
}

// post writes posts, and has those driven on who get them: by who is given them, or
// by whoever comes.
func (l mailLedger) post(m *routing.Mail) error {
	var bodies tables.Bodies
	err := insertPosts.exec(l.conn, len(l.Posts), func(args []driver.Value, i int) []driver.Value {
		p := &l.Posts[i]
		return append(args, int64(p.Attempt), int64(p.Task), bodies.Of(p.Message), int64(p.Attempt))
	})
	if err != nil {
		return err
	}
	if m.Given, err = tables.Give(l.conn, dialect.Numbers, m.To, m.Claimed()); err != nil || !m.Wakes() {
		return err
	}
	return wakePosted.exec(l.conn, len(l.Posts), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(l.Posts[i].Attempt))
	})
}

// keep writes early messages and dead letters.
func (l mailLedger) keep() error {
	type keyRow struct {
		letter *routing.Letter
		n      int
	}
	var keys []keyRow
	err := insertLetters.exec(l.conn, len(l.Kept), func(args []driver.Value, i int) []driver.Value {
		k := &l.Kept[i]
		for n := range k.Marks {
			keys = append(keys, keyRow{k, n})
		}
		mark := routing.SourceOf(k.Topic, k.Source)
		return append(args, int64(k.ID), tables.Stored(k.Topic), tables.Stored(k.Source), mark[:], blob(tables.BodyOfLetter(k)), blob(k.Raw),
			int64(k.Came), int64(k.Expires), int64(k.Died), tables.Stored(k.Reason))
	})
	if err != nil {
		return err
	}
	return insertLetterKeys.exec(l.conn, len(keys), func(args []driver.Value, i int) []driver.Value {
		k := keys[i]
		about := k.letter.Keys[k.n]
		return append(args, int64(k.letter.ID), k.letter.Marks[k.n][:], tables.Stored(about.Param), tables.Stored(about.Value), k.letter.Died == 0)
	})
}

// blob returns bytes as an argument, or NULL for none at all.
func blob(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}

// forgetLetters deletes letters with their keys.
func forgetLetters(c *conn, ids []store.LetterID) error {
	fill := func(args []driver.Value, i int) []driver.Value { return append(args, int64(ids[i])) }
	if err := dropLetterKeys.exec(c, len(ids), fill); err != nil {
		return err
	}
	return dropLetters.exec(c, len(ids), fill)
}
