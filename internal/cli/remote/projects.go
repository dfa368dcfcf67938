package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

type projectsOptions struct {
	Options
	console.OutputOptions
	pageOptions
	contains string
}

func newProjects(world console.IO) *cobra.Command {
	o := projectsOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "projects [PROJECT]", Aliases: []string{"project"}, GroupID: "remote", Args: cobra.MaximumNArgs(1),
		Short:   "List the projects",
		Long:    "List the projects of a server, the oldest first, or show one. The files of a folder are the project default.",
		Example: "  pawl projects\n  pawl projects --name etl --json",
		RunE: func(c *cobra.Command, args []string) error {
			return o.AskDefined(c.Context(), func(ctx context.Context, r Server) error { return o.show(ctx, r, args) })
		},
	}
	console.Grouped(c, "What is listed", func(f *pflag.FlagSet) { o.countFlags(f, &o.contains) })
	o.OutputOptions.Flags(c)
	o.Options.Flags(c)
	return c
}

// countFlags are those of lists with the oldest entries first.
func (o *pageOptions) countFlags(f *pflag.FlagSet, contains *string) {
	f.IntVar(&o.size, "count", 0, "list this `number` (default: 100)")
	f.StringVar(&o.last, "last-id", "", "list those after this `ID`")
	f.StringVar(contains, "name", "", "list those with this `text` in their names")
}

func (o *projectsOptions) show(ctx context.Context, r Server, args []string) error {
	found, err := o.find(ctx, r, args)
	if err != nil {
		return err
	}
	if err := console.List(o.World.Stdout, o.OutputOptions, "Projects", found, projectRecord); err != nil {
		return err
	}
	o.Hint(o.World.Stderr, "`pawl workflows PROJECT` lists the workflows of one")
	return nil
}

func (o *projectsOptions) find(ctx context.Context, r Server, args []string) ([]client.Project, error) {
	if len(args) > 0 {
		p, err := r.Project(ctx, args[0])
		return []client.Project{p}, err
	}
	page, err := o.page()
	if err != nil {
		return nil, err
	}
	return r.Projects(ctx, o.contains, page)
}

func projectRecord(p client.Project) console.Record {
	return console.Record{
		"name", p.Name, "id", string(p.ID), "revision", p.Revision, "archive type", p.ArchiveType,
		"project created at", LocalTime(p.CreatedAt), "revision updated at", LocalTime(p.UpdatedAt),
	}
}

type deleteOptions struct {
	Options
	force bool
}

func newDelete(world console.IO) *cobra.Command {
	o := deleteOptions{Options: Options{World: world}}
	c := &cobra.Command{
		Use: "delete PROJECT", GroupID: "remote", Args: cobra.ExactArgs(1),
		Short: "Delete a project on a server",
		Long: "Delete a project on a server. Its schedules end; what runs goes on, and its sessions can still be looked at.\n" +
			"A later push of the same name makes another project.",
		RunE: func(c *cobra.Command, args []string) error {
			return o.With(c.Context(), func(ctx context.Context, r Server) error { return o.run(ctx, r, args[0]) })
		},
	}
	console.Grouped(c, "Deletion", func(f *pflag.FlagSet) {
		f.BoolVar(&o.force, "force", false, "do not ask")
	})
	o.Options.Flags(c)
	return c
}

func (o *deleteOptions) run(ctx context.Context, r Server, name string) error {
	p, err := r.Project(ctx, name)
	if err != nil {
		return err
	}
	about := console.Record{
		"id", string(p.ID), "name", p.Name, "latest revision", p.Revision,
		"created at", LocalTime(p.CreatedAt), "last updated at", LocalTime(p.UpdatedAt),
	}
	if err := console.List(o.World.Stdout, console.OutputOptions{}, "Project:", []console.Record{about}, func(r console.Record) console.Record { return r }); err != nil {
		return err
	}
	if !o.force {
		if err := o.confirm(name); err != nil {
			return err
		}
	}
	if _, err := r.DeleteProject(ctx, p.ID); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(o.World.Stderr, "Project '%s' is deleted.\n", name)
	return nil
}

// confirm asks whether to go on.
func (o *deleteOptions) confirm(name string) error {
	_, _ = fmt.Fprintf(o.World.Stderr, "Delete project '%s'? [y/N]: ", name)
	answer, err := bufio.NewReader(o.World.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	case "":
		if err != nil {
			return model.Errorf(model.Invalid, "nobody answers: project %q is not deleted", name).WithHint("--force does not ask")
		}
	}
	return model.Errorf(model.RunFailed, "canceled: project %q is not deleted", name)
}
