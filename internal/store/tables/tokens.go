package tables

import (
	"context"
	"database/sql/driver"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
)

// PutToken implements store.Tokens.
func (t *Tables) PutToken(ctx context.Context, token store.Token) error {
	scopes := record.Strings(token.Scopes)
	return t.db.Write(ctx, "put token", func(c Conn) error {
		_, taken, err := number(c, `SELECT 1 FROM tokens WHERE hash = ? OR name = ?`, token.Hash[:], token.Name)
		if err == nil && taken {
			err = model.Errorf(model.Conflict, "there is a token %q already", token.Name)
		}
		if err != nil {
			return err
		}
		_, err = c.Exec(`INSERT INTO tokens (hash, name, scopes, created, expires, used) VALUES (?, ?, ?, ?, ?, ?)`,
			token.Hash[:], token.Name, scopes, int64(token.Created), int64(token.Expires), int64(token.Used))
		return err
	})
}

func (t *Tables) tokens(ctx context.Context, where string, args ...driver.Value) (list []store.Token, err error) {
	err = t.db.Read(ctx, "read tokens", func(c Conn) error {
		return c.Query(`SELECT hash, name, scopes, created, expires, used FROM tokens `+where, func(r Row) error {
			token := store.Token{
				Name: r.Text(1), Created: model.Instant(r.Int(3)), Expires: model.Instant(r.Int(4)), Used: model.Instant(r.Int(5)),
			}
			copy(token.Hash[:], r.Blob(0))
			var err error
			token.Scopes, err = record.DecodeStrings(r.Blob(2))
			list = append(list, token)
			return err
		}, args...)
	})
	return list, err
}

// Token implements store.Tokens.
func (t *Tables) Token(ctx context.Context, hash store.TokenHash) (store.Token, error) {
	list, err := t.tokens(ctx, `WHERE hash = ?`, hash[:])
	if err == nil && len(list) == 0 {
		err = model.Errorf(model.NotFound, "there is no such token")
	}
	if err != nil {
		return store.Token{}, err
	}
	return list[0], nil
}

// ListTokens implements store.Tokens.
func (t *Tables) ListTokens(ctx context.Context) ([]store.Token, error) {
	return t.tokens(ctx, `ORDER BY name`)
}

// DeleteToken implements store.Tokens.
func (t *Tables) DeleteToken(ctx context.Context, name string) error {
	return t.db.Write(ctx, "delete token", func(c Conn) error {
		n, err := c.Exec(`DELETE FROM tokens WHERE name = ?`, name)
		if err == nil && n == 0 {
			err = model.Errorf(model.NotFound, "there is no token %q", name)
		}
		return err
	})
}

// TokenUsed implements store.Tokens.
func (t *Tables) TokenUsed(ctx context.Context, hash store.TokenHash, at model.Instant) error {
	return t.db.Write(ctx, "note use of token", func(c Conn) error {
		_, err := c.Exec(`UPDATE tokens SET used = ? WHERE hash = ? AND used < ?`, int64(at), hash[:], int64(at))
		return err
	})
}
