package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/product"
)

// eitherHelp is for commands that work on workflows and on pipelines.
const eitherHelp = "Where there is a pipeline.yaml and no workflow, or with --entry-point, this is about\n" +
	"the products of a pipeline, as with `pawl build`.\n\n"

// pipelineFile is the usual name of the definition of a pipeline.
const pipelineFile = "pipeline.yaml"

// eitherFlags are the flags of commands that work on workflows, and on pipelines
// where there are none.
func (o *buildOptions) eitherFlags(f *pflag.FlagSet) {
	o.pipeline.ownerFlag(f)
	o.pipeline.envFileFlag(f)
	f.Var(entryValue{&o.pipeline}, "entry-point", "`file`, folder, pattern or factory of the pipeline; -e takes one, too, if it has a dot, a slash or a star")
	o.productFlags(f, "f", "")
}

// productFlags say what is built. The letters are those of --force and of
// --partially.
func (o *buildOptions) productFlags(f *pflag.FlagSet, force, partially string) {
	f.BoolVarP(&o.force, "force", force, false, "run all tasks, up to date or not")
	f.StringVarP(&o.partially, "partially", partially, "", "build `TASK` (a name or a pattern) and what it needs, nothing else")
	f.BoolVar(&o.skipUpstream, "skip-upstream", false, "with --partially: leave what it needs as it is; -su is the same")
}

// selection says what is to be built.
func (o *buildOptions) selection() (product.Selection, error) {
	if o.skipUpstream && o.partially == "" {
		return product.Selection{}, model.Errorf(model.Invalid, "--skip-upstream needs --partially TASK")
	}
	return product.Selection{Target: o.partially, Alone: o.skipUpstream}, nil
}

// onlyPipelines and forBoth are flags of commands that work on both kinds: those
// that mean nothing for workflows, and those that mean the same for pipelines.
var (
	onlyPipelines = []string{"env-file", "force", "partially", "skip-upstream", "include-products"}
	forBoth       = []string{"project", "yes", "json", "task-log", "log-file", "log", "log-level", "max-task-threads", "output", "format", "backend"}
)

// either opens the pipeline that a command is about that works on both kinds: the
// one that is asked for, or that of a folder without workflows. It returns nil
// where the command is about workflows. Arguments name workflows. Before anything
// is opened, sooner is asked whether it is done without, if there is such a function.
func (o *buildOptions) either(ctx context.Context, args []string, sooner func(context.Context) (bool, error)) (p *opened, done bool, err error) {
	asked := o.pipeline.wanted()
	if !asked && hasWorkflows(o.Path()) {
		return nil, false, o.workflowsWin(args)
	}
	if info, err := os.Stat(o.Path()); err != nil || !info.IsDir() {
		return nil, false, nil // which is told by those that look for workflows
	}
	o.World.Dir = o.Path()
	if sooner != nil && o.refuse("", args) == nil {
		if done, err := sooner(ctx); done || err != nil {
			return nil, done, err
		}
	}
	p, err = o.pipeline.open(ctx, o.World)
	if err != nil {
		if !asked && model.CodeOf(err) == model.NotFound {
			return nil, false, nil
		}
		return nil, false, err
	}
	if err := o.refuse(p.shown(o.World), args); err != nil {
		p.close()
		return nil, false, err
	}
	return p, false, nil
}

// hasWorkflows reports whether a folder has files of workflows.
func hasWorkflows(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return filepath.Ext(e.Name()) == dig.Extension || strings.HasSuffix(e.Name(), pawlfile.Extension)
	})
}

// hasPipeline reports whether a folder has the file of a pipeline.
func hasPipeline(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, pipelineFile))
	return err == nil && info.Mode().IsRegular()
}

// workflowsWin refuses what only pipelines have, and tells of one that is there.
func (o *buildOptions) workflowsWin(args []string) error {
	for _, name := range onlyPipelines {
		if o.given.Changed(name) {
			return model.Errorf(model.Invalid, "--%s is for pipelines, and there are workflows here", name).
				WithHint("--entry-point %s asks for the pipeline", pipelineFile)
		}
	}
	if len(args) == 0 && !o.json && hasPipeline(o.Path()) {
		_, _ = fmt.Fprintf(o.World.Stderr, "pawl: hint: there is a %s, too: --entry-point %[1]s asks for it\n", pipelineFile)
	}
	return nil
}

// refuse is the error of what is given that says nothing about a pipeline, which
// is shown as people want to see it.
func (o *buildOptions) refuse(pipeline string, args []string) (err error) {
	if len(args) > 0 {
		return model.Errorf(model.Invalid, "%s is a pipeline, which has no workflow %q", pipeline, args[0]).
			WithHint("--partially %s builds a task of it with what it needs", console.Quote(args[0]))
	}
	o.given.Visit(func(f *pflag.Flag) {
		_, word := f.Value.(*wordValue)
		known := word || slices.Contains(onlyPipelines, f.Name) || slices.Contains(forBoth, f.Name) ||
			f.Name == "entry-point" || f.Name == "python-fd" || strings.HasPrefix("--"+f.Name, envPrefix)
		if !known && err == nil {
			wrong := model.Errorf(model.Invalid, "--%s is for workflows, and %s is a pipeline", f.Name, pipeline)
			if err = wrong; f.Name == "param" && !strings.Contains(o.pairs[0], "=") { // as with build
				err = wrong.WithHint("-p is short for --param here; --partially %s asks for that task", console.Quote(o.pairs[0]))
			}
		}
	})
	return err
}

// shown is the pipeline's file, or its name where it has none, as people want to
// see it.
func (p *opened) shown(world console.IO) string { return shownAs(p.File, p.Name, world) }

func shownAs(file, name string, world console.IO) string {
	if file == "" {
		return name
	}
	return below(file, world.Dir)
}
