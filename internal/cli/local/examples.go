package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	embedded "github.com/pawlhq/pawl/examples"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/process"
)

type examplesOptions struct {
	world                      console.IO
	name, output, from, branch string
	force                      bool
}

func newExamples(world console.IO) *cobra.Command {
	o := examplesOptions{world: world}
	c := &cobra.Command{
		Use: "examples", GroupID: "run",
		Short: "List examples, or copy one",
		Long: "List the examples that pawl has with it, or copy one to a folder. With --from, those of a git\n" +
			"repository, each in a folder of its own: only then is the network used.\n\n" + console.ExitHelp,
		Example: "  pawl examples\n  pawl examples -n pipeline -o tour",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVarP(&o.name, "name", "n", "", "copy the example `NAME`")
	f.StringVarP(&o.output, "output", "o", "", "`folder` to copy it to (default: its name)")
	f.BoolVarP(&o.force, "force", "f", false, "write over files that are there")
	f.StringVar(&o.from, "from", "", "git `repository` with examples, as git clone takes it")
	f.StringVarP(&o.branch, "branch", "b", "", "`branch` of the repository")
	return c
}

func (o *examplesOptions) run(ctx context.Context) error {
	switch {
	case o.branch != "" && o.from == "":
		return model.Errorf(model.Invalid, "--branch needs --from: the examples that pawl has with it have no branches")
	case o.name == "" && (o.output != "" || o.force):
		return model.Errorf(model.Invalid, "--output and --force need --name NAME")
	}
	files, clean, err := o.source(ctx)
	if err != nil {
		return err
	}
	defer clean()
	known, err := exampleList(files)
	if err != nil {
		return err
	}
	if o.name == "" {
		return o.list(known)
	}
	for _, e := range known {
		if e.name == o.name {
			return o.copy(files)
		}
	}
	names := make([]string, len(known))
	for i, e := range known {
		names[i] = e.name
	}
	return console.Suggest(model.Errorf(model.NotFound, "there is no example %q", o.name), o.name, names, "there are: "+some(names))
}

// source returns the files with the examples, until clean is called.
func (o *examplesOptions) source(ctx context.Context) (fs.FS, func(), error) {
	if o.from == "" {
		return embedded.Files, func() {}, nil
	}
	git, err := process.Look("git", o.world.Dir, o.world.Env)
	if err != nil {
		return nil, nil, err
	}
	dir, clean, err := passing("pawl-examples-")
	if err != nil {
		return nil, nil, err
	}
	args := []string{"clone", "--quiet", "--depth", "1"}
	if o.branch != "" {
		args = append(args, "--branch", o.branch)
	}
	if err := use(ctx, o.world, o.world.Env, git, append(args, "--", o.from, filepath.Join(dir, "all"))...); err != nil {
		clean()
		return nil, nil, err
	}
	return os.DirFS(filepath.Join(dir, "all")), clean, nil
}

// example is a folder that can be copied, and what it shows.
type example struct{ name, shows string }

// exampleList returns the folders with something to run, with what the table in
// README.md says of them.
func exampleList(files fs.FS) ([]example, error) {
	shows := make(map[string]string)
	text, err := fs.ReadFile(files, "README.md")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.ReplaceAll(line, "`", ""), "|")
		if len(cells) == 4 {
			shows[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var list []example
	for _, e := range entries {
		if e.IsDir() && runnable(files, e.Name()) {
			list = append(list, example{e.Name(), shows[e.Name()]})
		}
	}
	return list, nil
}

// runnable reports whether a folder has a workflow or a pipeline.
func runnable(files fs.FS, dir string) bool {
	for _, pattern := range []string{"/*.dig", "/*" + pawlfile.Extension, "/pipeline*.yaml"} {
		if found, err := fs.Glob(files, dir+pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

func (o *examplesOptions) list(known []example) error {
	t := &console.Table{Columns: []console.Column{{Title: "name"}, {Title: "what it shows"}}}
	for _, e := range known {
		t.Rows = append(t.Rows, []string{e.name, e.shows})
	}
	if err := t.Write(o.world.Stdout, console.TableWidth(o.world)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(o.world.Stderr, "Copy one: pawl examples --name NAME")
	return err
}

// copy copies an example.
func (o *examplesOptions) copy(files fs.FS) error {
	to := o.output
	if to == "" {
		to = o.name
	}
	from, err := fs.Sub(files, o.name)
	if err != nil {
		return err
	}
	target := o.world.Path(to)
	if !o.force {
		if err := untouched(from, target); err != nil {
			return err
		}
	}
	err = fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return place(from, path, d, filepath.Join(target, filepath.FromSlash(path)))
	})
	if err != nil {
		return err
	}
	command := "pawl run"
	if hasPipeline(target) {
		command = "pawl build"
	}
	_, err = fmt.Fprintf(o.world.Stdout, "Done. Next:\n\n    cd %s\n    %s\n", to, command)
	return err
}

// untouched refuses to write over files that are there.
func untouched(from fs.FS, target string) error {
	return fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if _, err := os.Lstat(filepath.Join(target, filepath.FromSlash(path))); err == nil {
			return model.Errorf(model.Conflict, "%s is there already", filepath.Join(target, path)).
				WithHint("choose another folder with --output, or write over it with --force")
		}
		return nil
	})
}

// place writes one file of an example. What is embedded has lost its modes, so
// that scripts are told by how they begin.
func place(from fs.FS, path string, d fs.DirEntry, target string) error {
	switch {
	case d.IsDir():
		return os.MkdirAll(target, 0o755)
	case !d.Type().IsRegular():
		return nil
	}
	text, err := fs.ReadFile(from, path)
	if err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(string(text), "#!") {
		mode = 0o755
	}
	return os.WriteFile(target, text, mode)
}
