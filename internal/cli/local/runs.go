package local

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"

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
			WithHint("`pawl run` keeps those that it makes; --endpoint asks a server")
	}
	return of, err
}
