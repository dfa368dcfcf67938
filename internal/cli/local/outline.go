package local

import (
	"context"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
)

// outlineFile keeps the outline of the pipeline that is meant in a folder.
func (o *pipelineOptions) outlineFile(world console.IO) string {
	return instance.StatePath(world.Dir, filepath.Join("cache", "outline-"+fileWord(o.entry, "default")))
}

// origin are the options that decide what pipeline is loaded.
func (o *pipelineOptions) origin(world console.IO) []string {
	origin := []string{world.Dir, o.entry}
	for _, s := range o.set {
		origin = append(origin, strings.Join(s.Path, "--"), s.Value)
	}
	return origin
}

// soon is the outline that an earlier build has kept, and what it takes to plan by
// it.
type soon struct {
	*build.Outline
	load pipeline.Options
	what build.Options
}

// kept returns the outline that an earlier build has kept.
func (o *buildOptions) kept() (s soon, ok bool) {
	selection, err := o.selection()
	if err != nil || o.pipeline.fd > 0 {
		return soon{}, false
	}
	find := func(name string) (string, bool) { return lookup(o.World.Env, name) }
	if s.Outline, ok = build.ReadOutline(o.pipeline.outlineFile(o.World), o.pipeline.origin(o.World), find); !ok {
		return soon{}, false
	}
	now := o.World.Clock.Now()
	s.load = pipeline.Options{
		Dir: o.World.Dir, Entry: o.pipeline.entry, Set: o.pipeline.set, AddCells: o.pipeline.addCells, Now: now, Lookup: find,
	}
	s.what = build.Options{Force: o.force, Selection: selection, Memo: memoFile(s.Root, s.File, s.Name), Now: now}
	return s, true
}

// buildSoon builds a pipeline without loading all of it, as far as the outline of
// an earlier build is enough for that.
func (o *buildOptions) buildSoon(ctx context.Context) (done bool, err error) {
	// All that is read stays in use until the end, which is near, or until tasks
	// are run.
	percent := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(percent)
	began := o.World.Clock.Now()
	s, ok := o.kept()
	if !ok {
		return false, nil
	}
	if o.partially == "" && !o.force && s.UpToDate(s.what.Memo, s.what.Now) {
		return true, o.report(ctx, nothingRan(s.Names()))
	}
	plan, ok := s.Build(ctx, s.load, s.what)
	if !ok {
		return false, nil
	}
	keep := func() {}
	if seal, ok := s.Reseal(began); ok {
		keep = func() { _ = s.Write(o.pipeline.outlineFile(o.World), seal) } // as with outline
	}
	debug.SetGCPercent(percent)
	p := newOpened(&o.pipeline, o.World)
	p.use(plan.Pipeline, o.World)
	defer p.close()
	return true, o.carryOut(ctx, p, plan, keep)
}

// foretold prints what would become of each task, as far as the outline of an
// earlier build can tell.
func (o *buildOptions) foretold(ctx context.Context) (done bool, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // as above
	s, ok := o.kept()
	if !ok {
		return false, nil
	}
	plan, ok := s.Plan(ctx, s.load, s.what)
	if !ok {
		return false, nil
	}
	return true, o.tell(plan, s.Name, shownAs(s.File, s.Name, o.World))
}

// outline prepares to keep the outline of a pipeline that has just been loaded,
// which the function that it returns does. One that can't be kept costs the next
// build its time, and nothing else.
func (o *pipelineOptions) outline(p *opened, world console.IO) (keep func()) {
	if p.Root != world.Dir {
		return func() {} // it would be looked for where no pipeline is
	}
	out, ok := build.OutlineOf(p.Pipeline)
	if !ok {
		return func() {}
	}
	seal, ok := build.Origin{Options: o.origin(world), Inputs: p.Inputs, Paths: p.Paths, Variables: p.variables, Began: p.began}.Seal()
	if !ok {
		return func() {}
	}
	return func() { _ = out.Write(o.outlineFile(world), seal) }
}

// nothingRan is the report of a build that found nothing to do.
func nothingRan(names []string) []python.Row {
	rows := make([]python.Row, len(names))
	for i, name := range names {
		rows[i].Name = name
	}
	return rows
}
