package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store/record"
)

// SetValues implements store.Values.
func (t *Tables) SetValues(ctx context.Context, pairs params.Map, now, expires model.Instant) error {
	return t.db.Write(ctx, "set values", func(c Conn) error {
		if _, err := c.Exec(`DELETE FROM shared_values WHERE expires <= ?`, int64(now)); err != nil {
			return err
		}
		for k, v := range pairs.All() {
			_, err := c.Exec(`
				INSERT INTO shared_values (key, value, expires) VALUES (?, ?, ?)
				ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
				k, record.Value(v), int64(expires))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// GetValues implements store.Values.
func (t *Tables) GetValues(ctx context.Context, keys []string, now model.Instant) (m params.Map, err error) {
	err = t.db.ReadMoment(ctx, "get values", func(c Conn) error {
		for _, k := range keys {
			err := c.Query(`SELECT value FROM shared_values WHERE key = ? AND expires > ?`, func(r Row) error {
				v, err := record.DecodeValue(r.Blob(0))
				m = m.Set(k, v)
				return err
			}, k, int64(now))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return params.Map{}, err
	}
	return m, nil
}
