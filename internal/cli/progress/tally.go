package progress

import (
	"fmt"
	"iter"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// few is how many tasks that run side by side, or that an operator made, are
// shown one by one.
const few = 8

// tally is how the tasks of a group stand. Those that an operator made count
// as its own.
type tally struct {
	all, done, running, waiting, failed int
	// fans is set as soon as there are too many to be shown one by one.
	fans bool
}

// String says how many tasks are done, of how many, and how others stand.
func (t *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d done", t.done, t.all)
	for _, part := range []struct {
		n    int
		what string
	}{{t.running, "running"}, {t.waiting, "waiting"}, {t.failed, "failed"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %d %s", part.n, part.what)
		}
	}
	return b.String()
}

// count counts the tasks of a group anew, given how many there are to be.
func (b *branch) count(expected map[string]int) {
	t := tally{fans: b.tally.fans}
	queued := 0
	for kid := range b.tasks() {
		if kid.hook() {
			continue
		}
		t.all++
		switch {
		case kid.queued:
			queued++
		case kid.state == model.Running, kid.state == model.Open:
			t.running++
		case kid.state == model.Waiting:
			t.waiting++
		case kid.state == model.Failed:
			t.failed++
		case kid.state.Final():
			t.done++
		}
	}
	made := expected[b.full+workflow.Generated]
	t.all = max(t.all, expected[b.full], made)
	t.fans = t.fans || queued+t.running+t.waiting > few || made > few
	b.tally = t
}

// tasks iterates over those in a group, as they are shown.
func (b *branch) tasks() iter.Seq[*branch] {
	return func(yield func(*branch) bool) {
		for _, kid := range b.kids {
			if kid.name != workflow.Generated {
				if !yield(kid) {
					return
				}
				continue
			}
			for _, made := range kid.kids {
				if !yield(made) {
					return
				}
			}
		}
	}
}

// hook reports whether a task runs because of what became of another.
func (b *branch) hook() bool { return strings.HasPrefix(b.name, "^") }

// busy reports whether there is something to see of a task that is not over.
func (b *branch) busy() bool { return !b.queued && !b.state.Final() && b.state != model.Blocked }
