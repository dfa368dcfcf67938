package serve

import (
	"context"
	"log/slog"
	"time"

	"github.com/pawlhq/pawl/internal/service"
)

// FolderProject is the name of the project that a followed folder is.
const FolderProject = "default"

// followEvery is how often a folder is looked at.
const followEvery = 5 * time.Second

// followed is a folder that a project follows.
type followed struct {
	rules *service.Service
	dir   string
}

// follow makes the project what the folder defines now. Without a folder it
// returns nil.
func follow(ctx context.Context, rules *service.Service, dir string) (*followed, error) {
	if dir == "" {
		return nil, nil
	}
	_, err := rules.Follow(ctx, FolderProject, dir)
	return &followed{rules, dir}, err
}

// run looks at the folder until ctx is done. What is wrong with its files is
// said once, and leaves the project as it was.
func (f *followed) run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		revision, err := f.rules.Follow(ctx, FolderProject, f.dir)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && err.Error() != said:
			said = err.Error()
			log.Error("the folder is not followed", "folder", f.dir, "error", err)
		case err == nil && revision != "":
			said = ""
			log.Info("the folder has changed", "folder", f.dir, "revision", revision)
		}
	}
}
