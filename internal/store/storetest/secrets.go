package storetest

import (
	"errors"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
	"github.com/pawlhq/pawl/operator"
)

// runRecords checks a store against the suite of what keeps secrets.
func runRecords(t *testing.T, open func(t *testing.T) Subject) {
	secrettest.Run(t, func(t *testing.T) secret.Records {
		f := newFixture(t, open(t))
		f.projects("p", "q")
		return f.store
	})
}

func secretOf(project model.ProjectID, key string) secret.Record {
	return secret.Record{Place: secret.Place{Project: project, Scope: secret.OfProject, Key: key}, Text: "text of " + key}
}

func (f *fixture) putSecret(r secret.Record) {
	f.Helper()
	if err := f.store.PutSecret(ctx, r); err != nil {
		f.Fatalf("PutSecret(%v): %v", r.Place, err)
	}
}

// wantSecrets checks what secrets there are.
func (f *fixture) wantSecrets(want ...secret.Record) {
	f.Helper()
	got, err := f.store.SecretsAfter(ctx, secret.Place{}, 99)
	if err != nil {
		f.Fatal(err)
	}
	f.same("secrets", got, want)
}

var secretTests = []test{
	{"a deleted project has no secrets", func(f *fixture) {
		f.projects("p", "q")
		ofDefault := secretOf(1, "a")
		ofDefault.Scope = secret.ProjectDefault
		for _, r := range []secret.Record{secretOf(1, "a"), secretOf(1, "b"), ofDefault, secretOf(2, "a")} {
			f.putSecret(r)
		}
		f.deleteProject(1)
		f.wantSecrets(secretOf(2, "a"))
		if _, err := f.store.Secret(ctx, secretOf(1, "a").Place); !errors.Is(err, operator.ErrNoSecret) {
			f.Errorf("error %v, want that there is no secret", err)
		}
	}},
	{"a secret can only be put where there is a project", func(f *fixture) {
		f.projects("p", "q")
		f.putSecret(secretOf(1, "a"))
		f.deleteProject(1)
		for _, id := range []model.ProjectID{0, 1, 3} {
			f.wantCode("PutSecret", f.store.PutSecret(ctx, secretOf(id, "a")), model.NotFound)
		}
		if swapped, err := f.store.SwapSecret(ctx, secretOf(1, "a"), "text of a"); swapped || err != nil {
			f.Errorf("swapped %v, error %v", swapped, err)
		}
		f.wantSecrets()
	}},
	{"a new project of a name has none of the old one's secrets", func(f *fixture) {
		f.projects("p")
		f.putSecret(secretOf(1, "a"))
		f.deleteProject(1)
		f.projects("p")
		f.wantSecrets()
		f.putSecret(secretOf(2, "b"))
		f.wantSecrets(secretOf(2, "b"))
	}},
}
