package tables

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// mostLed is how many attempts or sessions a key may lead to for them to be looked
// at alone.
const mostLed = 1000

// SearchAttempts implements store.Attempts.
func (t *Tables) SearchAttempts(ctx context.Context, s store.Search, page store.Page) (list []store.Attempt, next string, err error) {
	limit, past, err := page.Bounds()
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, "", err
	}
	err = t.db.Read(ctx, "search attempts", func(c Conn) error {
		w := search{Tables: t, conn: c, of: &s, limit: limit, below: store.Below(past)}
		var err error
		list, next, err = w.page()
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return list, next, nil
}

// search is a call of SearchAttempts.
type search struct {
	*Tables
	conn  Conn
	of    *store.Search
	limit int
	// from and below bound the ids of the attempts that are looked at.
	from, below int64
}

// clauses are conditions of a statement, all of which are to hold.
type clauses struct {
	texts []string
	args  []driver.Value
}

func (c *clauses) add(text string, args ...driver.Value) {
	c.texts, c.args = append(c.texts, text), append(c.args, args...)
}

func (w *search) page() ([]store.Attempt, string, error) {
	if err := w.bound(); err != nil {
		return nil, "", err
	}
	where := w.conditions()
	column, some, err := w.lead()
	if err != nil {
		return nil, "", err
	}
	rest := ""
	if column != "" {
		where.add(column+" IN ("+w.dialect.Numbers+")", some)
	} else {
		if rest, err = w.window(); err != nil {
			return nil, "", err
		}
	}
	where.add("a.id >= ?", w.from)
	where.add("a.id < ?", w.below)
	list, next, err := w.read(where)
	if next == "" {
		next = rest
	}
	return list, next, err
}

// indexed are the conditions that an index with the newest attempts first leads
// along.
func (w *search) indexed() (c clauses) {
	f := w.of.Filter
	if f.Session != 0 {
		c.add("a.session = ?", int64(f.Session))
	}
	if f.Project != 0 {
		c.add("a.project = ?", int64(f.Project))
		if f.Workflow != "" {
			c.add("a.workflow = ?", f.Workflow)
		}
	}
	switch {
	case f.Running || w.of.Queued || w.of.Waits():
		c.add("a.state = 0")
	case f.Ended == engine.AttemptFailed || f.Ended == engine.AttemptKilled:
		c.add(endedAs[f.Ended])
	}
	return c
}

// conditions are all that can be said of an attempt in SQL. What they say of
// parameters holds for a few others, too.
func (w *search) conditions() (c clauses) {
	c = w.indexed()
	f := w.of.Filter
	if f.Project == 0 && f.Workflow != "" {
		c.add("a.workflow = ?", f.Workflow)
	}
	if f.Stored {
		c.add("a.project <> 0")
	}
	if f.Last {
		c.add("s.last <= a.id")
	}
	if f.Ended != engine.AttemptRunning {
		c.add("a.state = ?", int64(f.Ended))
	}
	if w.of.Queued {
		c.add("a.wake = ?", int64(store.InQueue))
	}
	if f.Unowned {
		c.add("l.id IS NULL")
	}
	if f.Owner != "" {
		c.add("l.owner = ?", f.Owner)
	}
	if w.of.Revision != 0 {
		c.add("a.stored IN (SELECT w.id FROM workflows w WHERE w.revision = ?)", int64(w.of.Revision))
	}
	if w.of.Key != "" {
		c.add("s.key >= ? AND s.key < ?", w.of.Key, w.of.Key+lastRune)
	}
	if w.of.From != 0 {
		c.add("a.created >= ?", int64(w.of.From))
	}
	if w.of.Until != 0 {
		c.add("a.created < ?", int64(w.of.Until))
	}
	if w.of.Waits() {
		text, args := w.awaited()
		c.add("EXISTS (SELECT 1 FROM subscriptions b WHERE b.attempt = a.id AND "+text+")", args...)
	}
	tagged(w.of.Tags, c.add)
	if w.of.Group != 0 {
		c.add("(a.id = ? OR EXISTS (SELECT 1 FROM attempt_tags g WHERE g.attempt = a.id AND g.name = ? AND g.value = ?))",
			append([]driver.Value{int64(w.of.Group)}, w.rootTag()...)...)
	}
	for _, v := range w.of.Params {
		text, args := w.holds(v)
		c.add(text, args...)
	}
	return c
}

// lastRune is after all texts that begin in the same way.
const lastRune = "\U0010FFFF"

// awaited is a condition of the subscriptions that are looked for.
func (w *search) awaited() (text string, args []driver.Value) {
	switch f := w.of.Awaits; {
	case f.Value != "":
		mark := routing.KeyOf(f.Topic, f.Param, f.Value)
		return "b.mark = ?", []driver.Value{mark[:]}
	case f.Param != "":
		return "b.topic = ? AND b.param = ?", []driver.Value{Stored(f.Topic), Stored(f.Param)}
	default:
		return "b.topic = ?", []driver.Value{Stored(f.Topic)}
	}
}

// holds is a condition of the attempts that may have a value: something that is
// stored of them has the bytes of it. It is much faster than to read it all.
func (w *search) holds(v store.ParamValue) (text string, args []driver.Value) {
	values := []params.Value{v.Text}
	if typed, err := params.ParseJSON([]byte(v.Text)); err == nil {
		values = append(values, typed)
	}
	var any []string
	for _, value := range values {
		form := record.Entry(v.Path[len(v.Path)-1], value)
		for _, column := range []string{"a.params", "a.edits", "a.shared"} {
			any, args = append(any, fmt.Sprintf(w.dialect.Holds, column)), append(args, form)
		}
	}
	return "(" + strings.Join(any, " OR ") + ")", args
}

// rootTag is the tag of all attempts of the group but the first.
func (w *search) rootTag() []driver.Value {
	return []driver.Value{model.RootTag, strconv.FormatInt(int64(w.of.Group), 10)}
}

// lead finds the attempts, or the sessions, that a key of a message or of sessions, or
// a tag, leads to, if there is such a key and those are few: as a list of what a column has.
func (w *search) lead() (column, list string, err error) {
	var text, name string
	var args []driver.Value
	switch f := w.of; {
	case f.Waits():
		column = "a.id"
		text, args = w.awaited()
		text = "SELECT DISTINCT b.attempt FROM subscriptions b WHERE " + text
	case f.Group != 0:
		column = "a.id"
		text = "SELECT g.attempt AS id FROM attempt_tags g WHERE g.name = ? AND g.value = ? UNION ALL SELECT a.id FROM attempts a WHERE a.id = ? ORDER BY 1"
		args = append(w.rootTag(), int64(f.Group))
	case len(f.Tags) > 0:
		column, name = "a.id", f.Tags.Names()[0]
		text = "SELECT g.attempt FROM attempt_tags g WHERE g.name = ? AND g.value = ? ORDER BY g.attempt"
		args = []driver.Value{name, f.Tags[name]}
	case f.Key != "" && f.Project != 0 && f.Workflow != "":
		column = "a.session"
		text = "SELECT s.id FROM sessions s WHERE s.project = ? AND s.workflow = ? AND s.key >= ? AND s.key < ? ORDER BY s.key"
		args = []driver.Value{int64(f.Project), f.Workflow, f.Key, f.Key + lastRune}
	default:
		return "", "", nil
	}
	var ids []int64
	err = w.conn.Query(text+" LIMIT ? + 0", func(r Row) error {
		ids = append(ids, r.Int(0))
		return nil
	}, append(args, int64(mostLed)+1)...)
	if err != nil || len(ids) > mostLed {
		return "", "", err
	}
	return column, idList(ids), nil
}

// window bounds the attempts to as many as may be looked at, and returns the
// cursor of those that come after them.
func (w *search) window() (rest string, err error) {
	look := w.of.Look
	if look == 0 {
		look = store.DefaultLook
	}
	c := w.indexed()
	c.add("a.id >= ?", w.from)
	c.add("a.id < ?", w.below)
	err = w.conn.Query(`SELECT count(*), coalesce(min(n.id), 0) FROM (SELECT a.id FROM attempts a`+c.where()+` ORDER BY a.id DESC LIMIT ? + 0) n`,
		func(r Row) error {
			if r.Int(0) == int64(look) {
				w.from = r.Int(1)
				rest = store.CursorAfter(w.from)
			}
			return nil
		}, append(c.args, int64(look))...)
	return rest, err
}

func (c *clauses) where() string { return " WHERE " + strings.Join(c.texts, " AND ") }

// read returns the attempts that match, and the cursor of more of them.
func (w *search) read(c clauses) (list []store.Attempt, next string, err error) {
	text, args := w.selectAttempts+c.where()+" ORDER BY a.id DESC", c.args
	if len(w.of.Params) == 0 {
		text, args = text+" LIMIT ? + 0", append(args, int64(w.limit)+1)
	}
	err = w.conn.Query(text, func(r Row) error {
		a, err := readAttempt(r)
		if err != nil || !w.of.HasParams(&a) {
			return err
		}
		if len(list) == w.limit {
			next = store.CursorAfter(list[w.limit-1].ID)
			return ErrEnough
		}
		list = append(roomFor(list, w.limit), a)
		return nil
	}, args...)
	return list, next, err
}

// bound turns times into ids, which grow as time does but for the disorder of
// clocks.
func (w *search) bound() (err error) {
	if w.of.From != 0 {
		if w.from, err = firstSince(w.conn, w.of.From-store.Disorder); err != nil {
			return err
		}
	}
	if w.of.Until != 0 {
		until, err := firstSince(w.conn, w.of.Until+store.Disorder)
		if err != nil {
			return err
		}
		w.below = min(w.below, until)
	}
	return nil
}

// firstSince returns an id that all are below which were made before an instant,
// and none else, were ids in the order of time.
func firstSince(c Conn, at model.Instant) (int64, error) {
	last, _, err := number(c, `SELECT coalesce(max(id), 0) FROM attempts`)
	low, high := int64(1), last+1
	for err == nil && low < high {
		middle, id, created := low+(high-low)/2, int64(0), int64(0)
		err = c.Query(`SELECT id, created FROM attempts WHERE id >= ? ORDER BY id LIMIT 1`, func(r Row) error {
			id, created = r.Int(0), r.Int(1)
			return nil
		}, middle)
		if id == 0 || id >= high || created >= int64(at) {
			high = middle
		} else {
			low = id + 1
		}
	}
	return low, err
}
