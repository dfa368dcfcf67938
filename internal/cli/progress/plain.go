package progress

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
)

// Plain writes a line for each thing that happens, and what the tasks print
// as they print it.
type Plain struct {
	out, err io.Writer
	logs     Logs
	zone     *time.Location
	running  map[model.TaskID]*following
	order    []model.TaskID
	since    map[model.TaskID]time.Time // when those have begun that are not over
	told     map[model.TaskID]bool      // those that are not over, but are known to have failed
	judged   map[model.TaskID]string    // why those run that are not over, or do not have to
	reasons  map[string]string          // why tasks run, by their names, as the run says
}

// following is the output of a running task, as far as it was shown.
type following struct {
	event   Event
	from    io.ReadCloser
	partial []byte
}

// NewPlain returns a printer that writes what tasks print to out and all else
// to err. Times are shown in zone.
func NewPlain(out, err io.Writer, logs Logs, zone *time.Location) *Plain {
	return &Plain{
		out: out, err: err, logs: logs, zone: zone,
		running: make(map[model.TaskID]*following), since: make(map[model.TaskID]time.Time),
		told: make(map[model.TaskID]bool), judged: make(map[model.TaskID]string),
	}
}

func (p *Plain) say(at time.Time, format string, args ...any) {
	// A reader that has gone away must not end the run.
	_, _ = fmt.Fprintf(p.err, "%s "+format+"\n", append([]any{at.In(p.zone).Format("2006-01-02 15:04:05 -0700")}, args...)...)
}

// Begin writes what is run.
func (p *Plain) Begin(r Run) {
	p.reasons = r.Reasons
	line := r.title()
	if r.Resumes {
		line += ", taking over what is finished"
	}
	if r.DryRun {
		line += ", dry run: no task is run"
	}
	_, _ = fmt.Fprintln(p.err, line)
}

// Events writes a line for each event that people care about.
func (p *Plain) Events(events []Event) {
	for i := range events {
		e := &events[i]
		if boring(e) {
			continue
		}
		switch e.Kind {
		case engine.TaskStarted:
			if !e.Queued {
				p.follow(e)
			}
		case engine.TaskEnded:
			p.end(e)
		case engine.TaskRetries:
			p.drop(e.Task)
			delete(p.since, e.Task)
			p.say(e.At.Time(), "%s will be tried again%s", e.Name, behind(firstLine(message(e))))
		case engine.TaskWaits:
			p.drop(e.Task)
			p.say(e.At.Time(), "%s waits%s", e.Name, behind(waitsFor(e)))
		case engine.TasksAdded:
			if e.Failure.Len() > 0 {
				p.fail(e)
			}
		case engine.TaskJudged:
			p.judged[e.Task] = why(e)
		case engine.LimitPassed:
			p.say(e.At.Time(), "%s has passed its time limit", e.Name)
		case engine.CancelWanted:
			p.say(e.At.Time(), "%s is asked to end", e.Name)
		default: // of no interest to people
		}
	}
}

func (p *Plain) follow(e *Event) {
	p.drop(e.Task)
	if _, ok := p.since[e.Task]; !ok {
		p.since[e.Task] = e.At.Time()
	}
	p.say(e.At.Time(), "%s%s", e.Name, behind(bare(p.reasons[e.Name])))
	p.running[e.Task] = &following{event: *e, from: p.logs.Follow(tryOf(e), e.Name)}
	p.order = append(p.order, e.Task)
}

// behind puts a text, if there is one, behind what it explains.
func behind(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// took returns how long a task has run so far, for people, behind a word. It
// is empty where that is not worth to be told.
func (p *Plain) took(e *Event, word string) string {
	began, ran := p.since[e.Task]
	if took := e.At.Time().Sub(began); ran && took >= time.Millisecond {
		return " " + word + " " + duration(took)
	}
	return ""
}

// fail tells that a task has failed. What runs because of that comes after.
func (p *Plain) fail(e *Event) {
	p.drop(e.Task)
	p.say(e.At.Time(), "%s failed%s%s", e.Name, p.took(e, "after"), behind(firstLine(message(e))))
	p.told[e.Task] = true
}

func (p *Plain) end(e *Event) {
	p.drop(e.Task)
	_, ran := p.since[e.Task]
	switch {
	case replayed(e):
		p.say(e.At.Time(), "%s: skipped%s", e.Name, behind(p.judged[e.Task]))
	case e.State == model.Failed && p.told[e.Task]:
	case e.State == model.Failed && message(e) != "":
		p.fail(e)
	case e.State == model.Skipped:
		p.say(e.At.Time(), "%s: skipped%s", e.Name, behind(p.judged[e.Task]))
	case e.State != model.Success:
		p.say(e.At.Time(), "%s: %s%s", e.Name, e.State, p.took(e, "after"))
	case ran && p.reasons[e.Name] == "" && p.judged[e.Task] != "":
		p.say(e.At.Time(), "%s: done%s, because: %s", e.Name, p.took(e, "in"), p.judged[e.Task])
	case ran:
		p.say(e.At.Time(), "%s: done%s", e.Name, p.took(e, "in"))
	}
	delete(p.judged, e.Task)
	delete(p.since, e.Task)
	delete(p.told, e.Task)
}

// Tick writes what the running tasks have printed since.
func (p *Plain) Tick(time.Time) {
	for _, id := range p.order {
		p.copy(p.running[id], false)
	}
}

// drop ends following a task, after all that it printed is shown.
func (p *Plain) drop(id model.TaskID) {
	f, ok := p.running[id]
	if !ok {
		return
	}
	p.copy(f, true)
	_ = f.from.Close() // it was only read
	delete(p.running, id)
	if i := slices.Index(p.order, id); i >= 0 {
		p.order = slices.Delete(p.order, i, i+1)
	}
}

// copy shows the whole lines that there are, and with all the last piece too.
func (p *Plain) copy(f *following, all bool) {
	lines := bufio.NewReader(f.from)
	for {
		piece, err := lines.ReadBytes('\n')
		f.partial = append(f.partial, piece...)
		if err == nil {
			_, _ = p.out.Write(f.partial)
			f.partial = f.partial[:0]
			continue
		}
		if !errors.Is(err, io.EOF) {
			p.say(f.event.At.Time(), "%s: its output can't be read: %v", f.event.Name, err)
		}
		if all && len(f.partial) > 0 {
			_, _ = p.out.Write(append(f.partial, '\n'))
			f.partial = f.partial[:0]
		}
		return
	}
}

// Note writes the text.
func (p *Plain) Note(text string) { _, _ = fmt.Fprintln(p.err, "pawl: "+text) }

// End writes how it went, in the words of Digdag's local runs.
func (p *Plain) End(s Summary) {
	for _, id := range slices.Clone(p.order) {
		p.drop(id)
	}
	s.Logs = "" // all of it was shown
	writeSummary(p.err, s, noColour)
}

// writeSummary writes what stays on the screen once a run is over.
func writeSummary(w io.Writer, s Summary, paint palette) {
	var b []byte
	add := func(format string, args ...any) { b = fmt.Appendf(b, format+"\n", args...) }
	for _, f := range s.Failures {
		add("")
		add("%s", paint.bad("  * "+f.Task+":"))
		if f.About != "" {
			add("    %s", paint.dim(bare(f.About)))
		}
		for _, line := range f.Tail {
			add("    | %s", bare(line))
		}
		if !f.told() {
			for line := range strings.Lines(strings.TrimSpace(f.Message)) {
				add("    %s", bare(line))
			}
		}
		if f.Log != "" {
			add("    %s", paint.dim("log: "+f.Log))
		}
	}
	if len(s.Failures) > 0 {
		add("")
	}
	add("%s in %s: %s", paint.state(s.State), duration(s.Duration), s.Counts)
	if s.DryRun {
		add("This was a dry run: parameters were evaluated, no task was run.")
	}
	if s.Unused {
		add("The parameters that were given had no effect, be they those of the earlier runs or not.")
	}
	if s.Rerun != "" {
		add("Nothing was left to run: earlier runs had done it all. Run it again: %s", s.Rerun)
	}
	if s.Logs != "" {
		add("%s", paint.dim("All that the tasks printed: "+s.Logs))
	}
	if s.Newer != "" {
		add("Run the session that is due now: %s", s.Newer)
	}
	if s.State != engine.AttemptSuccess && s.Again != "" {
		if s.Status != "" {
			add("Task state is saved at %s directory.", s.Status)
		}
		add("Run what is left: %s", s.Again)
	}
	_, _ = w.Write(b)
}

// String lists the counts that are not zero.
func (c Counts) String() string {
	text := ""
	for _, part := range []struct {
		n    int
		what string
	}{
		{c.Success, "done"}, {c.Replayed + c.Skipped, "skipped"},
		{c.Failed, "failed"}, {c.Cancelled, "cancelled"}, {c.NotReached, "not reached"},
	} {
		if part.n == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", part.n, part.what)
	}
	if text == "" {
		return "nothing to do"
	}
	return text
}

var _ Printer = (*Plain)(nil)
