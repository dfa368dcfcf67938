package remote

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/cli/local"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

// archiveOptions say which files make up a project.
type archiveOptions struct {
	local.ProjectOptions
	copyLinks bool
	// refuseEmpty refuses a project without workflows, unless allowEmpty.
	refuseEmpty, allowEmpty bool
}

func newArchiveOptions(world console.IO) archiveOptions {
	return archiveOptions{ProjectOptions: local.ProjectOptions{World: world}}
}

func (o *archiveOptions) flags(f *pflag.FlagSet) {
	o.ProjectOptions.Flags(f)
	f.BoolVar(&o.copyLinks, "copy-outgoing-symlinks", false, "take the files that symbolic links to the outside of the folder lead to")
}

// write checks the project and packs it but for one of its files, which may be nil, and
// says what is in it.
func (o *archiveOptions) write(ctx context.Context, f *os.File, but os.FileInfo, told io.Writer) error {
	p, err := o.Load()
	if err != nil {
		return err
	}
	if len(p.Workflows) == 0 && !project.HasPipelines(o.Path()) {
		if err := o.checkEmpty(); err != nil {
			return err
		}
	}
	mistakes := o.Mistakes(p, p.Workflows...)
	o.Warn(append(append(mistakes.Unknown, mistakes.Slips...), mistakes.Faults...).Sorted())
	tell := console.Teller{To: told}
	tell.Line("Creating %s...", f.Name())
	err = project.Pack(o.Path(), f, project.PackOptions{
		CopyOutgoingSymlinks: o.copyLinks,
		Archiving: func(name, link string) {
			if link != "" {
				name += " -> " + link
			}
			tell.Line("  Archiving %s", name)
		},
		Name: func(name string) string {
			if o.is(but, name) {
				return ""
			}
			return name
		},
	})
	if err != nil {
		return err
	}
	pipelines, err := o.pipelines(ctx, f)
	if err != nil {
		return err
	}
	tell.Line("Workflows:")
	for _, w := range p.Workflows {
		tell.Line("  %s", w.Name)
	}
	for _, w := range pipelines {
		tell.Line("  %s", w.Name)
	}
	tell.Line("")
	return tell.Err
}

// is reports whether a file, which may be nil, is that of the project with a name.
func (o *archiveOptions) is(file os.FileInfo, name string) bool {
	if file == nil {
		return false
	}
	at, err := os.Lstat(filepath.Join(o.Path(), filepath.FromSlash(name)))
	return err == nil && os.SameFile(at, file)
}

// pipelines reads those of an archive as a server does, and prints warnings.
func (o *archiveOptions) pipelines(ctx context.Context, f *os.File) ([]project.Workflow, error) {
	if !project.HasPipelines(o.Path()) {
		return nil, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	found, err := project.ReadPipelines(ctx, f, project.ReadOptions{Limits: project.AnySize, Now: o.World.Clock.Now()})
	if err != nil {
		return nil, err
	}
	o.Warn(found.Warnings)
	return found.Workflows, nil
}

// checkEmpty warns of a project without workflows, or refuses it.
func (o *archiveOptions) checkEmpty() error {
	const missing = "there are no workflows in this project: no file ends in .dig or .pawl.yaml, and there is no pipeline.yaml"
	if o.refuseEmpty && !o.allowEmpty {
		return model.Errorf(model.Invalid, "%s", missing).
			WithHint("a revision without workflows ends the schedules of the project; --allow-empty pushes it nevertheless")
	}
	_, _ = fmt.Fprintf(o.World.Stderr, "pawl: warning: %s\n", missing)
	return nil
}

// defaultArchive is the name of an archive, as with Digdag.
const defaultArchive = "digdag.archive.tar.gz"

func newArchive(world console.IO) *cobra.Command {
	o := newArchiveOptions(world)
	output := defaultArchive
	c := &cobra.Command{
		Use: "archive", GroupID: "remote", Args: cobra.NoArgs,
		Short:   "Pack the workflows here into a file, to be sent to a server later",
		Long:    "Pack the files here into an archive, as `push` does. `upload` sends it to a server.",
		Example: "  pawl archive -o shop.tar.gz",
		RunE:    func(c *cobra.Command, _ []string) error { return o.make(c.Context(), world.Path(output), output) },
	}
	console.Grouped(c, "What is packed", func(f *pflag.FlagSet) {
		o.flags(f)
		f.StringVarP(&output, "output", "o", defaultArchive, "`file` to make")
	})
	return c
}

// make packs the project into a file, which is whole once it is there. The one before
// stays until then; where that lies in the project, it is not packed.
func (o *archiveOptions) make(ctx context.Context, path, shown string) (err error) {
	before, err := os.Lstat(path)
	switch {
	case err == nil && before.IsDir():
		return model.Errorf(model.Invalid, "%s is a folder, and no file to be replaced by the archive", shown)
	case err != nil && !os.IsNotExist(err):
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".pawl-archive-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error says more
		}
	}()
	if err = o.write(ctx, f, before, o.World.Stdout); err != nil {
		_ = f.Close() // likewise
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.World.Stdout, "Created %s.\n", shown); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(o.World.Stderr, "pawl: hint: `pawl upload %s PROJECT` sends it to a server\n", console.Quote(shown))
	return nil
}
