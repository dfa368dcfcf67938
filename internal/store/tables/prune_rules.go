package tables

import (
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// rule is a retention of some workflows.
type rule struct {
	// text is the condition of their attempts, with args.
	text string
	args []driver.Value
	// before is when those have ended that are to go; 0 is never.
	before model.Instant
}

// rules are the retentions of workflows and then of the rest of projects, by the ids
// that these have.
func (w *sweep) rules() (list []rule, err error) {
	for _, o := range w.of.Of {
		r := rule{before: store.Expired(w.now, o.Attempts)}
		var ids []int64
		if err := w.conn.Query(`SELECT id FROM projects WHERE name = ?`, func(r Row) error {
			ids = append(ids, r.Int(0))
			return nil
		}, o.Project); err != nil {
			return nil, err
		}
		for _, id := range ids {
			r.text, r.args = "a.project = ?", []driver.Value{id}
			switch others := w.others(o.Project); {
			case o.Workflow != "":
				r.text, r.args = r.text+" AND a.workflow = ?", append(r.args, o.Workflow)
			case len(others) > 0:
				r.text, r.args = r.text+" AND a.workflow NOT IN (?"+strings.Repeat(", ?", len(others)-1)+")", append(r.args, others...)
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// others are the workflows of a project that have a retention of their own.
func (w *sweep) others(project string) (names []driver.Value) {
	for _, o := range w.of.Of {
		if o.Project == project && o.Workflow != "" {
			names = append(names, o.Workflow)
		}
	}
	return names
}

// ruled chooses the attempts that go by a retention of their workflow, the oldest
// first, and reports whether there may be more.
func (w *sweep) ruled() (more bool, err error) {
	rules, err := w.rules()
	if err != nil {
		return false, err
	}
	for _, r := range rules {
		room := w.limit - len(w.Attempts)
		switch {
		case r.before == 0:
			continue
		case room == 0:
			return true, nil
		}
		below, err := firstSince(w.conn, r.before+store.Disorder)
		if err != nil {
			return false, err
		}
		list, err := w.candidates(`SELECT * FROM (`+w.dialect.selectEnded()+w.dialect.Ordered+` sessions s ON s.id = a.session
			WHERE `+r.text+` AND a.state <> 0 AND a.ended < ? AND a.id < ?) c WHERE NOT c.needed ORDER BY c.id LIMIT ? + 0`,
			append(r.args, int64(r.before), below, int64(room))...)
		if err != nil {
			return false, err
		}
		before := len(w.Attempts)
		w.choose(list)
		more = more || len(list) == room && len(w.Attempts) > before
	}
	return more, nil
}
