package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pipeline"
	source "github.com/pawlhq/pawl/internal/source/python"
)

type scaffoldOptions struct {
	world                       console.IO
	pipeline                    pipelineOptions
	conda, pip, packaged, empty bool
}

func newScaffold(world console.IO) *cobra.Command {
	o := scaffoldOptions{world: world}
	c := &cobra.Command{
		Use: "scaffold [NAME]", GroupID: "run",
		Short: "Make a project with a pipeline, or the sources that one lacks",
		Long: "With NAME, make a folder with a pipeline that can be built at once. Without, make the sources that\n" +
			"the pipeline found from here names and that are not there yet: scripts, notebooks, SQL and functions.\n" +
			"What is there already stays as it is.\n\n" + console.ExitHelp,
		Example: "  pawl scaffold sales\n  pawl scaffold --package sales\n  pawl scaffold",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.complete(c.Context())
			}
			return o.project(args[0])
		},
	}
	console.Grouped(c, "New project", func(f *pflag.FlagSet) {
		f.BoolVarP(&o.pip, "pip", "p", false, "list what it needs in requirements.txt (the default)")
		f.BoolVarP(&o.conda, "conda", "c", false, "list what it needs in environment.yml")
		f.BoolVarP(&o.packaged, "package", "P", false, "make a Python package, with setup.py and src/")
		f.BoolVarP(&o.empty, "empty", "E", false, "make a pipeline without tasks")
	})
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	o.pipeline.envFlags(c, world.Args)
	return c
}

// isName reports whether something in Python can be called so.
func isName(s string) bool {
	letter := func(r rune) bool { return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
	other := func(r rune) bool { return !letter(r) && (r < '0' || r > '9') }
	return s != "" && letter(rune(s[0])) && !strings.ContainsFunc(s, other)
}

// project makes a new project.
func (o *scaffoldOptions) project(name string) error {
	switch {
	case o.conda && o.pip:
		return model.Errorf(model.Invalid, "--conda and --pip exclude each other")
	case o.pipeline.wanted():
		return model.Errorf(model.Invalid, "--entry-point is for a pipeline that is there, not for the new project %s", name)
	}
	path := o.world.Path(name)
	module := filepath.Base(path)
	if o.packaged && !isName(module) {
		return model.Errorf(model.Invalid, "a package can't be called %q", module).
			WithHint("letters, digits and _ make its name, and it begins with no digit")
	}
	if _, err := os.Stat(filepath.Join(path, pipelineFile)); err == nil {
		return model.Errorf(model.Conflict, "%s has a %s already", name, pipelineFile).
			WithHint("`pawl scaffold` in that folder makes the sources that it lacks")
	}
	making := initOptions{world: o.world}
	for _, f := range projectFiles(module, o) {
		if err := making.create(path, name, f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(o.world.Stdout, "Done. Next:\n\n    cd %s\n    pawl build\n", name)
	return err
}

// complete makes the sources that a pipeline lacks.
func (o *scaffoldOptions) complete(ctx context.Context) error {
	if o.conda || o.pip || o.packaged || o.empty {
		return model.Errorf(model.Invalid, "a new project needs a name").WithHint("`pawl scaffold NAME`")
	}
	s, err := pipeline.ReadSketch(ctx, pipeline.Options{
		Dir: o.world.Dir, Entry: o.pipeline.entry, Set: o.pipeline.set, Now: o.world.Clock.Now(),
		Lookup: func(name string) (string, bool) { return lookup(o.world.Env, name) },
	})
	if model.CodeOf(err) == model.NotFound && !o.pipeline.wanted() {
		return model.Errorf(model.Invalid, "there is no pipeline here, and a new project needs a name").WithHint("`pawl scaffold NAME`")
	}
	if err != nil {
		return err
	}
	made := 0
	for _, t := range s.Tasks {
		did, err := o.make(s, t)
		if err != nil {
			return err
		}
		if did {
			made++
		}
	}
	_, err = fmt.Fprintf(o.world.Stdout, "%s made, %d there already\n", console.Counted(made, "source", "sources"), len(s.Tasks)-made)
	return err
}

// make makes the source of a task unless it is there.
func (o *scaffoldOptions) make(s *pipeline.Sketch, t pipeline.SketchedTask) (bool, error) {
	if t.Path == "" {
		return o.makeFunction(s, t)
	}
	if _, err := os.Stat(t.Path); err == nil {
		return false, nil
	}
	text, ok := sourceText(t, s.ExtractProduct)
	if !ok {
		return false, model.Errorf(model.Invalid, "there is no template for %s", below(t.Path, o.world.Dir)).
			WithHint("sources of these kinds can be made: %s, and functions", strings.Join(sourceKinds(), " "))
	}
	return true, (initOptions{world: o.world}).create(filepath.Dir(t.Path), filepath.Dir(below(t.Path, o.world.Dir)), file{name: filepath.Base(t.Path), text: text})
}

// makeFunction adds a function to its module, which is made where it is not
// there, as are the packages that it is in.
func (o *scaffoldOptions) makeFunction(s *pipeline.Sketch, t pipeline.SketchedTask) (bool, error) {
	words := strings.Split(strings.ReplaceAll(t.Source, "::", "."), ".")
	if len(words) < 2 || slices.ContainsFunc(words, func(w string) bool { return !isName(w) }) {
		return false, model.Errorf(model.Invalid, "%q is neither a file nor a function in a module", t.Source)
	}
	name, module := words[len(words)-1], words[:len(words)-1]
	base := s.Dir
	if src := filepath.Join(s.Root, "src"); isDir(filepath.Join(src, module[0])) {
		base = src
	}
	path := filepath.Join(append([]string{base}, module...)...)
	if isDir(path) {
		path = filepath.Join(path, "__init__.py")
	} else {
		path += ".py"
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if slices.ContainsFunc(source.Functions(string(text)), func(f source.Function) bool { return f.Name == name }) {
		return false, nil
	}
	for n := 1; n < len(module); n++ {
		if err := makePackage(filepath.Join(append([]string{base}, module[:n]...)...)); err != nil {
			return false, err
		}
	}
	added := functionText(name, t, len(text) == 0)
	if err := os.WriteFile(path, append(text, added...), 0o644); err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(o.world.Stdout, "Adding %s to %s\n", name, below(path, o.world.Dir))
	return true, err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// makePackage makes a folder that Python imports.
func makePackage(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "__init__.py"), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}
