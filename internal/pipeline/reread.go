package pipeline

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// Notes are what it takes to read single tasks again when nothing has changed but
// their sources, and what these import.
type Notes struct {
	// Dir and Root are those of the pipeline.
	Dir, Root string
	// Settings are what stands beside the tasks, in binary form.
	Settings string
	// Drafts are the parts of the definition that make tasks, in order.
	Drafts []Draft
	// Readers are the drafts for which files were read, by the places of these;
	// files that decided something else are not among them.
	Readers map[string][]int
}

// Draft is the part of a definition that makes a task, or those of a grid.
type Draft struct {
	// Definition is what is written, with its placeholders filled in, in binary
	// form. It is empty where that can't hold it.
	Definition string
	// Base is the folder of relative sources.
	Base string
	// Tasks is how many tasks the draft makes. They come after those of the drafts
	// before it.
	Tasks int
}

// noted is a draft of a pipeline that was loaded.
type noted struct {
	definition *document.Node
	base       string
	tasks      []*Task
}

// Notes returns what it takes to read tasks of a pipeline again that Load has
// returned.
func (p *Pipeline) Notes() Notes {
	n := Notes{Dir: p.Dir, Root: p.Root, Drafts: make([]Draft, len(p.drafts)), Readers: p.readers}
	var settings params.Map
	for _, e := range p.settings {
		settings = settings.Set(e.Key, e.Value.Value())
	}
	b := params.AppendBinary(nil, settings)
	n.Settings = string(b)
	for i, d := range p.drafts {
		n.Drafts[i] = Draft{Base: d.base, Tasks: len(d.tasks)}
		if !slices.ContainsFunc(d.tasks, func(t *Task) bool { return len(t.Typed) > 0 }) { // which values lack
			b = params.AppendBinary(b[:0], d.definition.Value())
			n.Drafts[i].Definition = string(b)
		}
	}
	return n
}

// note keeps what Notes are made of.
func (l *loader) note() {
	p := l.pipeline
	p.readers = l.files.readers()
	p.drafts = make([]noted, len(l.drafts))
	for i, d := range l.drafts {
		p.drafts[i] = noted{d.at, d.base, d.tasks}
	}
	// When a server runs it says nothing of tasks.
	p.settings = slices.DeleteFunc(slices.Clone(l.settings), func(e document.Entry) bool { return e.Key == "timezone" || e.Key == "schedule" })
}

// Reread reads the sources of some drafts, which are in order, again and puts the
// tasks that it makes in the places of the old ones. Names and products of all
// tasks must be known, and what those come after that are read again. It reports
// false where that is not enough to know what Load would give: where something is
// wrong, needs user code or asks for a file to be rewritten, and where a task has
// another name, other products or another upstream. The tasks are of no use then.
//
// The pipeline that it returns has these tasks, and what was written beside them.
// Its Inputs and Paths, and Readers of its Notes, are those of the drafts.
func (n *Notes) Reread(ctx context.Context, o Options, drafts []int, tasks []*Task) (*Pipeline, bool) {
	l := newLoader(ctx, o)
	l.settle(n.Dir, n.Root)
	l.env = l.newEnv("", n.Dir)
	l.rereads, l.files.few = true, true
	settings, ok := decoded(n.Settings)
	l.top(settings.Entries())
	starts := make([]int, 1, len(n.Drafts)+1)
	for _, d := range n.Drafts {
		starts = append(starts, starts[len(starts)-1]+d.Tasks)
	}
	if !ok || starts[len(n.Drafts)] != len(tasks) {
		return nil, false
	}
	var again []int // places of the tasks that are read
	for _, i := range drafts {
		definition, ok := decoded(n.Drafts[i].Definition)
		if !ok {
			return nil, false
		}
		l.draft(definition, n.Drafts[i].Base)
		for at := starts[i]; at < starts[i+1]; at++ {
			again = append(again, at)
		}
	}
	if !l.replace(tasks, again) {
		return nil, false
	}
	p := l.pipeline
	p.Inputs, p.Paths, p.readers = l.files.inputs(), l.files.paths(), l.files.readers()
	for _, readers := range p.readers {
		for i, r := range readers {
			readers[i] = drafts[r]
		}
	}
	return p, true
}

// decoded returns the node of a value in binary form.
func decoded(binary string) (*document.Node, bool) {
	v, rest, err := params.DecodeBinary([]byte(binary))
	return document.Of(v), err == nil && len(rest) == 0
}

// replace puts the tasks of the drafts in the places of old ones, and completes
// them. It reports whether they are alike.
func (l *loader) replace(tasks []*Task, places []int) bool {
	made := l.pipeline.Tasks
	if len(made) != len(places) || len(l.errs) > 0 {
		return false
	}
	old := make([]*Task, len(places))
	for i, at := range places {
		if t := tasks[at]; t.Name != made[i].Name || t.Keyed != made[i].Keyed || !slices.Equal(t.Products, made[i].Products) {
			return false
		}
		old[i], tasks[at] = tasks[at], made[i]
	}
	l.pipeline.Tasks = tasks
	l.connect()
	l.code()
	if l.pipeline.Config.TrackImports {
		l.trackImports()
	}
	return len(l.errs)+len(l.warns) == 0 && !l.volatile && l.ctx.Err() == nil && slices.EqualFunc(old, made, sameUpstream)
}

func sameUpstream(a, b *Task) bool {
	return slices.EqualFunc(a.Upstream, b.Upstream, func(a, b Upstream) bool { return a.Task == b.Task })
}
