package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/scratch"
)

// place says where state, logs and scratch files are kept and makes the folders
// for them. What is not kept is removed by clean.
func (o *runOptions) place(c *instance.Config) (clean func(), err error) {
	clean = func() {}
	switch {
	case filepath.IsAbs(o.taskLog):
		c.Logs = o.taskLog
	case o.taskLog != "":
		c.Logs = filepath.Join(o.World.Dir, o.taskLog)
	case o.shared != nil: // which has them
	case o.noSave || o.dryRun:
		if c.Logs, clean, err = passing("pawl-logs-"); err != nil {
			return nil, fmt.Errorf("make a folder for the output of tasks: %w", err)
		}
	default:
		c.Logs = instance.StatePath(o.Path(), "logs")
	}
	if !o.noSave && !o.dryRun {
		c.Database = instance.StatePath(o.Path(), "pawl.db")
		err := makeState(filepath.Dir(c.Database))
		if o.shared != nil {
			c.Database = ""
		}
		if err == nil && !writable(c.Status) {
			err = &fs.PathError{Op: "write", Path: c.Status, Err: fs.ErrPermission}
		}
		if err != nil {
			return nil, model.Errorf(model.Forbidden, "the project can't keep its state: %w", err).
				WithHint("make the folder writable, or run with --no-save")
		}
	} else if !writable(command.ScratchFolder(o.Path())) {
		c.Scratch = os.TempDir()
	}
	if c.Logs == "" {
		return clean, nil
	}
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		clean()
		return nil, fmt.Errorf("the output of tasks can't be kept: %w", err)
	}
	return clean, nil
}

// passing makes a folder for this run alone, after those are removed that
// other runs have left.
func passing(prefix string) (path string, clean func(), err error) {
	scratch.Sweep(os.TempDir(), prefix)
	f, err := scratch.Make(os.TempDir(), prefix)
	if err != nil {
		return "", nil, err
	}
	return f.Path(), func() { _ = f.Remove() }, nil // what stays is for the next run to remove
}

// writable reports whether a folder can be written to, or made.
func writable(dir string) bool {
	for {
		if _, err := os.Stat(dir); err == nil {
			return canWrite(dir)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// makeState makes the folder of what a project keeps on this machine, which
// keeps itself out of git.
func makeState(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}
