package serve

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/patient"
	"github.com/pawlhq/pawl/internal/worker"
)

// rules returns what can be asked of a store.
func (s *settings) rules(of store.Store, archives service.Archives) *service.Service {
	return service.New(service.Config{
		Store: of, NewUUID: uuid.NewString, Archives: archives, TempDir: s.text("tmpdir"), Limits: s.limits(),
		Turns: s.turns(), Admission: s.admission(), Pools: s.pools(), CatchUp: s.catchUp(), Updates: s.updates(),
	})
}

// tries returns what tries work with, in a server or in a worker. They wait for
// a database that can't be reached; requests do not, nor do those who drive.
func (s *settings) tries(at store.Store, archives service.Archives, ring secret.Ring, output logs.Store, cfg *Config) worker.Config {
	waiting := patient.New(at, clock.System{})
	return worker.Config{
		Store: at, Service: s.rules(waiting, archives), Vault: secret.NewVault(waiting, ring), Logs: output,
		Folder: cfg.Folder, WorkDir: s.text("tmpdir"), Archives: s.archiveLimits(),
		Env: ofTasks(cfg.Env), Defaults: cfg.Defaults, Settings: s.operators(), Log: cfg.Log,
		Outputs: s.outputs(waiting, cfg.Log), LogLevel: s.logLevel(), Image: cfg.image,
	}
}

// operators returns the settings that operators may read.
func (s *settings) operators() map[string]string {
	m := make(map[string]string)
	for _, name := range s.Keys() {
		if above, _, _ := strings.Cut(name, "."); slices.Contains([]string{"config", "notification", "executor"}, above) {
			m[name], _ = s.Get(name)
		}
	}
	return m
}
