package tables

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// HasFacts reports whether there are facts among the events of a batch.
func (p *Plan) HasFacts() bool {
	for i := range p.Events {
		if _, ok := store.FactOf(&p.Events[i]); ok {
			return true
		}
	}
	return false
}

// WriteFacts runs the statements that keep the facts among the events of a batch.
func (p *Plan) WriteFacts(run func(text string, args ...driver.Value) error) error {
	for i := range p.Events {
		e := &p.Events[i]
		f, ok := store.FactOf(e)
		if !ok {
			continue
		}
		held := int64(0)
		if f.OK {
			held = 1
		}
		err := run(putFact, f.Seq, int64(f.At), int64(f.Kind()), f.Name(), f.Partition, held, f.Task, int64(f.Try), record.Map(e.Data), int64(f.Attempt))
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	putFact = `
		INSERT INTO facts (project, workflow, session, attempt, seq, at, kind, name, part, held, task, try, body)
		SELECT a.project, a.workflow, s.key, a.id, ?, ?, ?, ?, ?, ?, ?, ?, ?
		FROM attempts a JOIN sessions s ON s.id = a.session WHERE a.id = ?
		ON CONFLICT (attempt, at, seq) DO NOTHING`
	factColumns = `f.id, f.project, f.workflow, f.session, f.attempt, f.seq, f.at, f.task, f.try, f.body`
)

// readFact reads factColumns, from a column on.
func readFact(r Row, from int) (f store.Fact, err error) {
	r = r[from:]
	f = store.Fact{
		ID: r.Int(0), Project: model.ProjectID(r.Int(1)), Workflow: r.Text(2), Session: r.Text(3), Attempt: model.AttemptID(r.Int(4)),
		Seq: r.Int(5), At: model.Instant(r.Int(6)), Task: r.Text(7), Try: int32(r.Int(8)),
	}
	data, err := record.DecodeMap(r.Blob(9))
	f.Fact, f.Failed = facts.FromData(data)
	return f, err
}

// clause is a part of what is asked for.
type clause struct {
	text string
	args []driver.Value
}

func (c *clause) and(text string, args ...driver.Value) {
	if c.text != "" {
		c.text += ` AND `
	}
	c.text += text
	c.args = append(c.args, args...)
}

// factClauses returns what an index leads to, and what is to be looked at besides.
func (d *Dialect) factClauses(f *store.FactFilter, before store.Mark) (index, rest clause) {
	if end := (store.Mark{Time: f.Until}); f.Until != 0 && end.Compare(before) < 0 {
		before = end
	}
	index.and(`(f.at, f.id) < (?, ?)`, int64(before.Time), before.ID)
	if f.From != 0 {
		index.and(`f.at >= ?`, int64(f.From))
	}
	of := &rest
	if len(f.Projects) == 1 && f.Kind != store.AnyFact && f.Name != "" || f.Attempt != 0 {
		of = &index
	}
	if f.Attempt != 0 {
		of.and(`f.attempt = ?`, int64(f.Attempt))
	}
	switch {
	case len(f.Projects) == 1:
		of.and(`f.project = ?`, int64(f.Projects[0]))
	case f.Projects != nil:
		rest.and(`f.project IN (`+d.Numbers+`)`, idList(f.Projects))
	}
	if f.Kind != store.AnyFact {
		of.and(`f.kind = ?`, int64(f.Kind))
	}
	if f.Name != "" {
		of.and(`f.name = ?`, f.Name)
	}
	if f.Partition != "" {
		of.and(`f.part = ? AND f.part <> ''`, f.Partition)
	}
	if f.Workflow != "" {
		rest.and(`f.workflow = ?`, f.Workflow)
	}
	if f.Task != "" {
		rest.and(`f.task = ?`, f.Task)
	}
	if f.Broken {
		rest.and(`f.kind = 2 AND f.held = 0`)
	}
	if f.Met {
		rest.and(`f.kind = 2 AND f.held = 1`)
	}
	return index, rest
}

// ListFacts implements store.Facts.
func (t *Tables) ListFacts(ctx context.Context, f store.FactFilter, page store.Page) (list []store.Fact, next string, err error) {
	limit, past, err := page.MarkBounds()
	if err != nil || f.Projects != nil && len(f.Projects) == 0 {
		return nil, "", err
	}
	index, rest := t.dialect.factClauses(&f, store.BelowMark(past))
	const order = ` ORDER BY f.at DESC, f.id DESC LIMIT ? + 0`
	text, args := `SELECT `+factColumns+` FROM facts f WHERE `+index.text+order, append(index.args, int64(limit+1))
	if rest.text != "" {
		text = `SELECT ` + factColumns + ` FROM (SELECT * FROM facts f WHERE ` + index.text + order + `) f WHERE ` + rest.text + order
		args = append(append(append(index.args[:len(index.args):len(index.args)], int64(store.FactsAtOnce)), rest.args...), int64(limit+1))
	}
	err = t.db.ReadMoment(ctx, "list facts", func(c Conn) error {
		list, next = nil, ""
		err := c.Query(text, func(r Row) error {
			f, err := readFact(r, 0)
			list = append(list, f)
			return err
		}, args...)
		switch {
		case err != nil:
			return err
		case len(list) > limit:
			list = list[:limit]
			next = list[limit-1].Mark().Cursor()
			return nil
		case rest.text == "":
			return nil
		}
		return c.Query(`SELECT f.at, f.id FROM facts f WHERE `+index.text+` ORDER BY f.at DESC, f.id DESC LIMIT 1 OFFSET ? + 0`, func(r Row) error {
			next = store.Mark{Time: model.Instant(r.Int(0)), ID: r.Int(1)}.Cursor()
			return nil
		}, append(index.args[:len(index.args):len(index.args)], int64(store.FactsAtOnce-1))...)
	})
	return list, next, err
}

// ListProducts implements store.Facts.
func (t *Tables) ListProducts(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	return t.listNames(ctx, "f.name", clause{`f.project = ? AND f.kind = 1`, []driver.Value{int64(f.Project)}}, f.Prefix, page)
}

// ListPartitions implements store.Facts.
func (t *Tables) ListPartitions(ctx context.Context, f store.ProductFilter, page store.Page) ([]store.ProductEntry, string, error) {
	of := clause{`f.project = ? AND f.kind = 1 AND f.name = ? AND f.part <> ''`, []driver.Value{int64(f.Project), f.Key}}
	return t.listNames(ctx, "f.part", of, f.Prefix, page)
}

// listNames lists what a column has among the facts of a clause. It steps from each name to the
// next by an index.
func (t *Tables) listNames(ctx context.Context, column string, of clause, prefix string, page store.Page) (list []store.ProductEntry, next string, err error) {
	limit, past, err := page.NameBounds()
	if err != nil {
		return nil, "", err
	}
	first, from := ` >= ?`, prefix
	if past != "" {
		first, from = ` > ?`, past
	}
	text := strings.NewReplacer("COLUMN", column, "SCOPE", of.text, "FIRST", first).Replace(`
		WITH RECURSIVE k (v, n) AS (
			SELECT (SELECT min(COLUMN) FROM facts f WHERE SCOPE AND COLUMN FIRST AND COLUMN < ?), 1
			UNION ALL
			SELECT (SELECT min(COLUMN) FROM facts f WHERE SCOPE AND COLUMN > k.v AND COLUMN < ?), k.n + 1
			FROM k WHERE k.v IS NOT NULL AND k.n < ? + 0
		)
		SELECT k.v, (SELECT count(*) FROM facts f WHERE SCOPE AND COLUMN = k.v), `) + factColumns + strings.NewReplacer("COLUMN", column, "SCOPE", of.text).Replace(`
		FROM k JOIN facts f ON f.id = (SELECT f.id FROM facts f WHERE SCOPE AND COLUMN = k.v ORDER BY f.at DESC, f.id DESC LIMIT 1)
		ORDER BY k.v`)
	var args []driver.Value
	add := func(more ...driver.Value) { args = append(append(args, of.args...), more...) }
	add(from, prefix+lastRune)
	add(prefix+lastRune, int64(limit+1))
	add()
	add()
	err = t.db.Read(ctx, "list products", func(c Conn) error {
		list = nil
		return c.Query(text, func(r Row) error {
			f, err := readFact(r, 2)
			list = append(list, store.ProductEntry{Name: r.Text(0), Count: r.Int(1), Last: f})
			return err
		}, args...)
	})
	if err == nil && len(list) > limit {
		list = list[:limit]
		next = store.NameCursor(list[limit-1].Name)
	}
	return list, next, err
}

// ForgetProduct implements store.Facts.
func (t *Tables) ForgetProduct(ctx context.Context, project model.ProjectID, key string) (n int, err error) {
	err = t.db.Write(ctx, "forget a product", func(c Conn) error {
		deleted, err := c.Exec(`DELETE FROM facts WHERE project = ? AND kind = 1 AND name = ?`, int64(project), key)
		n = int(deleted)
		if err == nil && n == 0 {
			err = store.UnknownProduct(key)
		}
		return err
	})
	return n, err
}
