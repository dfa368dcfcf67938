package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

// Keeper administers the database of a configuration itself, whether a server
// runs or not: whoever can open the database need not ask one.
type Keeper struct {
	settings *config.Config
	store    store.Store
	now      func() time.Time
}

// OpenKeeper opens the configured database, which Close closes. One in memory
// is an Invalid error: nothing would be left of what is done.
func OpenKeeper(ctx context.Context, cfg *config.Config, now func() time.Time) (*Keeper, error) {
	s := newSettings(cfg)
	if s.databaseKind() == kindMemory && s.err == nil {
		return nil, model.Errorf(model.Invalid, "a database in memory is gone when its server ends").
			WithHint("name one with -o FOLDER, or in a file with -c FILE")
	}
	db, err := s.openStore(ctx)
	if err != nil {
		return nil, err
	}
	return &Keeper{settings: cfg, store: db, now: now}, nil
}

// Close closes the database.
func (k *Keeper) Close() error { return k.store.Close() }

// Tokens returns the API tokens, by name.
func (k *Keeper) Tokens(ctx context.Context) ([]store.Token, error) { return k.store.ListTokens(ctx) }

// CreateToken makes an API token, as auth.NewToken does. A configuration whose
// servers take none is an Invalid error.
func (k *Keeper) CreateToken(ctx context.Context, name string, scopes []auth.Scope, expires model.Instant) (string, store.Token, error) {
	who, err := auth.FromConfig(k.settings, k.store, k.now)
	if err != nil {
		return "", store.Token{}, err
	}
	if !auth.TakesTokens(who) {
		return "", store.Token{}, auth.ErrNoTokens
	}
	text, t, err := auth.NewToken(name, scopes, model.InstantOf(k.now()), expires)
	if err != nil {
		return "", store.Token{}, err
	}
	if err := k.audited(ctx, auth.TokenCreate, "token "+name, k.store.PutToken(ctx, t)); err != nil {
		return "", store.Token{}, err
	}
	return text, t, nil
}

// RevokeToken makes a token count no more, or returns a NotFound error.
func (k *Keeper) RevokeToken(ctx context.Context, name string) error {
	return k.audited(ctx, auth.TokenRevoke, "token "+name, k.store.DeleteToken(ctx, name))
}

// RotateSecrets encrypts the secrets of all projects with the first of the
// configured keys, as secret.Vault does.
func (k *Keeper) RotateSecrets(ctx context.Context) (secret.Rotation, error) {
	keys, _ := k.settings.Get(secret.KeySetting)
	ring, err := secret.ParseRing(keys)
	if err != nil {
		return secret.Rotation{}, err
	}
	done, err := secret.NewVault(k.store, ring).Rotate(ctx)
	return done, k.audited(ctx, auth.SecretRotate, "all secrets", err)
}

// audited writes to the audit log how an action ended, and returns its error
// and that of the writing.
func (k *Keeper) audited(ctx context.Context, a auth.Action, target string, err error) error {
	e := auth.Entry{
		Time: model.InstantOf(k.now()), Principal: auth.Local, Action: a, Target: target, Outcome: auth.OutcomeOf(err),
	}
	if failed := k.store.AppendAudit(ctx, []store.AuditEntry{e.Kept()}); failed != nil {
		return errors.Join(err, fmt.Errorf("write audit log: %w", failed))
	}
	return err
}
