package local

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
)

// Kept returns the database with the runs of the working directory, or "" where none were
// kept there, or where they are kept elsewhere by now.
func Kept(world console.IO) string {
	if world.Dir == "" {
		return ""
	}
	path := serve.LocalDatabase(world.Dir)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	here := console.ConfigOptions{Project: world.Dir}
	if cfg, err := here.Config(world); err == nil && serve.Shares(cfg) {
		return ""
	}
	return path
}

// OpenRuns opens the runs of the working directory, to be asked as a server is.
func OpenRuns(ctx context.Context, world console.IO, log *slog.Logger) (*serve.Local, error) {
	of, err := serve.OpenLocal(ctx, world.Dir, world.Version, world.Clock, log)
	if errors.Is(err, fs.ErrNotExist) || err != nil && model.CodeOf(err) == model.NotFound {
		return nil, model.Errorf(model.NotFound, "no runs were kept in %s", world.Dir).
			WithHint("%s`pawl run` keeps those that it makes; --endpoint asks a server", KeptAbove(world))
	}
	return of, err
}

// KeptAbove says in which folder above the working directory runs were kept, or nothing. A
// command works on one folder, and looks for it nowhere else.
func KeptAbove(world console.IO) string {
	for dir := filepath.Dir(world.Dir); world.Dir != ""; dir = filepath.Dir(dir) {
		above := world
		if above.Dir = dir; Kept(above) != "" {
			return "there are some in " + dir + ": ask there; "
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}

// Defines reports whether the working directory has definitions of workflows, or a database.
func Defines(world console.IO) bool {
	if world.Dir == "" {
		return false
	}
	entries, err := os.ReadDir(world.Dir)
	return Kept(world) != "" || err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isDefinition(e.Name()) })
}

// OpenDefined opens what the working directory defines, to be asked as a server is.
func OpenDefined(ctx context.Context, world console.IO, log *slog.Logger) (*serve.Local, error) {
	if !Defines(world) {
		return nil, noWorkflows()
	}
	return serve.OpenDefined(ctx, world.Dir, world.Version, world.Clock, log)
}
