package remote

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
)

type pushOptions struct {
	archiveOptions
	Options
	console.OutputOptions
	revision, from string
}

func newPush(world console.IO) *cobra.Command {
	o := pushOptions{archiveOptions: newArchiveOptions(world), Options: Options{World: world}}
	c := &cobra.Command{
		Use: "push PROJECT", GroupID: "remote", Args: cobra.ExactArgs(1),
		Short: "Send the workflows here to a server, as a new revision of a project",
		Long: "Send the files here to a server, as a new revision of a project, which is made if there is none of that name.\n\n" +
			"Workflows are the .dig and .pawl.yaml files in the folder itself, and its pipeline.yaml and pipeline.NAME.yaml; schedules in\n" +
			"them begin to run. Hidden files stay here, and so do pawl.yaml, which is the configuration of this installation, and\n" +
			"what .digdagignore lists, in the way of .gitignore.\n" +
			"A folder without workflows is refused.",
		Example: "  pawl push shop\n  pawl push shop -r \"$(git rev-parse HEAD)\" --schedule-from '2026-02-01 00:00:00 +0000'",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0]) },
	}
	console.Grouped(c, "What is sent", func(f *pflag.FlagSet) {
		o.archiveOptions.flags(f)
		o.refuseEmpty = true
		f.BoolVar(&o.allowEmpty, "allow-empty", false, "push a folder without workflows, which ends the schedules of the project")
		revisionFlag(f, &o.revision)
		f.StringVar(&o.from, "schedule-from", "", "let schedules that are new begin at this `time`: 'yyyy-MM-dd HH:mm:ss Z' or a unix time (default: now)")
	})
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func revisionFlag(f *pflag.FlagSet, to *string) {
	f.StringVarP(to, "revision", "r", "", "`name` of the revision (default: a random one)")
}

func (o *pushOptions) run(ctx context.Context, name string) error {
	world := o.Options.World
	if err := project.CheckProjectName(name); err != nil {
		return err
	}
	var from time.Time
	if o.from != "" {
		var err error
		if from, err = console.ParseInstant("--schedule-from", o.from, world.Clock.Now()); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp("", "pawl-push-*.tar.gz")
	if err != nil {
		return fmt.Errorf("make an archive: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // what stays is for the system to remove
	defer func() { _ = f.Close() }()           // it is not kept
	told := world.Stdout
	if o.JSON {
		told = io.Discard
	}
	if err := o.archiveOptions.write(ctx, f, nil, told); err != nil {
		return err
	}
	return o.With(ctx, func(ctx context.Context, r Server) error {
		return upload(ctx, r, f, client.Push{Project: name, Revision: o.revision, ScheduleFrom: from}, world, o.OutputOptions)
	})
}

type uploadOptions struct {
	Options
	console.OutputOptions
	revision string
}

func newUpload(world console.IO) *cobra.Command {
	o := uploadOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "upload FILE PROJECT", GroupID: "remote", Args: cobra.ExactArgs(2),
		Short:   "Send an archive that `archive` made to a server",
		Long:    "Send an archive that `archive` made to a server, as a new revision of a project.",
		Example: "  pawl archive -o shop.tar.gz\n  pawl upload shop.tar.gz shop -r 2026-01-30",
		RunE:    func(c *cobra.Command, args []string) error { return o.run(c.Context(), args[0], args[1]) },
	}
	console.Grouped(c, "What is sent", func(f *pflag.FlagSet) { revisionFlag(f, &o.revision) })
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

func (o *uploadOptions) run(ctx context.Context, file, name string) error {
	if err := project.CheckProjectName(name); err != nil {
		return err
	}
	f, err := os.Open(o.World.Path(file))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return o.With(ctx, func(ctx context.Context, r Server) error {
		return upload(ctx, r, f, client.Push{Project: name, Revision: o.revision}, o.World, o.OutputOptions)
	})
}

// upload sends an archive and prints what came of it.
func upload(ctx context.Context, r Server, f *os.File, p client.Push, world console.IO, o console.OutputOptions) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return model.Errorf(model.Invalid, "%s is no file", f.Name())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if p.Revision == "" {
		p.Revision = uuid.NewString()
	}
	p.Archive, p.Size = f, info.Size()
	made, err := r.Push(ctx, p)
	if err != nil {
		return err
	}
	if err := console.List(world.Stdout, o, "Uploaded:", []client.Project{made}, uploadedRecord); err != nil {
		return err
	}
	o.Hint(world.Stderr, "`pawl workflows %s` lists its workflows", console.Quote(made.Name))
	return nil
}

// uploadedRecord is what is told of a project after a push. Its times are as
// the server writes them, which is how Digdag's client shows them here.
func uploadedRecord(p client.Project) console.Record {
	return console.Record{
		"id", string(p.ID), "name", p.Name, "revision", p.Revision, "archive type", p.ArchiveType,
		"project created at", p.CreatedAt.String(), "revision updated at", p.UpdatedAt.String(),
	}
}
