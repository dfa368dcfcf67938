package tables

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

// PutSecret implements secret.Records.
func (t *Tables) PutSecret(ctx context.Context, r secret.Record) error {
	return t.db.Write(ctx, "put secret", func(c Conn) error {
		_, found, err := number(c, `SELECT 1 FROM projects WHERE id = ? AND deleted = 0`, int64(r.Project))
		if err == nil && !found {
			err = model.Errorf(model.NotFound, "there is no project %d, or it was deleted", r.Project)
		}
		if err != nil {
			return err
		}
		_, err = c.Exec(`
			INSERT INTO secrets (project, scope, key, record) VALUES (?, ?, ?, ?)
			ON CONFLICT (project, scope, key) DO UPDATE SET record = excluded.record`,
			int64(r.Project), string(r.Scope), r.Key, r.Text)
		return err
	})
}

// Secret implements secret.Records.
func (t *Tables) Secret(ctx context.Context, p secret.Place) (text string, err error) {
	found := false
	err = t.db.Read(ctx, "read secret", func(c Conn) error {
		return c.Query(`SELECT record FROM secrets WHERE project = ? AND scope = ? AND key = ?`, func(r Row) error {
			text, found = r.Text(0), true
			return nil
		}, int64(p.Project), string(p.Scope), p.Key)
	})
	if err == nil && !found {
		err = operator.ErrNoSecret
	}
	return text, err
}

// SecretKeys implements secret.Records.
func (t *Tables) SecretKeys(ctx context.Context, project model.ProjectID, scope secret.Scope) (keys []string, err error) {
	err = t.db.Read(ctx, "list secrets", func(c Conn) error {
		return c.Query(`SELECT key FROM secrets WHERE project = ? AND scope = ? ORDER BY key`, func(r Row) error {
			keys = append(keys, r.Text(0))
			return nil
		}, int64(project), string(scope))
	})
	return keys, err
}

// DeleteSecret implements secret.Records.
func (t *Tables) DeleteSecret(ctx context.Context, p secret.Place) error {
	return t.db.Write(ctx, "delete secret", func(c Conn) error {
		_, err := c.Exec(`DELETE FROM secrets WHERE project = ? AND scope = ? AND key = ?`,
			int64(p.Project), string(p.Scope), p.Key)
		return err
	})
}

// SecretsAfter implements secret.Records.
func (t *Tables) SecretsAfter(ctx context.Context, after secret.Place, limit int) (list []secret.Record, err error) {
	err = t.db.Read(ctx, "read secrets", func(c Conn) error {
		return c.Query(`
			SELECT project, scope, key, record FROM secrets
			WHERE (project, scope, key) > (?, ?, ?) ORDER BY project, scope, key LIMIT ? + 0`,
			func(r Row) error {
				place := secret.Place{Project: model.ProjectID(r.Int(0)), Scope: secret.Scope(r.Text(1)), Key: r.Text(2)}
				list = append(list, secret.Record{Place: place, Text: r.Text(3)})
				return nil
			}, int64(after.Project), string(after.Scope), after.Key, int64(limit))
	})
	return list, err
}

// SwapSecret implements secret.Records.
func (t *Tables) SwapSecret(ctx context.Context, r secret.Record, old string) (swapped bool, err error) {
	err = t.db.Write(ctx, "swap secret", func(c Conn) error {
		n, err := c.Exec(`UPDATE secrets SET record = ? WHERE project = ? AND scope = ? AND key = ? AND record = ?`,
			r.Text, int64(r.Project), string(r.Scope), r.Key, old)
		swapped = n > 0
		return err
	})
	return swapped && err == nil, err
}
