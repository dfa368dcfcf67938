package instance

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
)

// Shared is an installation that servers and others use, too, in which runs of a folder
// are recorded. Only this process drives them: they are in the pool store.Private.
type Shared struct {
	Store store.Store
	// Logs has the output of tasks, if Config.Logs does not.
	Logs logs.Store
	// Outputs has the values of tasks. The instance closes it.
	Outputs *values.Outputs
	// Project is the stored project that the runs are of.
	Project model.ProjectID
	// Tags say where the runs were begun: only there one goes on that was cut off.
	Tags model.Tags
	// Close closes the store and the logs, once the instance has ended.
	Close func() error
}

// patrolEvery is how often to look for what others ask of runs that they can see.
const patrolEvery = time.Second

func (in *Instance) patrol() time.Duration {
	if in.cfg.Shared == nil {
		return 0
	}
	return patrolEvery
}

// logsOf returns the logs of an instance.
func logsOf(cfg Config) logs.Store {
	if cfg.Logs == "" && cfg.Shared != nil {
		return cfg.Shared.Logs
	}
	return logs.At(cfg.Logs)
}

// project is the stored project that runs are of, or 0.
func (in *Instance) project() model.ProjectID {
	if in.cfg.Shared == nil {
		return 0
	}
	return in.cfg.Shared.Project
}

func (in *Instance) closeStore() error {
	if in.cfg.Shared != nil {
		return in.cfg.Shared.Close()
	}
	return in.store.Close()
}

// begunHere reports whether an attempt was begun in this folder, where what it has done
// is to be found.
func (in *Instance) begunHere(ctx context.Context, id model.AttemptID) (bool, error) {
	if in.cfg.Shared == nil {
		return true, nil
	}
	of, err := in.store.TagsOf(ctx, []model.AttemptID{id})
	if err != nil {
		return false, err
	}
	for name, value := range in.cfg.Shared.Tags {
		if of[id][name] != value {
			return false, nil
		}
	}
	return true, nil
}
