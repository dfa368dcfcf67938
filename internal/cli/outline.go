package cli

import (
	"context"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/pawlhq/pawl/internal/build"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/python"
)

// outlineFile keeps the outline of the pipeline that is meant in a folder.
func (o *pipelineOptions) outlineFile(world IO) string {
	return instance.StatePath(world.Dir, filepath.Join("cache", "outline-"+fileWord(o.entry, "default")))
}

// origin are the options that decide what pipeline is loaded.
func (o *pipelineOptions) origin(world IO) []string {
	origin := []string{world.Dir, o.entry}
	for _, s := range o.set {
		origin = append(origin, strings.Join(s.Path, "--"), s.Value)
	}
	return origin
}

// nothingToDo prints the report of a build if there is nothing to be built, as
// far as that is known from an earlier one.
func (o *buildOptions) nothingToDo(ctx context.Context) (done bool, err error) {
	if o.partially != "" || o.force {
		return false, nil
	}
	// All that is read stays in use until the end, which is near.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	names, ok := o.pipeline.upToDate(o.world)
	if !ok {
		return false, nil
	}
	return true, o.report(ctx, nothingRan(names))
}

// foretold prints what would become of each task, as far as the outline of an
// earlier build can tell.
func (o *buildOptions) foretold(ctx context.Context) (done bool, err error) {
	s, err := o.selection()
	if err != nil {
		return false, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // as above
	out, ok := o.pipeline.kept(o.world)
	if !ok {
		return false, nil
	}
	now := o.world.Clock.Now()
	plan, ok := out.Plan(ctx, pipeline.Options{
		Dir: o.world.Dir, Entry: o.pipeline.entry, Set: o.pipeline.set, Now: now,
		Lookup: func(name string) (string, bool) { return lookup(o.world.Env, name) },
	}, build.Options{Force: o.force, Selection: s, Memo: memoFile(out.Root, out.File, out.Name), Now: now})
	if !ok {
		return false, nil
	}
	return true, o.tell(plan, out.Name, shownAs(out.File, out.Name, o.world))
}

// upToDate reports whether all products are up to date, as far as the outline of
// an earlier build can tell. It says less than the pipeline itself, and much
// sooner.
func (o *pipelineOptions) upToDate(world IO) (names []string, ok bool) {
	out, ok := o.kept(world)
	if !ok || !out.UpToDate(memoFile(out.Root, out.File, out.Name), world.Clock.Now()) {
		return nil, false // loading the pipeline shows why
	}
	return out.Names(), true
}

// kept returns the outline that an earlier build has kept.
func (o *pipelineOptions) kept(world IO) (*build.Outline, bool) {
	if o.fd > 0 {
		return nil, false
	}
	return build.ReadOutline(o.outlineFile(world), o.origin(world), func(name string) (string, bool) { return lookup(world.Env, name) })
}

// outline prepares to keep the outline of a pipeline that has just been loaded,
// which the function that it returns does. One that can't be kept costs the next
// build its time, and nothing else.
func (o *pipelineOptions) outline(p *opened, world IO) (keep func()) {
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
