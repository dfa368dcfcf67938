package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store"
)

// RunsKey is the setting with the project that runs of folders are recorded in.
const RunsKey = "database.runs"

// runsRevision is the only revision of a project that runs of folders are of. It has no
// files and no workflows: what a run was is stored with it.
const runsRevision = "runs"

// Shares reports whether runs of folders are recorded in the database of a configuration.
func Shares(cfg *config.Config) bool {
	name, _ := cfg.Get(RunsKey)
	return name != ""
}

// OpenRuns opens the installation that the runs of a folder are recorded in. Its logs are
// left alone if it is not to have them.
func OpenRuns(ctx context.Context, cfg *config.Config, folder string, withLogs bool, now time.Time, log *slog.Logger) (_ *instance.Shared, err error) {
	if err := Check(cfg); err != nil {
		return nil, err
	}
	s := newSettings(cfg)
	if _, ok := cfg.Get("database.path"); !ok {
		return nil, model.Errorf(model.Invalid, "%s needs database.path, the folder of the server that has the same database", RunsKey)
	}
	in := &instance.Shared{Tags: placeTags(folder)}
	if in.Store, err = s.openStore(ctx); err != nil {
		return nil, err
	}
	in.Close = in.Store.Close
	in.Outputs = s.outputs(in.Store, log)
	if in.Project, err = projectOfRuns(ctx, in.Store, s.text(RunsKey), now); err == nil && withLogs {
		err = s.openRunLogs(ctx, in, log)
	}
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// openRunLogs opens the logs that servers look for the output of tasks in.
func (s *settings) openRunLogs(ctx context.Context, in *instance.Shared, log *slog.Logger) error {
	kept, err := s.openLogs(ctx, in.Store, log)
	if err != nil {
		return err
	}
	if kept.Store == nil {
		err := model.Errorf(model.Invalid, "log-server.type keeps no output of tasks, which a run is to show").WithHint("name a folder for it with -O")
		return errors.Join(err, kept.close())
	}
	in.Logs, in.Close = kept.Store, func() error { return errors.Join(kept.close(), in.Store.Close()) }
	return nil
}

// projectOfRuns returns the project that runs are recorded in, which is made when it is
// missing. One that workflows were pushed to is no such project: a server may run the same
// sessions of it.
func projectOfRuns(ctx context.Context, in store.Store, name string, now time.Time) (model.ProjectID, error) {
	of, err := in.ProjectNamed(ctx, name)
	if model.CodeOf(err) == model.NotFound {
		_, err = in.Push(ctx, store.Push{Project: name, Revision: store.Revision{
			Name: runsRevision, Archive: store.Archive{Type: store.NoArchive}, Created: model.InstantOf(now),
		}})
		if err == nil || model.CodeOf(err) == model.Conflict { // another run has just made it
			of, err = in.ProjectNamed(ctx, name)
		}
	}
	if err == nil && of.Latest.Name != runsRevision {
		err = model.Errorf(model.Conflict, "project %q has workflows of its own, and can't have runs of a folder", name).
			WithHint("name another project in %s", RunsKey)
	}
	return of.ID, err
}

// checkRuns refuses what is no name of a project, and a database that forgets.
func (s *settings) checkRuns() {
	name, ok := s.Get(RunsKey)
	if !ok || name == "" {
		return
	}
	if err := project.CheckProjectName(name); err != nil {
		s.fault(s.Errorf(RunsKey, "%s must be the name of a project: %v", RunsKey, err))
	}
}

// placeTags say where the runs of a folder are begun.
func placeTags(folder string) model.Tags {
	machine, err := os.Hostname()
	if err != nil || machine == "" {
		machine = "unknown"
	}
	return model.Tags{model.MachineTag: tagged(machine), model.FolderTag: tagged(folder)}
}

// tagged is a text as the value of a tag: of a long one its end, and a digest.
func tagged(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= model.MaxTagValue {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	digest := hex.EncodeToString(sum[:8]) + "..."
	return digest + strings.ToValidUTF8(text[len(text)-(model.MaxTagValue-len(digest)):], "")
}
