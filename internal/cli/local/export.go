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

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/export"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/shape"
)

type exportOptions struct {
	world            console.IO
	pipeline         pipelineOptions
	mode, task       string
	ignoreGit        bool
	backend, preset  string
	given            *pflag.FlagSet
	environment, dir string
	inputs           ParamOptions
}

func newExport(world console.IO) *cobra.Command {
	o := exportOptions{world: world}
	c := &cobra.Command{
		Use: "export [add] ENV [WORKFLOW]", GroupID: "run",
		Short: "Write a pipeline down for Argo, Airflow, Kubeflow, SLURM or AWS Batch",
		Long: "Write a pipeline down for another scheduler, each task as a node that runs `pawl task`. ENV is a section of\n" +
			"soopervisor.yaml, and a folder that gets what is written; `pawl export add` makes both. Nothing is submitted:\n" +
			"the last line says how. A WORKFLOW, a .dig or .pawl.yaml file, becomes one node that runs all of it, because\n" +
			"its tasks share parameters, which no other scheduler hands on.\n\n" + console.ExitHelp,
		Example: "  pawl export add cluster -b slurm\n  pawl export cluster\n  pawl export cluster --mode force\n  pawl export cluster --task fit --mode regular",
		Args:    cobra.RangeArgs(1, 2), ValidArgs: []string{"add"},
		RunE: func(c *cobra.Command, args []string) error {
			o.given = c.Flags()
			if args[0] == "add" {
				return o.add(args[1:])
			}
			o.environment, o.dir = args[0], world.Path(args[0])
			return o.run(c.Context(), args[1:])
		},
	}
	console.Grouped(c, "What is exported", func(f *pflag.FlagSet) {
		f.StringVarP(&o.mode, "mode", "m", export.Modes()[0], "incremental: tasks that are outdated; regular: all, which find out themselves; force: all, which run in any case")
		f.StringVarP(&o.task, "task", "t", "", "export `TASK` alone")
		f.BoolVarP(&o.ignoreGit, "ignore-git", "i", false, "images get all files, not only those in git")
	})
	console.Grouped(c, "Inputs of a workflow", func(f *pflag.FlagSet) {
		f.Var((*console.Repeated)(&o.inputs.inputs), "input", "the default of an input: `KEY=VALUE`, or @FILE for all that a YAML or JSON file has; repeatable")
	})
	console.Grouped(c, "New environment (export add)", func(f *pflag.FlagSet) {
		f.StringVarP(&o.backend, "backend", "b", "", "what runs it: "+strings.Join(export.Backends(), ", "))
		f.StringVarP(&o.preset, "preset", "p", "", "operators of Airflow: kubernetes (the default), docker or bash")
	})
	console.Grouped(c, "Pipeline", o.pipeline.flags)
	o.pipeline.envFlags(c, world.Args)
	return c
}

// add makes a new environment: a section of the settings, and a folder.
func (o *exportOptions) add(args []string) error {
	if len(args) != 1 {
		return model.Errorf(model.Invalid, "a new environment needs a name").WithHint("`pawl export add NAME -b BACKEND`")
	}
	if o.backend == "" {
		return model.Errorf(model.Invalid, "a new environment needs a backend").WithHint("-b takes one of: %s", strings.Join(export.Backends(), ", "))
	}
	path := o.world.Path(export.SettingsFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	project := filepath.Base(o.world.Dir)
	lock := ""
	for _, name := range []string{"environment.lock.yml", "requirements.lock.txt"} {
		if _, err := os.Stat(o.world.Path(name)); err == nil {
			lock = name
		}
	}
	_, setup := os.Stat(o.world.Path("setup.py"))
	all, files, err := export.Add(export.SettingsFile, text, export.New{
		Name: args[0], Backend: o.backend, Preset: o.preset, Project: project, Lock: lock, Packaged: setup == nil,
	})
	if err != nil {
		return err
	}
	if _, err := os.Stat(o.world.Path(args[0])); err == nil {
		return model.Errorf(model.Conflict, "%s is there already", args[0])
	}
	if err := os.WriteFile(path, []byte(all), 0o644); err != nil {
		return err
	}
	making := initOptions{world: o.world}
	for _, f := range files {
		if err := making.create(o.world.Path(args[0]), args[0], file{name: f.Name, text: f.Text}); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(o.world.Stdout, "Added %s to %s. Next:\n\n    pawl export %[1]s\n", args[0], export.SettingsFile)
	return err
}

// run writes an environment.
func (o *exportOptions) run(ctx context.Context, workflows []string) error {
	for _, name := range []string{"backend", "preset"} {
		if o.given.Changed(name) {
			return model.Errorf(model.Invalid, "--%s is for `pawl export add`", name)
		}
	}
	mode, err := export.ParseMode(o.mode)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(o.world.Path(export.SettingsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e, err := export.Read(o.environment, export.SettingsFile, text)
	if err != nil {
		return err
	}
	found, err := o.nodes(ctx, mode, workflows)
	if err != nil {
		return err
	}
	tasks := make([]string, len(found.nodes))
	for i, n := range found.nodes {
		tasks[i] = n.Name
	}
	if err := e.Check(tasks); err != nil {
		return err
	}
	job := export.Job{Project: filepath.Base(o.world.Dir), Template: o.template, Inputs: found.inputs}
	if job.Nodes, err = export.Select(found.nodes, mode, o.task); err != nil {
		return err
	}
	if job.Templates, err = names(o.dir); err != nil {
		return err
	}
	if e.Containers() {
		if job.Images, err = o.images(ctx, e, tasks); err != nil {
			return err
		}
		if len(job.Nodes) > 1 && !found.copied && !e.Shares() {
			o.warn("tasks run in containers of their own, and the pipeline has no client for files: their products need storage that they share")
		}
	}
	written, err := e.Write(&job)
	if err != nil {
		return err
	}
	if err := o.write(written.Files); err != nil {
		return err
	}
	others := export.Names(text)
	if err := o.writeSources(ctx, sources{environment: e, images: job.Images, folders: others, products: found.products, project: job.Project}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.world.Stdout, "%s in %s. Next:\n\n%s", console.Counted(len(job.Nodes), "task", "tasks"), o.environment, o.next(e, written.Next))
	return err
}

func (o *exportOptions) warn(format string, args ...any) {
	_, _ = fmt.Fprintf(o.world.Stderr, "pawl: warning: "+format+"\n", args...)
}

// next says how what was written is run.
func (o *exportOptions) next(e *export.Environment, last string) string {
	if e.Containers() {
		return fmt.Sprintf("    sh %s/images.sh\n    %s\n", o.environment, last)
	}
	return "    " + last + "\n"
}

// template reads a file of the environment's folder.
func (o *exportOptions) template(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", model.Errorf(model.NotFound, "there is no %s/%s", o.environment, name)
	}
	return string(text), err
}

// names returns the names of the files in a folder, sorted; none without a folder.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []string
	for _, e := range entries {
		if !e.IsDir() {
			list = append(list, e.Name())
		}
	}
	return list, nil
}

// made are folders of an environment that each export makes anew.
var made = []string{"jobs", "definitions", "build"}

// write puts files into the folder of the environment, in the place of those of
// the export before.
func (o *exportOptions) write(files []export.File) error {
	for _, name := range made {
		if err := os.RemoveAll(filepath.Join(o.dir, name)); err != nil {
			return err
		}
	}
	for _, f := range files {
		path := filepath.Join(o.dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(f.Text), mode); err != nil {
			return err
		}
	}
	return nil
}

// exported is what there is to export.
type exported struct {
	nodes []export.Node
	// inputs are those of a workflow.
	inputs []export.Input
	// products are files that tasks make, relative to the project.
	products []string
	// copied tells that a client copies them to where all tasks find them.
	copied bool
}

// nodes returns the tasks of the pipeline, or a node for a whole workflow.
func (o *exportOptions) nodes(ctx context.Context, mode export.Mode, workflows []string) (*exported, error) {
	if len(workflows) > 0 {
		return o.workflow(workflows[0], mode)
	}
	if o.given.Changed("input") {
		return nil, model.Errorf(model.Invalid, "--input is for a workflow, a .dig or .pawl.yaml file")
	}
	if own := "pipeline." + o.environment + ".yaml"; o.pipeline.entry == "" {
		if _, err := os.Stat(o.world.Path(own)); err == nil {
			o.pipeline.entry = own
		}
	}
	p, err := o.pipeline.open(ctx, o.world)
	if err != nil {
		return nil, err
	}
	defer p.close()
	var plan *build.Plan
	if mode == export.Incremental {
		if plan, err = p.plan(ctx, o.world, build.Options{}); err != nil {
			return nil, err
		}
	}
	command, err := o.command(p)
	if err != nil {
		return nil, err
	}
	if mode == export.Force {
		command = append(command, "--force")
	}
	list := &exported{nodes: make([]export.Node, len(p.Tasks)), copied: p.Clients["File"] != nil}
	for i, t := range p.Tasks {
		n := export.Node{Name: t.Name, Command: slices.Concat([]string{"pawl", "task", t.Name}, command)}
		for _, up := range t.Upstream {
			n.Upstream = append(n.Upstream, up.Task)
		}
		n.Outdated = plan != nil && plan.Verdicts[i].Action != product.Fetch && plan.Runs(i)
		list.nodes[i] = n
		list.products = append(list.products, o.filesOf(t)...)
	}
	return list, nil
}

// command returns what follows the name of a task in a command: the same pipeline
// wherever the project is.
func (o *exportOptions) command(p *opened) ([]string, error) {
	entry := o.pipeline.entry
	if p.File != "" {
		rel, err := filepath.Rel(o.world.Dir, p.File)
		if err != nil || !filepath.IsLocal(rel) {
			return nil, model.Errorf(model.Invalid, "%s is not below this folder, which is what is exported", p.File).
				WithHint("export from the folder of the project")
		}
		entry = filepath.ToSlash(rel)
	}
	words := []string{"--entry-point", entry}
	if o.pipeline.envFile != "" {
		words = append(words, "--env-file", o.pipeline.envFile)
	}
	for _, s := range o.pipeline.set {
		words = append(words, envPrefix+strings.Join(s.Path, "--"), s.Value)
	}
	return append(words, o.pipeline.words...), nil
}

// takes checks a workflow. It returns the inputs that it declares, and pairs that all of
// its runs get besides.
func (o *exportOptions) takes(name string) (inputs []export.Input, fixed []string, err error) {
	project := ProjectOptions{World: o.world, local: true, dir: filepath.Dir(name)}
	p, err := project.Load()
	if err != nil {
		return nil, nil, err
	}
	w, err := findWorkflow(p, filepath.Base(name))
	if err != nil {
		return nil, nil, err
	}
	if err := project.Mistakes(p, w).Faults.Err(); err != nil {
		return nil, nil, err
	}
	given, err := o.inputs.Read(o.world, params.Map{})
	if err != nil || w.Inputs.Len() == 0 {
		return nil, nil, err
	}
	return inputsOf(w.Inputs, given)
}

// inputsOf returns the inputs of a workflow, with what was given as their defaults, and
// the pairs of what was given besides.
func inputsOf(of, given params.Map) (inputs []export.Input, fixed []string, err error) {
	if _, err := shape.FitChange(of, given); err != nil {
		return nil, nil, err
	}
	declared := make(map[string]bool)
	for _, in := range shape.Inputs(of) {
		declared[in.Name] = true
		one := export.Input{Name: in.Name, Description: in.Description, Required: in.Required}
		v, ok := given.Get(in.Name)
		if !ok {
			v = in.Default
		}
		if v != nil {
			text := textOf(v)
			one.Default = &text
		}
		inputs = append(inputs, one)
	}
	for name, v := range given.All() {
		if !declared[name] {
			fixed = append(fixed, name+"="+textOf(v))
		}
	}
	return inputs, fixed, nil
}

// textOf writes a value as --input takes it.
func textOf(v params.Value) string {
	if text, ok := v.(string); ok {
		return text
	}
	return string(params.AppendJSON(nil, v))
}

// workflow returns the node of a workflow.
func (o *exportOptions) workflow(name string, mode export.Mode) (*exported, error) {
	if filepath.Ext(name) != ".dig" && !strings.HasSuffix(name, ".pawl.yaml") {
		return nil, model.Errorf(model.Invalid, "%s is neither a .dig nor a .pawl.yaml file", name).
			WithHint("pipelines are chosen with --entry-point")
	}
	for _, flag := range []string{"task", "entry-point", "env-file"} {
		if o.given.Changed(flag) {
			return nil, model.Errorf(model.Invalid, "--%s is for pipelines: a workflow is one node", flag)
		}
	}
	if _, err := os.Stat(o.world.Path(name)); err != nil || !filepath.IsLocal(name) {
		return nil, model.Errorf(model.NotFound, "there is no workflow %s here", name)
	}
	inputs, fixed, err := o.takes(name)
	if err != nil {
		return nil, err
	}
	if inputs == nil { // without declared ones, all are as they were given
		fixed = o.inputs.inputs
	}
	command := []string{"pawl", "run", filepath.ToSlash(name)}
	for _, pair := range fixed {
		command = append(command, "--input", pair)
	}
	if mode == export.Force {
		command = append(command, "--rerun")
	}
	short, _, _ := strings.Cut(filepath.Base(name), ".")
	return &exported{nodes: []export.Node{{Name: short, Command: command, Outdated: true}}, inputs: inputs}, nil
}
