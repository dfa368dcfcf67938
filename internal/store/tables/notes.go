package tables

import "context"

// SetNote implements store.Notes.
func (t *Tables) SetNote(ctx context.Context, name, text string) error {
	return t.db.Write(ctx, "write a note", func(c Conn) error {
		if text == "" {
			_, err := c.Exec(`DELETE FROM notes WHERE name = ?`, name)
			return err
		}
		_, err := c.Exec(`INSERT INTO notes (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text`, name, text)
		return err
	})
}

// KeepNote implements store.Notes.
func (t *Tables) KeepNote(ctx context.Context, name, text string) (kept string, err error) {
	err = t.db.Write(ctx, "keep a note", func(c Conn) error {
		if _, err := c.Exec(`INSERT INTO notes (name, text) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, name, text); err != nil {
			return err
		}
		// A statement of its own: it sees what somebody else has just committed.
		return c.Query(`SELECT text FROM notes WHERE name = ?`, func(r Row) error {
			kept = r.Text(0)
			return nil
		}, name)
	})
	return kept, err
}

// Notes implements store.Notes. There are few, so that those with other names cost
// nothing that could be noticed.
func (t *Tables) Notes(ctx context.Context, prefix string) (map[string]string, error) {
	found := make(map[string]string)
	err := t.db.Read(ctx, "read notes", func(c Conn) error {
		return c.Query(`SELECT name, text FROM notes WHERE substr(name, 1, ?) = ?`, func(r Row) error {
			found[r.Text(0)] = r.Text(1)
			return nil
		}, int64(len([]rune(prefix))), prefix)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
