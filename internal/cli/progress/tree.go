package progress

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Tree redraws the tasks of a run at the bottom of a terminal.
type Tree struct {
	to    io.Writer
	logs  Logs
	size  func() (width, height int)
	paint palette

	root     *branch
	byName   map[string]*branch
	expected map[string]int // tasks that groups have, by full name
	reasons  map[string]string
	started  time.Time
	frame    int
	drawn    []int // columns of the lines that the next frame replaces
	more     bool  // some task has printed more than is shown of it
}

// branch is a task on the screen.
type branch struct {
	name       string // its own part of the full name
	try        model.TryID
	full       string
	state      model.State
	queued     bool // it waits for its turn
	start, end time.Time
	replayed   bool
	note       string
	why        string // it runs, or has nothing to do
	kids       []*branch
	tally      tally
}

// NewTree returns a printer for a terminal whose size is asked for whenever
// it draws.
func NewTree(w io.Writer, logs Logs, size func() (width, height int), colour bool) *Tree {
	return &Tree{
		to: w, logs: logs, size: size, paint: palette{on: colour},
		byName: make(map[string]*branch), expected: make(map[string]int),
	}
}

// Begin writes what is run.
func (t *Tree) Begin(r Run) {
	text := r.Workflow
	if !r.Session.IsZero() {
		text += " " + t.paint.dim(r.Session.Format(time.RFC3339))
	}
	if r.Resumes {
		text += t.paint.dim(" · taking over what is finished")
	}
	if r.DryRun {
		text += t.paint.dim(" · dry run: no task is run")
	}
	maps.Copy(t.expected, r.Children)
	t.reasons = r.Reasons
	_, _ = fmt.Fprintln(t.to, text)
}

// Events takes over how tasks stand.
func (t *Tree) Events(events []Event) {
	for i := range events {
		e := &events[i]
		if boring(e) {
			continue
		}
		if t.started.IsZero() {
			t.started = e.At.Time()
		}
		switch e.Kind {
		case engine.AttemptStarted, engine.AttemptEnded, engine.ParamsEdited:
			continue
		case engine.TasksAdded:
			maps.Copy(t.expected, e.Children)
			if e.Failure.Len() > 0 {
				b := t.branch(e.Name)
				b.state, b.end, b.note = model.Failed, e.At.Time(), firstLine(message(e))
			}
			continue
		default: // about one task
		}
		b := t.branch(e.Name)
		b.try, b.state = tryOf(e), e.State
		b.queued = e.Queued || b.queued && e.Kind == engine.CancelWanted
		switch e.Kind {
		case engine.TaskStarted, engine.TaskOpened:
			if b.start.IsZero() && !e.Queued {
				b.start = e.At.Time()
			}
			b.end = time.Time{}
			if e.Kind == engine.TaskOpened {
				b.note = ""
			}
		case engine.TaskJudged:
			b.why = why(e)
		case engine.TaskWaits:
			b.note = waitsFor(e)
		case engine.TaskRetries:
			b.start, b.note = time.Time{}, "again after: "+firstLine(message(e))
		case engine.TaskEnded:
			b.end, b.replayed, b.note = e.At.Time(), replayed(e), firstLine(message(e))
			if b.state == model.Success && !b.replayed && b.leaf() {
				var more bool
				b.note, more = t.logs.Last(b.try, b.full)
				t.more = t.more || more
			}
		default: // the state says it
		}
	}
}

// branch returns the branch of a full name, with those above it.
func (t *Tree) branch(full string) *branch {
	if b, ok := t.byName[full]; ok {
		return b
	}
	cut := strings.LastIndexAny(full, "+^")
	b := &branch{name: full[max(cut, 0):], full: full, why: bare(t.reasons[full])}
	t.byName[full] = b
	if cut <= 0 {
		t.root = b
		return b
	}
	parent := t.branch(full[:cut])
	parent.kids = append(parent.kids, b)
	return b
}

func (b *branch) leaf() bool { return len(b.kids) == 0 }

// quiet reports whether there is nothing to see below a branch.
func (b *branch) quiet() bool { return b.state == model.Success || b.state == model.Skipped }

// Tick draws the next frame.
func (t *Tree) Tick(now time.Time) {
	t.frame++
	width, height := t.size()
	t.draw(t.lines(now, width, max(height-2, 3), false), width)
}

// Note writes the text where the tree stands; the tree goes on below it.
func (t *Tree) Note(text string) {
	var b strings.Builder
	width, _ := t.size()
	t.rise(&b, width)
	b.WriteString("\x1b[J" + t.paint.warn("pawl: "+text) + "\n")
	_, _ = io.WriteString(t.to, b.String())
}

// End draws the last frame and says how it went.
func (t *Tree) End(s Summary) {
	width, _ := t.size()
	t.draw(t.lines(t.started.Add(s.Duration), width, maxFinal, true), width)
	if !t.more {
		s.Logs = ""
	}
	writeSummary(t.to, s, t.paint)
}

// maxFinal bounds the tree that stays on the screen.
const maxFinal = 60

// lines renders the tree, at most limit lines of it. Groups that ended well
// are folded while the run goes on, or when there is no room.
func (t *Tree) lines(now time.Time, width, limit int, final bool) []string {
	if t.root == nil {
		return nil
	}
	for fold := range 3 {
		r := render{tree: t, now: now, width: width, limit: limit, folded: fold > 0 || !final, terse: fold > 1}
		r.branch(t.root, 0)
		if r.hidden == 0 {
			return r.lines
		}
		if r.terse {
			more := fmt.Sprintf("  … and %d more", r.hidden+1)
			return append(r.lines[:limit-1], t.paint.dim(clip(more, width)))
		}
	}
	return nil
}

// render turns branches into lines.
type render struct {
	tree   *Tree
	now    time.Time
	width  int
	limit  int  // of lines
	folded bool // groups that ended well are one line
	terse  bool // nothing but what runs or has failed is shown
	lines  []string
	hidden int // lines for which there is no room
}

func (r *render) branch(b *branch, depth int) {
	b.count(r.tree.expected)
	if len(r.lines) < r.limit {
		r.lines = append(r.lines, r.line(b, depth))
	} else {
		r.hidden++
	}
	if r.folded && b.quiet() && depth > 0 {
		return
	}
	if b.tally.fans {
		r.few(b, depth+1)
		return
	}
	r.below(b, depth+1)
}

// few shows those in a group that are of most interest: some that are under
// way, and some that have failed.
func (r *render) few(b *branch, depth int) {
	busy, failed := 0, 0
	for kid := range b.tasks() {
		switch {
		case kid.hook():
			r.branch(kid, depth)
		case kid.state == model.Failed && failed < few:
			failed++
			r.branch(kid, depth)
		case kid.busy() && busy < few:
			busy++
			r.branch(kid, depth)
		}
	}
}

// below shows what is in a group. Tasks that an operator made stand in a group
// without a name of its own, which is left out.
func (r *render) below(b *branch, depth int) {
	for _, kid := range b.kids {
		switch {
		case r.terse && kid.quiet():
		case kid.name == workflow.Generated:
			r.below(kid, depth)
		default:
			r.branch(kid, depth)
		}
	}
}

func (r *render) line(b *branch, depth int) string {
	p := r.tree.paint
	type part struct {
		text  string
		paint func(string) string
	}
	var parts []part
	wanted := 0
	add := func(text string, paint func(string) string) {
		if text != "" {
			parts = append(parts, part{text, paint})
			wanted += 2 + columns(text)
		}
	}
	switch took := r.took(b); {
	case b.replayed:
		add("skipped", p.dim)
	case b.queued:
		add("queued", p.dim)
	case took >= time.Millisecond:
		add(duration(took), p.dim)
	}
	if b.tally.fans {
		add(b.tally.String(), p.dim)
	}
	switch {
	case b.state == model.Failed:
		add(b.note, p.bad)
	case b.queued:
	case b.state == model.Running:
		newest, _ := r.tree.logs.Last(b.try, b.full)
		add(cmp.Or(newest, b.note, b.why), p.dim)
	case b.state == model.Skipped && b.why != "":
		add("skipped: "+b.why, p.dim)
	default:
		add(cmp.Or(b.note, b.why), p.dim)
	}
	indent := min(2*depth, max(r.width-8, 0))
	room := max(r.width-indent-2, 1)
	name := squeeze(b.name, max(room-wanted, min(room, leastName), room/2))
	line := strings.Repeat(" ", indent) + r.mark(b) + " " + name
	room -= columns(name)
	for _, part := range parts {
		if room < 2+min(columns(part.text), leastText) {
			break
		}
		text := clip(part.text, room-2)
		room -= 2 + columns(text)
		line += "  " + part.paint(text)
	}
	return line
}

// How many columns a name has, however much there is to tell, and a text that
// is cut off.
const (
	leastName = 12
	leastText = 4
)

func (r *render) mark(b *branch) string {
	if b.queued {
		return r.tree.paint.dim("·")
	}
	return r.tree.paint.mark(b.state, r.tree.frame)
}

func (r *render) took(b *branch) time.Duration {
	switch {
	case b.start.IsZero():
		return 0
	case b.end.IsZero():
		return max(r.now.Sub(b.start), 0)
	}
	return b.end.Sub(b.start)
}

// draw replaces the last frame. It moves up, rewrites each line and clears
// what is left over, all in one write, so that nothing flickers.
func (t *Tree) draw(lines []string, width int) {
	var b strings.Builder
	t.rise(&b, width)
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\n")
		t.drawn = append(t.drawn, columns(bare(line)))
	}
	b.WriteString("\x1b[J")
	_, _ = io.WriteString(t.to, b.String())
}

// rise goes back to where the last frame begins. A terminal that has become
// narrower since has broken its lines.
func (t *Tree) rise(b *strings.Builder, width int) {
	rows := 0
	for _, used := range t.drawn {
		rows += max(1, (used+width-1)/width)
	}
	if rows > 0 {
		fmt.Fprintf(b, "\r\x1b[%dA", rows)
	}
	t.drawn = t.drawn[:0]
}

var _ Printer = (*Tree)(nil)
