package build

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/product/files"
)

// Build is Plan for those who run what is planned: the plan has a pipeline, in
// which the tasks that are to be run are as pipeline.Load reads them. Of others
// there is what these need to know of them.
func (o *Outline) Build(ctx context.Context, load pipeline.Options, b Options) (*Plan, bool) {
	plan, ok := o.Plan(ctx, load, b)
	if !ok {
		return nil, false
	}
	var unread []int
	for i := range o.tasks {
		if plan.Runs(i) && !o.read[i] {
			unread = append(unread, i)
		}
	}
	if len(unread) > 0 && !o.rereadTasks(ctx, load, unread) {
		return nil, false
	}
	plan.Pipeline = &pipeline.Pipeline{Name: o.Name, Root: o.Root, File: o.File}
	if n := len(o.rereads); n > 0 {
		plan.Pipeline = o.rereads[n-1]
		plan.Pipeline.File = o.File
		o.connect()
	}
	return plan, plan.Pipeline.OnFailure == nil // which is told of all tasks
}

// connect says of tasks that were not read what they come after, so that those
// that were come in the same order as if all were.
func (o *Outline) connect() {
	for i, t := range o.details.tasks {
		if !o.read[i] {
			t.Upstream = o.upstream(i)
		}
	}
}

// upstream names what a task comes after.
func (o *Outline) upstream(i int) []pipeline.Upstream {
	list := make([]pipeline.Upstream, len(o.tasks[i].Upstream))
	for k, u := range o.tasks[i].Upstream {
		list[k].Task = o.tasks[u].Name
	}
	return list
}

// Reseal returns what the outline is made of after a Build that has read something
// again, so that it can be written as it is now. Like Origin.Seal it is to be
// called at once; began is when ReadOutline was called. It reports false where no
// input has changed, and where it can't be told what was read.
func (o *Outline) Reseal(began time.Time) (s Seal, ok bool) {
	if len(o.changed) == 0 {
		return Seal{}, false
	}
	in, ok := o.inputsNow(began)
	if !ok {
		return Seal{}, false
	}
	var buf []byte
	for i := range o.tasks {
		buf = o.tasks[i].SetPrints(buf)
	}
	o.details.notes.Readers = o.readersNow()
	return Seal{appendPaths(in.append([]byte(o.from.head)), o.pathsNow()), in.paths}, true
}

// inputsNow returns the inputs with those that were read again. It reports false
// where it can't be told what these were.
func (o *Outline) inputsNow(began time.Time) (in inputs, ok bool) {
	in = inputs{slices.Clone(o.from.inputs.paths), slices.Clone(o.from.inputs.ids)}
	again := slices.Clone(o.changed) // which are there
	known := make(map[string]bool, len(in.paths))
	for _, path := range in.paths {
		known[path] = true
	}
	for _, p := range o.rereads {
		for _, path := range p.Inputs {
			if !known[path] {
				known[path] = true
				again = append(again, len(in.paths))
				in.paths, in.ids = append(in.paths, path), append(in.ids, "")
			}
		}
	}
	for _, i := range again {
		id, exists, err := files.Identify(in.paths[i])
		if gone := !exists && in.ids[i] != ""; err != nil || gone || exists && !id.Settled(began) {
			return inputs{}, false
		}
		if in.ids[i] = ""; exists {
			in.ids[i] = textOf(id)
		}
	}
	return in, true
}

// readersNow returns the drafts for which each input was read, then or now.
func (o *Outline) readersNow() map[string][]int {
	readers := make(map[string][]int, len(o.details.readers))
	for i, list := range o.details.readers {
		if len(list) > 0 {
			readers[o.from.inputs.paths[i]] = list
		}
	}
	old := maps.Clone(readers)
	for _, p := range o.rereads {
		for path, list := range p.Notes().Readers {
			all := slices.Concat(readers[path], list)
			slices.Sort(all)
			readers[path] = slices.Compact(all)
		}
	}
	for _, path := range o.from.inputs.paths {
		if old[path] == nil {
			delete(readers, path) // it decides something else, too
		}
	}
	return readers
}

// pathsNow returns what paths lead to, as Origin has them.
func (o *Outline) pathsNow() map[string]string {
	paths := make(map[string]string)
	for _, folder := range o.from.links.plain {
		paths[folder] = folder
	}
	for i := 0; i+1 < len(o.from.links.followed); i += 2 {
		paths[o.from.links.followed[i]] = o.from.links.followed[i+1]
	}
	for _, p := range o.rereads {
		maps.Copy(paths, p.Paths)
	}
	return paths
}
