package server

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/store"
)

type secretKey struct {
	Key string `json:"key"`
}

type restSecret struct {
	Key     string `json:"key"`
	Project idName `json:"project"`
}

func listSecrets(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	if c.cfg.Vault == nil {
		return nil, secret.ErrNoKey
	}
	keys, err := c.cfg.Vault.List(c.r.Context(), p.ID, secret.OfProject)
	if err != nil {
		return nil, err
	}
	return struct {
		Secrets []secretKey `json:"secrets"`
	}{outs(keys, func(key *string) secretKey { return secretKey{*key} })}, nil
}

// pathSecret returns the place that the path names, and its project.
func (c *call) pathSecret() (secret.Place, store.Project, error) {
	key := c.r.PathValue("key")
	p, err := c.pathProject("secret " + key)
	if err != nil {
		return secret.Place{}, p, err
	}
	if err := project.CheckSecretKey(key); err != nil {
		return secret.Place{}, p, err
	}
	if c.cfg.Vault == nil {
		return secret.Place{}, p, secret.ErrNoKey
	}
	return secret.Place{Project: p.ID, Scope: secret.OfProject, Key: key}, p, nil
}

func putSecret(c *call) (any, error) {
	place, p, err := c.pathSecret()
	if err != nil {
		return nil, err
	}
	var in struct {
		Value *string `json:"value"`
	}
	if err := c.body(&in, false); err != nil {
		// What the body holds must not come back in a message.
		if model.CodeOf(err) == model.Invalid {
			err = model.Errorf(model.Invalid, `the body must be like {"value":"..."}, as application/json`)
		}
		return nil, err
	}
	if in.Value == nil {
		return nil, required("value")
	}
	if err := c.cfg.Vault.Set(c.r.Context(), place, *in.Value); err != nil {
		return nil, err
	}
	return restSecret{place.Key, idName{number(p.ID), p.Name}}, nil
}

func deleteSecret(c *call) (any, error) {
	place, p, err := c.pathSecret()
	if err != nil {
		return nil, err
	}
	if err := c.cfg.Vault.Delete(c.r.Context(), place); err != nil {
		return nil, err
	}
	return restSecret{place.Key, idName{number(p.ID), p.Name}}, nil
}
