package tables

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// TagRow is a tag to be written.
type TagRow struct {
	Attempt     model.AttemptID
	Name, Value string
}

// TagsOf implements store.Tags.
func (t *Tables) TagsOf(ctx context.Context, ids []model.AttemptID) (found map[model.AttemptID]model.Tags, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = t.db.Read(ctx, "read tags", func(c Conn) error {
		found = make(map[model.AttemptID]model.Tags)
		return t.eachTag(c, ids, nil, func(id model.AttemptID, name, value string) {
			if found[id] == nil {
				found[id] = make(model.Tags)
			}
			found[id][name] = value
		})
	})
	return found, err
}

// eachTag calls each with the tags of attempts: those that have one of the names,
// or all for nil. Joining names with nothing keeps the planner from the index of all
// tags of a name.
func (t *Tables) eachTag(c Conn, ids []model.AttemptID, names []string, each func(id model.AttemptID, name, value string)) error {
	if len(ids) == 0 || names != nil && len(names) == 0 {
		return nil
	}
	text, args := `SELECT attempt, name, value FROM attempt_tags WHERE attempt IN (`+t.dialect.Numbers+`)`, []driver.Value{idList(ids)}
	if names != nil {
		text += ` AND name || '' IN (?` + strings.Repeat(`, ?`, len(names)-1) + `)`
		for _, name := range names {
			args = append(args, name)
		}
	}
	return c.Query(text, func(r Row) error {
		each(model.AttemptID(r.Int(0)), r.Text(1), r.Text(2))
		return nil
	}, args...)
}

// ChangeTags implements store.Tags.
func (t *Tables) ChangeTags(ctx context.Context, id model.AttemptID, set model.Tags, unset []string) (tags model.Tags, err error) {
	err = t.db.Write(ctx, "change tags", func(c Conn) error {
		if _, found, err := number(c, `SELECT 1 FROM attempts WHERE id = ?`, int64(id)); err != nil || !found {
			if err == nil {
				err = unknownAttempt(id)
			}
			return err
		}
		old := make(model.Tags)
		err := t.eachTag(c, []model.AttemptID{id}, nil, func(_ model.AttemptID, name, value string) { old[name] = value })
		if err != nil {
			return err
		}
		if tags, err = store.Retag(old, set, unset); err != nil {
			return err
		}
		return retag(c, id, set, unset)
	})
	if err != nil {
		return nil, err
	}
	t.db.Call()
	return tags, nil
}

func retag(c Conn, id model.AttemptID, set model.Tags, unset []string) error {
	for _, name := range unset {
		if _, err := c.Exec(`DELETE FROM attempt_tags WHERE attempt = ? AND name = ?`, int64(id), name); err != nil {
			return err
		}
	}
	for _, name := range set.Names() {
		_, err := c.Exec(`
			INSERT INTO attempt_tags (attempt, name, value) VALUES (?, ?, ?)
			ON CONFLICT (attempt, name) DO UPDATE SET value = excluded.value`, int64(id), name, set[name])
		if err != nil {
			return err
		}
	}
	return nil
}

// tagged is a condition for each of the tags that an attempt is to have.
func tagged(with model.Tags, add func(text string, args ...driver.Value)) {
	for _, name := range with.Names() {
		add(`EXISTS (SELECT 1 FROM attempt_tags g WHERE g.attempt = a.id AND g.name = ? AND g.value = ?)`, name, with[name])
	}
}
