package remote

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

type downloadOptions struct {
	Options
	revision, output string
}

func newDownload(world console.IO) *cobra.Command {
	o := downloadOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "download PROJECT", GroupID: "remote", Args: cobra.ExactArgs(1),
		Short:   "Get the files of a project from a server",
		Long:    "Get the files of a project from a server. Files that are there already are replaced; others stay.",
		Example: "  pawl download shop\n  pawl download shop -r 2026-01-30 -o shop-before",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	console.Grouped(c, "What is downloaded", func(f *pflag.FlagSet) {
		f.StringVarP(&o.revision, "revision", "r", "", "`name` of the revision (default: the newest)")
		f.StringVarP(&o.output, "output", "o", "", "`folder` for the files (default: the name of the project)")
		o.directFlag(f)
	})
	o.Options.Flags(c)
	return c
}

func (o *downloadOptions) run(ctx context.Context, name string) error {
	return o.With(ctx, func(ctx context.Context, r Server) error {
		p, err := r.Project(ctx, name)
		if err != nil {
			return err
		}
		revision, output := cmp.Or(o.revision, p.Revision), cmp.Or(o.output, name)
		if err := o.extract(ctx, r, p.ID, revision, output); err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.World.Stdout, "Extracted project '%s' revision '%s' to %s.\n", name, revision, output)
		return err
	})
}

// downloadLimits are there to end what has no end: what a project may be, its
// server has decided.
var downloadLimits = project.Limits{Bytes: 16 << 30, Entries: 1 << 20}

// extract unpacks a revision beside what is in the folder, and then moves its
// files to their places.
func (o *downloadOptions) extract(ctx context.Context, r Server, id client.ID, revision, output string) (err error) {
	archive, err := r.Archive(ctx, id, revision)
	if model.CodeOf(err) == model.NotFound {
		return model.Errorf(model.NotFound, "there is no archive of revision %q", revision)
	}
	if err != nil {
		return err
	}
	defer archive.Close() //nolint:errcheck // it was only read
	dir := o.World.Path(output)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(dir, ".pawl-download-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // what stays is hidden, and no harm
	if err := project.Unpack(archive, fresh, downloadLimits); err != nil {
		return err
	}
	to, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer to.Close() //nolint:errcheck // nothing is written through it
	return o.place(to, filepath.Base(fresh), output)
}

// place moves the files below a folder of root up into it.
func (o *downloadOptions) place(root *os.Root, from, shown string) error {
	return fs.WalkDir(root.FS(), from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == from {
			return err
		}
		target := name[len(from)+1:]
		if entry.IsDir() {
			return root.MkdirAll(target, 0o755)
		}
		line := path.Join(filepath.ToSlash(shown), target)
		if entry.Type() == fs.ModeSymlink {
			link, err := root.Readlink(name)
			if err != nil {
				return err
			}
			line += " -> " + link
		}
		if err := root.Rename(name, target); err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.World.Stdout, "  %s\n", line)
		return err
	})
}
