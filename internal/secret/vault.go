package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/operator"
)

// ErrNoKey is the Invalid error of a vault that has no key.
var ErrNoKey = model.Errorf(model.Invalid, "secrets cannot be stored or read: no encryption key is configured").
	WithHint("set %s to 32 random bytes in base64, as from: openssl rand -base64 32", KeySetting)

// Vault keeps the secrets of projects, encrypted, in records. It is safe for
// concurrent use.
type Vault struct {
	records Records
	ring    Ring
}

// NewVault returns the vault over these records. Without a key, all it does
// is to say that a secret is missing.
func NewVault(records Records, ring Ring) *Vault { return &Vault{records: records, ring: ring} }

// Set makes or replaces a secret. A key or a value that cannot be kept is an
// Invalid error, which does not show the value.
func (v *Vault) Set(ctx context.Context, p Place, value string) error {
	if err := v.usable(p.Key); err != nil {
		return err
	}
	if err := checkValue(p.Key, value); err != nil {
		return err
	}
	return v.records.PutSecret(ctx, Record{Place: p, Text: v.ring.seal(p, value)})
}

// Delete removes a secret, if there is one.
func (v *Vault) Delete(ctx context.Context, p Place) error {
	if err := v.usable(p.Key); err != nil {
		return err
	}
	return v.records.DeleteSecret(ctx, p)
}

func (v *Vault) usable(key string) error {
	if v.ring.Empty() {
		return ErrNoKey
	}
	return CheckKey(key)
}

// List returns the keys of the secrets in one scope of a project, sorted.
func (v *Vault) List(ctx context.Context, project model.ProjectID, scope Scope) ([]string, error) {
	if v.ring.Empty() {
		return nil, ErrNoKey
	}
	return v.records.SecretKeys(ctx, project, scope)
}

// Secrets returns what tasks of a project may read: secrets of the scope
// OfProject, and of ProjectDefault where it has none.
//
// A secret that is not stored is missing even when the vault has no key,
// because operators ask for secrets that need not exist; one that is stored
// is then ErrNoKey.
func (v *Vault) Secrets(project model.ProjectID) operator.Secrets {
	return Chain{
		scoped{v, project, OfProject},
		scoped{v, project, ProjectDefault},
	}
}

type scoped struct {
	vault   *Vault
	project model.ProjectID
	scope   Scope
}

// Secret returns the value, or operator.ErrNoSecret.
func (s scoped) Secret(ctx context.Context, key string) (string, error) {
	if !validKey(key) {
		return "", operator.ErrNoSecret
	}
	p := Place{Project: s.project, Scope: s.scope, Key: key}
	text, err := s.vault.records.Secret(ctx, p)
	switch {
	case errors.Is(err, operator.ErrNoSecret):
		return "", err
	case err != nil:
		return "", fmt.Errorf("read secret %q: %w", key, err)
	case s.vault.ring.Empty():
		return "", ErrNoKey
	}
	value, _, err := s.vault.ring.open(p, text)
	if err != nil {
		return "", unreadable(p, err)
	}
	return value, nil
}

// unreadable says whose record could not be opened, and what to do.
func unreadable(p Place, err error) error {
	code, hint := model.Internal, "set the secret again"
	if errors.As(err, new(otherKeyError)) {
		code = model.Invalid
		hint = "add the key that it was set with to the end of " + KeySetting + ", after a comma, or set the secret again"
	}
	return model.Errorf(code, "secret %q of project %d %w", p.Key, p.Project, err).WithHint("%s", hint)
}

var _ operator.Secrets = scoped{}
