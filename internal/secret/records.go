package secret

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// Scope is a layer of a project's secrets.
type Scope string

// Scopes of secrets.
const (
	// OfProject are those that were set for the project.
	OfProject Scope = "project"
	// ProjectDefault are those that the installation gives each project.
	ProjectDefault Scope = "project-default"
)

// Place is where a secret is kept.
type Place struct {
	Project model.ProjectID
	Scope   Scope
	Key     string
}

// Record is an encrypted secret in its place.
type Record struct {
	Place
	// Text is what a Vault, or Digdag, made of the value.
	Text string
}

// Records keeps encrypted secrets and knows nothing of keys and values. A
// store implements it; the suite in secrettest is the contract. Methods are
// safe for concurrent use.
type Records interface {
	// PutSecret makes a record or replaces the one in its place.
	PutSecret(ctx context.Context, r Record) error
	// Secret returns the text of a record, or operator.ErrNoSecret.
	Secret(ctx context.Context, p Place) (string, error)
	// SecretKeys returns the keys in one scope of a project, sorted by their
	// bytes.
	SecretKeys(ctx context.Context, project model.ProjectID, scope Scope) ([]string, error)
	// DeleteSecret removes a record, if there is one.
	DeleteSecret(ctx context.Context, p Place) error
	// SecretsAfter returns up to limit records that come after a place, in
	// order of project, scope and key, the texts by their bytes. The zero
	// Place is before all.
	SecretsAfter(ctx context.Context, after Place, limit int) ([]Record, error)
	// SwapSecret replaces the text of a record and reports true, unless the
	// record has another text than old or is gone: then it changes nothing.
	SwapSecret(ctx context.Context, r Record, old string) (bool, error)
}
