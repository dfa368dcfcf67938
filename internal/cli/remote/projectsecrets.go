package remote

import (
	"context"

	"github.com/pawlhq/pawl/internal/client"
)

// projectSecrets are those of a project on a server, for one command.
type projectSecrets struct {
	ctx     context.Context
	remote  Server
	project client.ID
}

func (s projectSecrets) List() ([]string, error) { return s.remote.SecretKeys(s.ctx, s.project) }

func (s projectSecrets) Set(key, value string) error {
	return s.remote.SetSecret(s.ctx, s.project, key, value)
}

func (s projectSecrets) Delete(key string) error {
	return s.remote.DeleteSecret(s.ctx, s.project, key)
}
