package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// Route implements tables.DB.
func (d database) Route(ctx context.Context, what string, m *routing.Mail) error {
	if ctx.Err() != nil {
		return explain(what, context.Cause(ctx))
	}
	return explain(what, d.mail.do(ctx, m))
}

// runMail reads what there is, lets each call decide in turn, and writes what
// they decided: two round trips, however many messages there are. Meanwhile
// nobody can begin to listen. Who listens can end, but for those who are found:
// they are held. Where one of these ended just before that, all are let go of, and
// others are looked for.
func (s *Store) runMail(mail []*routing.Mail) []error {
	return oneByOne(mail, func(mail []*routing.Mail, errs []error) error {
		asked := routing.Asked(mail)
		var l mailLedger
		return s.ordered(s.mail.lane, func(b *pgx.Batch) {
			l = mailLedger{Ledger: routing.NewLedger(), ended: new(bool)}
			l.read(b, &asked)
		}, func(ctx context.Context, c *pgx.Conn, b *pgx.Batch) error {
			if err := l.settle(ctx, c, asked.Keys); err != nil {
				return err
			}
			for i, m := range mail {
				errs[i] = m.Decide(l.Ledger)
			}
			l.write(b, mail...)
			return nil
		})
	})
}

// mailLedger is one that is filled and written by what is queued.
type mailLedger struct {
	*routing.Ledger
	// ended is set when somebody who listened has ended.
	ended *bool
}

// Of those with One, only the first of each key is read, however many there
// are. Attempts are locked in order of id, against those who would end or
// release them; their states are those that they have then. Who listens is
// materialized, because a row that has changed when its lock is had is looked for
// anew in what is not, and may not be found.
const (
	selectListeners = `
		WITH m AS MATERIALIZED (
			SELECT u.mark, s.attempt, s.task, s.one FROM unnest($1::bytea[]) AS u (mark) JOIN subscriptions s ON s.mark = u.mark AND s.one = 0
			JOIN attempts r ON r.id = s.attempt AND r.state + 0 = 0
			UNION ALL
			SELECT u.mark, s.attempt, s.task, s.one FROM unnest($1::bytea[]) AS u (mark), LATERAL (
				SELECT o.attempt, o.task, o.one FROM subscriptions o JOIN attempts r ON r.id = o.attempt AND r.state + 0 = 0
				WHERE o.mark = u.mark AND o.one = 1 ORDER BY o.since, o.attempt, o.task LIMIT 1) s
		)
		SELECT m.mark, m.attempt, m.task, m.one, a.state FROM m JOIN attempts a ON a.id = m.attempt
		ORDER BY a.id FOR KEY SHARE OF a`
	countEarly = `
		SELECT u.mark, (SELECT count(*) FROM letter_keys k WHERE k.mark = u.mark AND k.early = 1) FROM unnest($1::bytea[]) AS u (mark)`
	selectSources = `SELECT mark, expires FROM sources WHERE mark = ANY ($1)`
	selectOffsets = `
		SELECT u.n, o.next FROM unnest($1::text[], $2::bytea[], $3::integer[]) WITH ORDINALITY AS u (feeder, topic, number, n)
		JOIN offsets o ON o.feeder = u.feeder AND o.topic = u.topic AND o.number = u.number`
	beforeListeners  = `SAVEPOINT listeners`
	letGo            = `ROLLBACK TO SAVEPOINT listeners`
	selectDead       = `SELECT id FROM letters WHERE id = ANY ($1) AND died + 0 <> 0`
	selectLastLetter = `SELECT last_value - 1 + is_called::integer FROM letters_id_seq`
)

// read queues questions, whose answers go into the ledger.
func (l mailLedger) read(b *pgx.Batch, q *routing.Mail) {
	one(b.Queue(selectLastLetter), func(id store.LetterID) { l.Last = id })
	if p := q.Partitions; len(p) > 0 {
		pairs(b.Queue(selectOffsets,
			column(p, func(p *routing.Partition) string { return p.Feeder }),
			column(p, func(p *routing.Partition) []byte { return tables.Stored(p.Topic) }),
			column(p, func(p *routing.Partition) int32 { return p.Number }),
		), func(n int64, next int64) { l.Offsets[p[n-1]] = next })
	}
	if len(q.Sources) > 0 {
		pairs(b.Queue(selectSources, marks(q.Sources)), func(k []byte, until int64) { l.Remembered[routing.Key(k)] = model.Instant(until) })
	}
	if len(q.Letters) > 0 {
		one(b.Queue(selectDead, q.Letters), func(id store.LetterID) { l.Letters[id] = true })
	}
	if len(q.Attempts) > 0 {
		pairs(b.Queue(selectAddressed, q.Attempts), func(id model.AttemptID, state int16) { l.Running[id] = state == 0 })
	}
	if len(q.Keys) > 0 {
		b.Queue(beforeListeners)
		l.readListeners(b, q.Keys)
		pairs(b.Queue(countEarly, marks(q.Keys)), func(k []byte, n int64) { l.Early[routing.Key(k)] = int(n) })
	}
}

// settle looks for listeners again until none of those that are found has ended.
// It lets go of them first, lest some are locked out of order.
func (l mailLedger) settle(ctx context.Context, c *pgx.Conn, keys []routing.Key) error {
	for *l.ended {
		var again pgx.Batch
		again.Queue(letGo)
		l.readListeners(&again, keys)
		if err := c.SendBatch(ctx, &again).Close(); err != nil {
			return err
		}
	}
	return nil
}

func (l mailLedger) readListeners(b *pgx.Batch, keys []routing.Key) {
	clear(l.Listeners)
	clear(l.First)
	*l.ended = false
	b.Queue(selectListeners, marks(keys)).Query(func(rows pgx.Rows) error {
		var mark []byte
		var to routing.Listener
		var one, state int16
		_, err := pgx.ForEachRow(rows, []any{&mark, &to.Attempt, &to.Task, &one, &state}, func() error {
			*l.ended = *l.ended || state != 0
			l.Found(routing.Key(mark), to, one != 0)
			return nil
		})
		return err
	})
}

const (
	putOffsets = `
		INSERT INTO offsets (feeder, topic, number, next) SELECT * FROM unnest($1::text[], $2::bytea[], $3::integer[], $4::bigint[])
		ON CONFLICT (feeder, topic, number) DO UPDATE SET next = excluded.next`
	putSources = `
		INSERT INTO sources (mark, expires) SELECT * FROM unnest($1::bytea[], $2::bigint[])
		ON CONFLICT (mark) DO UPDATE SET expires = excluded.expires`
	insertMessages = `
		INSERT INTO posts (attempt, task, body, epoch)
		SELECT u.attempt, u.task, u.body, (SELECT a.epoch FROM attempts a WHERE a.id = u.attempt)
		FROM unnest($1::bigint[], $2::integer[], $3::bytea[]) AS u (attempt, task, body)`
	dropLetterKeys = `DELETE FROM letter_keys WHERE letter = ANY ($1)`
	dropLetters    = `DELETE FROM letters WHERE id = ANY ($1)`
	setLastLetter  = `SELECT setval('letters_id_seq', $1)`
	insertLetters  = `
		INSERT INTO letters (id, topic, source, mark, body, raw, came, expires, died, reason, attempt, task)
		SELECT *, 0, 0 FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
			$7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[])`
	insertLetterKeys = `
		INSERT INTO letter_keys (letter, mark, param, value, early)
		SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::smallint[])`
)

// write queues what was decided, for these calls.
func (l mailLedger) write(b *pgx.Batch, mail ...*routing.Mail) {
	if p := l.Moved(); len(p) > 0 {
		b.Queue(putOffsets,
			column(p, func(p *routing.Partition) string { return p.Feeder }),
			column(p, func(p *routing.Partition) []byte { return tables.Stored(p.Topic) }),
			column(p, func(p *routing.Partition) int32 { return p.Number }),
			column(p, func(p *routing.Partition) int64 { return l.Offsets[*p] }))
	}
	if k := l.Noted(); len(k) > 0 {
		b.Queue(putSources, marks(k), column(k, func(k *routing.Key) int64 { return int64(l.Remembered[*k]) }))
	}
	if p := l.Posts; len(p) > 0 {
		var bodies tables.Bodies
		to := column(p, func(p *routing.Post) int64 { return int64(p.Attempt) })
		b.Queue(insertMessages, to,
			column(p, func(p *routing.Post) int32 { return int32(p.Task) }),
			column(p, func(p *routing.Post) []byte { return bodies.Of(p.Message) }))
		for _, m := range mail {
			give(b, m)
		}
		b.Queue(wakeAddressed, to)
	}
	if len(l.Gone) > 0 {
		b.Queue(dropLetterKeys, l.Gone)
		b.Queue(dropLetters, l.Gone)
	}
	if len(l.Kept) > 0 {
		b.Queue(setLastLetter, l.Last)
		l.keep(b)
	}
}

// Those who get messages are locked as who listens; in the order of ids here, too.
const giveAddressed = `
	UPDATE attempts SET epoch = $2
	WHERE id IN (
		SELECT id FROM attempts WHERE id = ANY ($1) AND epoch = 0 AND state + 0 = 0 AND pool = $4
			AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0))
		ORDER BY id FOR NO KEY UPDATE)
	AND EXISTS (SELECT FROM leases WHERE id = $2 AND owner = $3)
	RETURNING id`

// give queues that who makes a call is given attempts that get its messages. Where the
// answer is lost and all was committed, it may have been given any.
func give(b *pgx.Batch, m *routing.Mail) {
	m.Given = m.Claimed()
	if len(m.Given) == 0 {
		return
	}
	b.Queue(giveAddressed, m.Given, m.To.Epoch, m.To.Owner, int64(m.To.Pool)).Query(func(rows pgx.Rows) error {
		given, err := pgx.CollectRows(rows, pgx.RowTo[model.AttemptID])
		if err == nil {
			slices.Sort(given)
			m.Given = given
		}
		return err
	})
}

// keep queues early messages and dead letters.
func (l mailLedger) keep(b *pgx.Batch) {
	k := l.Kept
	b.Queue(insertLetters,
		column(k, func(k *routing.Letter) int64 { return int64(k.ID) }),
		column(k, func(k *routing.Letter) []byte { return tables.Stored(k.Topic) }),
		column(k, func(k *routing.Letter) []byte { return tables.Stored(k.Source) }),
		column(k, func(k *routing.Letter) []byte { m := routing.SourceOf(k.Topic, k.Source); return m[:] }),
		column(k, func(k *routing.Letter) []byte { return tables.BodyOfLetter(k) }),
		column(k, func(k *routing.Letter) []byte { return k.Raw }),
		column(k, func(k *routing.Letter) int64 { return int64(k.Came) }),
		column(k, func(k *routing.Letter) int64 { return int64(k.Expires) }),
		column(k, func(k *routing.Letter) int64 { return int64(k.Died) }),
		column(k, func(k *routing.Letter) []byte { return tables.Stored(k.Reason) }))
	type keyRow struct {
		*routing.Letter
		n int
	}
	var keys []keyRow
	for i := range k {
		for n := range k[i].Marks {
			keys = append(keys, keyRow{&k[i], n})
		}
	}
	if len(keys) == 0 {
		return
	}
	b.Queue(insertLetterKeys,
		column(keys, func(k *keyRow) int64 { return int64(k.ID) }),
		column(keys, func(k *keyRow) []byte { return k.Marks[k.n][:] }),
		column(keys, func(k *keyRow) []byte { return tables.Stored(k.Keys[k.n].Param) }),
		column(keys, func(k *keyRow) []byte { return tables.Stored(k.Keys[k.n].Value) }),
		column(keys, func(k *keyRow) int16 { return flag(k.Died == 0) }))
}

// marks returns keys as they are stored.
func marks(keys []routing.Key) [][]byte {
	return column(keys, func(k *routing.Key) []byte { return k[:] })
}

// flag returns 1 for true.
func flag(is bool) int16 {
	if is {
		return 1
	}
	return 0
}
