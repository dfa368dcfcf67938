package sqlite

import (
	"cmp"
	"database/sql/driver"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// writeSignals writes what the batch says of messages.
func (p *commit) writeSignals(c *conn) error {
	if p.signals == nil {
		return nil
	}
	for _, write := range []func(*conn) error{p.bury, p.listen, p.send, p.takeBack} {
		if err := write(c); err != nil {
			return err
		}
	}
	return nil
}

func (p *commit) bury(c *conn) error {
	for _, b := range p.signals.Buried {
		identity := []driver.Value{int64(b.Attempt), int64(b.Task), b.Mark[:], int64(b.At)}
		added, err := c.Exec(`
			INSERT INTO letters (attempt, task, mark, died, topic, source, body, came, expires, reason)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?4, 0, ?8)
			ON CONFLICT (attempt, task, mark, died) WHERE attempt <> 0 DO NOTHING`,
			append(identity, tables.Stored(b.Message.Topic), tables.Stored(b.Message.Source), b.Body, tables.Stored(b.Reason))...)
		if err != nil {
			return err
		}
		if added == 0 {
			continue
		}
		_, err = c.Exec(`
			INSERT INTO letter_keys (letter, mark, param, value, early)
			SELECT l.id, s.mark, s.param, s.value, 0
			FROM letters l CROSS JOIN subscriptions s ON s.attempt = l.attempt AND s.task = l.task AND s.topic = l.topic
			WHERE l.attempt <> 0 AND l.attempt = ? AND l.task = ? AND l.mark = ? AND l.died = ?`, identity...)
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	selectSubscribed = newBulk(`WITH u (attempt, task) AS (VALUES `, `(?, ?)`, `)
		SELECT s.attempt, s.task, s.mark, s.one, s.since
		FROM u CROSS JOIN subscriptions s ON s.attempt = u.attempt AND s.task = u.task`)
	dropSubscriptions = newBulk(`DELETE FROM subscriptions WHERE (attempt, task, mark) IN (VALUES `, `(?, ?, ?)`, `)`)
	putSubscriptions  = newBulk(`INSERT INTO subscriptions (attempt, task, mark, topic, param, value, one, since) VALUES `,
		`(?, ?, ?, ?, ?, ?, ?, ?)`, ` ON CONFLICT (attempt, task, mark) DO UPDATE SET one = excluded.one, since = excluded.since`)
)

// subscribed names a subscription.
type subscribed struct {
	routing.Listener
	mark routing.Key
}

func subscribedAs(s *routing.Subscription) subscribed {
	return subscribed{routing.Listener{Attempt: s.Attempt, Task: s.Task}, s.Mark}
}

// listen replaces subscriptions, and posts the early messages of those that are
// new.
func (p *commit) listen(c *conn) error {
	before := make(map[subscribed]routing.Subscription)
	tasks := p.signals.Tasks
	err := selectSubscribed.query(c, len(tasks), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(tasks[i].Attempt), int64(tasks[i].Task))
	}, func(r tables.Row) {
		s := routing.Subscription{Mark: routing.Key(r.Blob(2))}
		s.Attempt, s.Task, s.Key.One, s.Since = model.AttemptID(r.Int(0)), model.TaskID(r.Int(1)), r.Int(3) != 0, model.Instant(r.Int(4))
		before[subscribedAs(&s)] = s
	})
	if err != nil {
		return err
	}
	open, err := p.running(c)
	if err != nil {
		return err
	}
	var opened, changed []routing.Subscription
	for _, s := range open {
		as := subscribedAs(&s)
		old, found := before[as]
		if !found && !s.Fresh {
			opened = append(opened, s)
		}
		if !found || old.Key.One != s.Key.One || old.Since != s.Since {
			changed = append(changed, s)
		}
		delete(before, as)
	}
	if err := closeSubscriptions(c, before); err != nil {
		return err
	}
	err = putSubscriptions.exec(c, len(changed), func(args []driver.Value, i int) []driver.Value {
		s := &changed[i]
		return append(args, int64(s.Attempt), int64(s.Task), s.Mark[:], tables.Stored(s.Key.Topic), tables.Stored(s.Key.Param),
			tables.Stored(s.Key.Value), s.Key.One, int64(s.Since))
	})
	if err != nil {
		return err
	}
	return p.postEarly(c, opened)
}

// running returns what is to be open, of attempts that are not done.
func (p *commit) running(c *conn) (open []routing.Subscription, err error) {
	var ids []model.AttemptID
	for i := range p.signals.Open {
		ids = append(ids, p.signals.Open[i].Attempt)
	}
	ids = slices.Compact(ids)
	runs := make(map[model.AttemptID]bool, len(ids))
	err = lookUpIDs(c, selectRunning, ids, func(id model.AttemptID) { runs[id] = true })
	return slices.DeleteFunc(slices.Clone(p.signals.Open), func(s routing.Subscription) bool { return !runs[s.Attempt] }), err
}

func closeSubscriptions(c *conn, all map[subscribed]routing.Subscription) error {
	var list []subscribed
	for s := range all {
		list = append(list, s)
	}
	return dropSubscriptions.exec(c, len(list), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(list[i].Attempt), int64(list[i].Task), list[i].mark[:])
	})
}

var selectEarly = newBulk(`SELECT mark, letter FROM letter_keys WHERE early = 1 AND mark IN (`, `?`, `)`)

// taken is an early message that a task gets.
type taken struct {
	letter store.LetterID
	by     *routing.Subscription
}

// postEarly posts the early messages of subscriptions that have opened, and get
// them, each to the one that has waited for longest.
func (p *commit) postEarly(c *conn, opened []routing.Subscription) error {
	first := make(map[routing.Key]*routing.Subscription, len(opened))
	var marks []routing.Key
	for i := range opened {
		s := &opened[i]
		switch f := first[s.Mark]; {
		case f == nil:
			marks = append(marks, s.Mark)
			first[s.Mark] = s
		case routing.CompareWaiting(s, f) < 0:
			first[s.Mark] = s
		}
	}
	var list []taken
	err := lookUpMarks(c, selectEarly, marks, func(k routing.Key, r tables.Row) {
		list = append(list, taken{store.LetterID(r.Int(1)), first[k]})
	})
	if err != nil || len(list) == 0 {
		return err
	}
	slices.SortFunc(list, func(a, b taken) int {
		return cmp.Or(cmp.Compare(a.letter, b.letter), routing.CompareWaiting(a.by, b.by))
	})
	list = slices.CompactFunc(list, func(a, b taken) bool { return a.letter == b.letter })
	p.woke = true
	return hand(c, list)
}

// hand moves early messages to the inboxes of those who take them.
func hand(c *conn, list []taken) error {
	ids := make([]store.LetterID, len(list))
	for i, t := range list {
		ids[i] = t.letter
		_, err := c.Exec(`
			INSERT INTO posts (attempt, task, body, epoch)
			SELECT a.id, ?, l.body, a.epoch FROM letters l CROSS JOIN attempts a WHERE l.id = ? AND a.id = ?`,
			int64(t.by.Task), int64(t.letter), int64(t.by.Attempt))
		if err != nil {
			return err
		}
	}
	err := wakePosted.exec(c, len(list), func(args []driver.Value, i int) []driver.Value {
		return append(args, int64(list[i].by.Attempt))
	})
	if err != nil {
		return err
	}
	return forgetLetters(c, ids)
}

var insertRecords = newBulk(`INSERT INTO outbox (attempt, task, try, place, topic, key, value, headers, stored) VALUES `,
	`(?, ?, ?, ?, ?, ?, ?, ?, ?)`, ` ON CONFLICT (attempt, task, try, place) DO NOTHING`)

// send adds records to the outbox.
func (p *commit) send(c *conn) error {
	list := p.signals.Records
	p.woke = p.woke || len(list) > 0
	return insertRecords.exec(c, len(list), func(args []driver.Value, i int) []driver.Value {
		r := &list[i]
		return append(args, int64(r.Attempt), int64(r.Task), int64(r.Try), int64(r.Index), tables.Stored(r.Topic), tables.Stored(r.Key),
			r.Stored, blob(r.Headed), int64(r.At))
	})
}

// takeBack routes the messages that tasks return.
func (p *commit) takeBack(c *conn) error {
	if len(p.signals.Returned) == 0 {
		return nil
	}
	m := routing.Return(p.signals.Returned)
	err := route(c, m)
	p.woke = p.woke || m.Wakes()
	return err
}
