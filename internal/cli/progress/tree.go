package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Tree redraws the tasks of a run at the bottom of a terminal.
type Tree struct {
	to    io.Writer
	logs  Logs
	size  func() (width, height int)
	paint palette

	root    *branch
	byName  map[string]*branch
	started time.Time
	frame   int
	drawn   int // lines on the screen that the next frame replaces
}

// branch is a task on the screen.
type branch struct {
	name       string // its own part of the full name
	try        model.TryID
	full       string
	state      model.State
	start, end time.Time
	replayed   bool
	note       string
	kids       []*branch
}

// NewTree returns a printer for a terminal whose size is asked for whenever
// it draws.
func NewTree(w io.Writer, logs Logs, size func() (width, height int), colour bool) *Tree {
	return &Tree{to: w, logs: logs, size: size, paint: palette{on: colour}, byName: make(map[string]*branch)}
}

// Begin writes what is run.
func (t *Tree) Begin(r Run) {
	text := fmt.Sprintf("%s %s", r.Workflow, t.paint.dim(r.Session.Format(time.RFC3339)))
	if r.Finished > 0 {
		text += t.paint.dim(fmt.Sprintf(" · %d tasks finished before", r.Finished))
	}
	_, _ = fmt.Fprintln(t.to, text)
}

// Events takes over how tasks stand.
func (t *Tree) Events(events []engine.Event) {
	for i := range events {
		e := &events[i]
		if t.started.IsZero() {
			t.started = e.At.Time()
		}
		switch e.Kind {
		case engine.AttemptStarted, engine.AttemptEnded, engine.TasksAdded, engine.ParamsEdited:
			continue
		default: // about one task
		}
		b := t.branch(e.Name)
		b.try, b.state = tryOf(e), e.State
		switch e.Kind {
		case engine.TaskStarted, engine.TaskOpened:
			if b.start.IsZero() || b.state == model.Running {
				b.start = e.At.Time()
			}
			b.end, b.note = time.Time{}, ""
		case engine.TaskRetries:
			b.note = "again after: " + message(e)
		case engine.TaskEnded:
			b.end, b.replayed, b.note = e.At.Time(), replayed(e), message(e)
			if b.state == model.Success && !b.replayed && b.leaf() {
				b.note = t.logs.Last(b.try, b.full)
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
	b := &branch{name: full[max(cut, 0):], full: full}
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
	t.draw(t.lines(now, width, max(height-2, 3), false))
}

// End draws the last frame and says how it went.
func (t *Tree) End(s Summary) {
	width, _ := t.size()
	t.draw(t.lines(t.started.Add(s.Duration), width, maxFinal, true))
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
		r := render{tree: t, now: now, width: width, folded: fold > 0 || !final, terse: fold > 1}
		r.branch(t.root, 0)
		if len(r.lines) <= limit {
			return r.lines
		}
		if fold == 2 {
			hidden := len(r.lines) - limit + 1
			return append(r.lines[:limit-1], t.paint.dim(fmt.Sprintf("  … and %d more", hidden)))
		}
	}
	return nil
}

// render turns branches into lines.
type render struct {
	tree   *Tree
	now    time.Time
	width  int
	folded bool // groups that ended well are one line
	terse  bool // nothing but what runs or has failed is shown
	lines  []string
}

func (r *render) branch(b *branch, depth int) {
	r.lines = append(r.lines, r.line(b, depth))
	if r.folded && b.quiet() && depth > 0 {
		return
	}
	for _, kid := range b.kids {
		if r.terse && kid.quiet() {
			continue
		}
		r.branch(kid, depth+1)
	}
}

func (r *render) line(b *branch, depth int) string {
	p := r.tree.paint
	head := strings.Repeat("  ", depth) + p.mark(b.state, r.tree.frame) + " " + b.name
	used := 2*depth + 2 + utf8.RuneCountInString(b.name)
	var tail string
	add := func(text string, paint func(string) string) {
		room := r.width - used - 2
		if text == "" || room < 4 {
			return
		}
		text = clip(text, room)
		used += 2 + utf8.RuneCountInString(text)
		tail += "  " + paint(text)
	}
	if b.replayed {
		add("finished before", p.dim)
	} else if took := r.took(b); took > 0 {
		add(duration(took), p.dim)
	}
	switch {
	case b.state == model.Failed:
		add(b.note, p.bad)
	case b.state == model.Running:
		add(r.tree.logs.Last(b.try, b.full), p.dim)
	default:
		add(b.note, p.dim)
	}
	return head + tail
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

// clip makes text fit into width columns of one line.
func clip(text string, width int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ReplaceAll(text, "\t", " "))
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// draw replaces the last frame. It moves up, rewrites each line and clears
// what is left over, all in one write, so that nothing flickers.
func (t *Tree) draw(lines []string) {
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.drawn)
	}
	for _, line := range lines {
		b.WriteString("\r" + line + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	t.drawn = len(lines)
	_, _ = io.WriteString(t.to, b.String())
}

var _ Printer = (*Tree)(nil)
