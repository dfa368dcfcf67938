package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/workflow"
)

// ProjectOptions choose the project that a command works on.
type ProjectOptions struct {
	World console.IO
	dir   string
	// diagnose has mistakes printed for programs.
	diagnose bool
	// local is set where workflows run without a server.
	local bool
}

// Flags gives a command the options.
func (o *ProjectOptions) Flags(f *pflag.FlagSet) {
	f.StringVar(&o.dir, "project", "", "`folder` of the project (default: the working directory)")
}

// Path returns the project's folder as an absolute path.
func (o *ProjectOptions) Path() string {
	if filepath.IsAbs(o.dir) {
		return filepath.Clean(o.dir)
	}
	return filepath.Join(o.World.Dir, o.dir)
}

// Load compiles the project's workflows and prints warnings.
func (o *ProjectOptions) Load() (*dig.Project, error) {
	p, err := o.load()
	var errs document.Errors
	if err != nil && (p == nil || !errs.Take(err)) {
		return nil, err
	}
	if err != nil {
		found := o.Mistakes(p, p.Broken...)
		o.Warn(slices.Concat(p.Warnings, found.Unknown, found.Slips, found.Doubts).Elsewhere(errs).Sorted())
		return nil, slices.Concat(errs, found.Faults.Elsewhere(errs), found.Remote.Elsewhere(errs)).Err()
	}
	if len(p.Workflows) > 0 {
		_ = makeState(instance.StatePath(o.Path(), "")) // a project that can't keep anything needs no such folder
	}
	o.Warn(p.Warnings)
	return p, nil
}

// load is Load that prints nothing. Beside document.Errors it returns what could be
// made of the files.
func (o *ProjectOptions) load() (*dig.Project, error) {
	if err := o.exists(); err != nil {
		return nil, err
	}
	dir, root := o.Path(), filepath.ToSlash(o.dir)
	p, err := dig.LoadProjectCached(dir, root, instance.StatePath(dir, "cache"))
	if p != nil {
		err = withPawlFiles(p, err, os.DirFS(dir), root)
	}
	if err != nil {
		if closed := unreadable(dir); closed != nil {
			return nil, closed
		}
	}
	return p, err
}

// exists returns the error of a project whose folder is none.
func (o *ProjectOptions) exists() error {
	info, err := os.Stat(o.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return model.Errorf(model.NotFound, "there is no folder %s", o.dir)
	case err != nil:
		return err
	case !info.IsDir():
		return model.Errorf(model.NotFound, "%s is no folder", o.dir).
			WithHint("give the folder that it is in: --project %s", filepath.Dir(o.dir))
	}
	return nil
}

// unreadable returns the error of a workflow file that this process may not
// read, which is no mistake in the definitions.
func unreadable(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // which others tell
	}
	for _, e := range entries {
		if !isDefinition(e.Name()) {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrPermission) {
			return err
		}
		if err == nil {
			_ = f.Close() // nothing was read
		}
	}
	return nil
}

// noWorkflows is the error of a folder that is no project.
func noWorkflows() error {
	return model.Errorf(model.NotFound, "there are no workflows here: no file ends in .dig or .pawl.yaml, and there is no pipeline.yaml").
		WithHint("`pawl init DIR` makes an example, `pawl scaffold DIR` one of a pipeline")
}

// workflow returns the workflow of that name, with or without its extension.
// An empty name stands for the only one.
func findWorkflow(p *dig.Project, name string) (*workflow.Workflow, error) {
	names := make([]string, len(p.Workflows))
	for i, w := range p.Workflows {
		names[i] = w.Name
	}
	if name == "" {
		switch len(names) {
		case 0:
			return nil, noWorkflows()
		case 1:
			return p.Workflows[0], nil
		}
		return nil, model.Errorf(model.Invalid, "there are several workflows: %s", some(names)).
			WithHint("say which one, such as %s", names[0])
	}
	name = workflowNamed(name)
	if i := slices.Index(names, name); i >= 0 {
		return p.Workflows[i], nil
	}
	err := model.Errorf(model.NotFound, "there is no workflow %q", name)
	if hint := misnamedAs(p, name); hint != "" {
		return nil, err.WithHint("%s", hint)
	}
	if near := document.DidYouMean(name, names); near != "" {
		return nil, err.WithHint("%s", near)
	}
	if len(names) > 0 {
		return nil, err.WithHint("there are: %s", some(names))
	}
	return nil, err.WithHint("no file ends in .dig or .pawl.yaml here; `pawl init DIR` makes an example")
}

// workflowNamed returns the name of the workflow that somebody names, perhaps by its file.
func workflowNamed(name string) string {
	name = filepath.ToSlash(strings.TrimPrefix(name, "./"))
	return strings.TrimSuffix(strings.TrimSuffix(name, dig.Extension), pawlfile.Extension)
}

// some lists names, not all of many.
func some(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// findTask returns the one task that the pattern matches.
func findTask(w *workflow.Workflow, pattern string) (workflow.Path, error) {
	p, err := w.Root.Find(pattern)
	var missing *workflow.FindError
	if !errors.As(err, &missing) {
		return p, err
	}
	if len(missing.Found) > 0 {
		return p, model.Errorf(model.Invalid, "%w", err).WithHint("give more of the name")
	}
	var names []string
	w.Root.Walk(func(p workflow.Path) bool {
		names = append(names, strings.TrimPrefix(p.Name(), w.Root.Name))
		return true
	})
	failure := model.Errorf(model.NotFound, "%w", err)
	if near := document.DidYouMean(pattern, names); near != "" {
		return p, failure.WithHint("%s", near)
	}
	return p, failure.WithHint("there are: %s", some(slices.DeleteFunc(names, func(name string) bool { return name == "" })))
}

// ParamOptions are the parameters given on the command line.
type ParamOptions struct {
	pairs  []string
	inputs []string
	file   string
	typed  bool
}

// Flags gives a command the options.
func (o *ParamOptions) Flags(f *pflag.FlagSet) {
	f.VarP((*console.Repeated)(&o.pairs), "param", "p", "set a parameter: `KEY=VALUE`; dots in the key nest; repeatable")
	f.StringVarP(&o.file, "params-file", "P", "", "read parameters from a YAML or JSON `file`")
	f.Var((*console.Repeated)(&o.inputs), "input", "give an input: `KEY=VALUE`, or @FILE for all that a YAML or JSON file has; repeatable")
}

// TypedFlag gives a command the option to take pairs as JSON.
func (o *ParamOptions) TypedFlag(f *pflag.FlagSet) {
	f.BoolVar(&o.typed, "json-param", false, "take values of -p as JSON, so that 10 is a number (default: they are texts)")
}

// Read merges base, the file and the pairs; what comes later wins.
func (o *ParamOptions) Read(world console.IO, base params.Map) (params.Map, error) {
	m := base
	if o.file != "" {
		given, err := readParams(world, o.file)
		if err != nil {
			return m, err
		}
		m = m.Merge(given)
	}
	for _, pair := range o.pairs {
		var err error
		if m, err = o.pair(m, "-p", pair); err != nil {
			return m, err
		}
	}
	for _, pair := range o.inputs {
		file, ok := strings.CutPrefix(pair, "@")
		if !ok {
			var err error
			if m, err = o.pair(m, "--input", pair); err != nil {
				return m, err
			}
			continue
		}
		given, err := readParams(world, file)
		if err != nil {
			return m, err
		}
		m = m.Merge(given)
	}
	return m, nil
}

// readParams reads a file of parameters that is named on the command line.
func readParams(world console.IO, name string) (params.Map, error) {
	text, err := os.ReadFile(world.Path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return params.Map{}, model.Errorf(model.NotFound, "there is no file %s", name)
	case errors.Is(err, syscall.EISDIR):
		return params.Map{}, model.Errorf(model.Invalid, "%s is a folder, not a file of parameters", name)
	case err != nil:
		return params.Map{}, fmt.Errorf("read parameters: %w", err)
	}
	given, err := document.ReadParams(name, text)
	if err != nil {
		return params.Map{}, &console.FileError{File: name, Err: err}
	}
	return given, nil
}

// pair sets what KEY=VALUE says, given with a flag.
func (o *ParamOptions) pair(m params.Map, flag, pair string) (params.Map, error) {
	key, value, ok := strings.Cut(pair, "=")
	if !ok || key == "" {
		return m, model.Errorf(model.Invalid, "%s needs KEY=VALUE, not %q", flag, pair)
	}
	v, err := o.value(flag, pair, value)
	if err != nil {
		return m, err
	}
	return m.SetAt(v, params.SplitPath(key)...), nil
}

// value reads the value of a pair.
func (o *ParamOptions) value(flag, pair, text string) (params.Value, error) {
	if !o.typed {
		return text, nil
	}
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%s %q has no JSON: %w", flag, pair, err).WithHint("a text has quotes, as in -p 'name=\"Ann\"'")
	}
	return v, nil
}

// completeWorkflows offers the names of the project's workflows.
func (o *ProjectOptions) completeWorkflows(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	quietly := *o
	quietly.World.Stderr = io.Discard
	p, err := quietly.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	if len(args) == 0 {
		for _, w := range p.Workflows {
			names = append(names, w.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	if w, err := findWorkflow(p, args[0]); err == nil && len(args) == 1 {
		w.Root.Walk(func(p workflow.Path) bool {
			if name := strings.TrimPrefix(p.Name(), w.Root.Name); name != "" {
				names = append(names, name)
			}
			return true
		})
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
