package progress_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

var start = time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)

// output is what tasks print, by their names.
type output map[string]string

func (o output) Follow(_ model.TryID, task string) io.ReadCloser {
	return io.NopCloser(strings.NewReader(o[task]))
}

func (o output) Last(_ model.TryID, task string) (line string, more bool) {
	lines := strings.Split(strings.TrimRight(o[task], "\n"), "\n")
	return lines[len(lines)-1], len(lines) > 1
}

// history makes events one after the other.
type history struct {
	ids map[string]model.TaskID
	seq int64
}

func (h *history) event(seconds float64, kind engine.EventKind, task string, state model.State, data params.Map) progress.Event {
	if h.ids == nil {
		h.ids = make(map[string]model.TaskID)
	}
	if _, ok := h.ids[task]; !ok {
		h.ids[task] = model.TaskID(len(h.ids))
	}
	h.seq++
	at := model.InstantOf(start.Add(time.Duration(seconds * float64(time.Second))))
	return progress.Event{Event: engine.Event{
		Attempt: 7, Seq: h.seq, At: at, Kind: kind, Task: h.ids[task], Name: task, Try: 1, State: state, Data: data,
	}}
}

func (h *history) queued(s float64, task string) progress.Event {
	e := h.started(s, task)
	e.Queued = true
	return e
}

func (h *history) opened(s float64, task string) progress.Event {
	return h.event(s, engine.TaskOpened, task, model.Open, params.Map{})
}

func (h *history) started(s float64, task string) progress.Event {
	return h.event(s, engine.TaskStarted, task, model.Running, params.Map{})
}

func (h *history) ended(s float64, task string, state model.State) progress.Event {
	return h.event(s, engine.TaskEnded, task, state, params.Map{})
}

func (h *history) failed(s float64, task, message string) progress.Event {
	return h.event(s, engine.TaskEnded, task, model.Failed, params.Of("error", params.Of("message", message)))
}

func (h *history) replayed(s float64, task string) progress.Event {
	return h.event(s, engine.TaskEnded, task, model.Success, params.Of("replayed", true))
}

var aRun = progress.Run{Workflow: "w", Session: start, Attempt: 7, Resumes: true}

// story is a run that fails, with the alert that follows.
func story() []progress.Event {
	h := &history{}
	return []progress.Event{
		h.event(0, engine.AttemptStarted, "+w", model.Blocked, params.Map{}),
		h.opened(0, "+w"),
		h.queued(0, "+w+old"), h.replayed(0, "+w+old"),
		h.queued(0, "+w+talk"), h.started(0, "+w+talk"), h.ended(1, "+w+talk", model.Success),
		h.started(1, "+w+flaky"),
		h.event(2, engine.TaskRetries, "+w+flaky", model.Waiting, params.Of("error", params.Of("message", "not yet"))),
		h.started(3, "+w+flaky"),
		h.event(4, engine.LimitPassed, "+w+flaky", model.Running, params.Map{}),
		h.failed(5, "+w+flaky", "too late"),
		h.started(5, "+w^failure-alert"), h.ended(5, "+w^failure-alert", model.Success),
		h.ended(5, "+w", model.Failed),
		h.event(5, engine.AttemptEnded, "+w", model.Failed, params.Map{}),
	}
}

var said = output{"+w+talk": "one\ntwo, without an end", "+w+flaky": "said it\n"}

func anEnd() progress.Summary {
	return progress.Summary{
		State: engine.AttemptFailed, Duration: 5 * time.Second,
		Counts:   progress.Counts{Success: 1, Replayed: 1, Failed: 1, NotReached: 2},
		Failures: []progress.Failure{{Task: "+w+flaky", Message: "too late", Tail: []string{"said it"}, Log: "logs/x.log"}},
		Status:   "kept/here", Again: "pawl run w", Logs: "logs/7",
	}
}

func tell(p progress.Printer, events []progress.Event) {
	p.Begin(aRun)
	p.Events(events)
	p.Tick(start.Add(5 * time.Second))
	p.Note("a note")
	p.End(anEnd())
}

func TestPlainTellsTheStory(t *testing.T) {
	t.Parallel()
	var out, err bytes.Buffer
	tell(progress.NewPlain(&out, &err, said, time.FixedZone("", 3600)), story())
	if diff := cmp.Diff("one\ntwo, without an end\nsaid it\nsaid it\n", out.String()); diff != "" {
		t.Errorf("output: %s", diff)
	}
	want := `workflow w, session time 2026-01-30T12:00:00Z, taking over what is finished
2026-01-30 13:00:00 +0100 +w+old: skipped
2026-01-30 13:00:00 +0100 +w+talk
2026-01-30 13:00:01 +0100 +w+talk: done in 1s
2026-01-30 13:00:01 +0100 +w+flaky
2026-01-30 13:00:02 +0100 +w+flaky will be tried again: not yet
2026-01-30 13:00:03 +0100 +w+flaky
2026-01-30 13:00:04 +0100 +w+flaky has passed its time limit
2026-01-30 13:00:05 +0100 +w+flaky failed after 2s: too late
2026-01-30 13:00:05 +0100 +w: failed
pawl: a note

  * +w+flaky:
    | said it
    too late
    log: logs/x.log

Failed in 5s: 1 done, 1 skipped, 1 failed, 2 not reached
Task state is saved at kept/here directory.
Run what is left: pawl run w
`
	if diff := cmp.Diff(want, err.String()); diff != "" {
		t.Errorf("error output: %s", diff)
	}
}

func TestAlertIsShownWhenItFails(t *testing.T) {
	t.Parallel()
	h := &history{}
	events := []progress.Event{
		h.opened(0, "+w"), h.started(0, "+w^failure-alert"), h.failed(0, "+w^failure-alert", "no mail"),
	}
	var err bytes.Buffer
	progress.NewPlain(io.Discard, &err, said, time.UTC).Events(events)
	if want := "2026-01-30 12:00:00 +0000 +w^failure-alert failed: no mail\n"; err.String() != want {
		t.Errorf("got %q", err.String())
	}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, said, v.size, true)
	tree.Events(events)
	tree.Tick(start)
	if !strings.Contains(v.text(), "✗ ^failure-alert  no mail") {
		t.Errorf("got\n%s", v.text())
	}
}

func TestJSONIsAContract(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	events := story()
	tell(progress.NewJSON(&out), append(events[2:6:6], events[11]))
	want := `{"type":"run","workflow":"w","session_time":"2026-01-30T12:00:00Z","attempt":7,"resumes":true}
{"type":"event","time":"2026-01-30T12:00:00.000000Z","seq":3,"event":"task_queued","task":"+w+old","task_id":1,"try":1,"state":"queued"}
{"type":"event","time":"2026-01-30T12:00:00.000000Z","seq":4,"event":"task_ended","task":"+w+old","task_id":1,"try":1,"state":"success","data":{"replayed":true}}
{"type":"event","time":"2026-01-30T12:00:00.000000Z","seq":5,"event":"task_queued","task":"+w+talk","task_id":2,"try":1,"state":"queued"}
{"type":"event","time":"2026-01-30T12:00:00.000000Z","seq":6,"event":"task_started","task":"+w+talk","task_id":2,"try":1,"state":"running"}
{"type":"event","time":"2026-01-30T12:00:05.000000Z","seq":12,"event":"task_ended","task":"+w+flaky","task_id":3,"try":1,"state":"failed","data":{"error":{"message":"too late"}}}
{"type":"summary","state":"error","seconds":5.0,"success":1,"replayed":1,"skipped":0,"failed":1,"cancelled":0,"not_reached":2,"failures":[{"task":"+w+flaky","message":"too late","tail":["said it"],"log":"logs/x.log"}],"status":"kept/here","again":"pawl run w"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTreeTellsTheStory(t *testing.T) {
	t.Parallel()
	v := newTerminal(t, 60, 24)
	tell(progress.NewTree(v, said, v.size, true), story())
	want := `w 2026-01-30T12:00:00Z · taking over what is finished
pawl: a note
✗ +w  5s
  ✓ +old  skipped
  ✓ +talk  1s  two, without an end
  ✗ +flaky  2s  too late

  * +w+flaky:
    | said it
    too late
    log: logs/x.log

Failed in 5s: 1 done, 1 skipped, 1 failed, 2 not reached
All that the tasks printed: logs/7
Task state is saved at kept/here directory.
Run what is left: pawl run w
`
	if diff := cmp.Diff(want, v.text()); diff != "" {
		t.Error(diff)
	}
}

// busy is a run under way: a group that is done, one that works.
func busy() []progress.Event {
	h := &history{}
	return []progress.Event{
		h.opened(0, "+w"), h.opened(0, "+w+first"),
		h.started(0, "+w+first+a"), h.ended(1, "+w+first+a", model.Success), h.ended(1, "+w+first", model.Success),
		h.opened(1, "+w+loop"), h.opened(1, "+w+loop^sub"),
		h.started(1, "+w+loop^sub+loop-0"), h.started(1, "+w+loop^sub+loop-1"),
	}
}

var working = output{
	"+w+loop^sub+loop-0": "step 1\nstep 2 of a long way\n",
	"+w+loop^sub+loop-1": "\x1b[31m10%\rpainted\x1b[0m\t日本語のとても長い行です\n",
}

func TestTreeWhileItRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		width, height int
		want          string
	}{
		"wide": {80, 24, `▸ +w  3s
  ✓ +first  1s
  ▸ +loop  2s
    ⠙ +loop-0  2s  step 2 of a long way
    ⠙ +loop-1  2s  painted 日本語のとても長い行です
`},
		"narrow": {30, 24, `▸ +w  3s
  ✓ +first  1s
  ▸ +loop  2s
    ⠙ +loop-0  2s  step 2 of…
    ⠙ +loop-1  2s  painted 日…
`},
		"very narrow": {8, 24, `▸ +w  3s
✓ +first
▸ +loop
⠙ +l…p-0
⠙ +l…p-1
`},
		"low": {80, 5, `▸ +w  3s
  ▸ +loop  2s
  … and 2 more
`},
		"tiny": {80, 1, `▸ +w  3s
  ▸ +loop  2s
  … and 2 more
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTerminal(t, c.width, max(c.height, 4))
			tree := progress.NewTree(v, working, func() (int, int) { return c.width, c.height }, true)
			tree.Events(busy())
			tree.Tick(start.Add(3 * time.Second))
			if diff := cmp.Diff(c.want, v.text()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTreeReplacesItsLastFrame(t *testing.T) {
	t.Parallel()
	v := newTerminal(t, 40, 24)
	tree := progress.NewTree(v, working, v.size, true)
	tree.Begin(progress.Run{Workflow: "w", Session: start})
	tree.Events(busy())
	tree.Tick(start.Add(3 * time.Second))
	v.resize(20) // the terminal breaks the lines that are on it
	tree.Tick(start.Add(4 * time.Second))
	v.resize(60)
	tree.Tick(start.Add(5 * time.Second))
	want := `w 2026-01-30T12:00:0
0Z
▸ +w  5s
  ✓ +first  1s
  ▸ +loop  4s
    ⠸ +loop-0  4s  step 2 of a long way
    ⠸ +loop-1  4s  painted 日本語のとても長い行です
`
	if diff := cmp.Diff(want, v.text()); diff != "" {
		t.Error(diff)
	}
}

func TestColoursCanBeOff(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	tell(progress.NewTree(&out, said, func() (int, int) { return 80, 24 }, false), story())
	if strings.Contains(out.String(), "\x1b[3") {
		t.Errorf("got %q", out.String())
	}
}

// crowd is a run of many tasks, of which some are under way.
func crowd(n int) []progress.Event {
	h := &history{}
	events := []progress.Event{h.opened(0, "+w")}
	for i := range n {
		task := fmt.Sprintf("+w+task%d", i)
		events = append(events, h.started(0, task))
		if i%50 != 0 {
			events = append(events, h.ended(1, task, model.Success))
		}
	}
	return events
}

// A group whose tasks run side by side is shown by numbers when they are many.
func TestTreeCountsTheTasksOfAWideGroup(t *testing.T) {
	t.Parallel()
	h := &history{}
	events := []progress.Event{h.opened(0, "+w"), h.opened(0, "+w+wide")}
	name := func(i int) string { return fmt.Sprintf("+w+wide+%c", 'a'+i) }
	for i := range 12 {
		events = append(events, h.queued(0, name(i)))
	}
	events = append(events, h.started(1, name(0)), h.started(2, name(1)), h.ended(3, name(0), model.Success),
		h.started(3, name(2)), h.failed(4, name(2), "no"), h.started(4, name(3)))
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, output{}, v.size, true)
	tree.Begin(progress.Run{Workflow: "w", Session: start, Children: map[string]int{"+w": 1, "+w+wide": 14}})
	tree.Events(events)
	tree.Tick(start.Add(5 * time.Second))
	want := `w 2026-01-30T12:00:00Z
▸ +w  5s
  ▸ +wide  5s  1/14 done, 2 running, 1 failed
    ⠙ +b  3s
    ✗ +c  1s  no
    ⠙ +d  1s
`
	if diff := cmp.Diff(want, v.text()); diff != "" {
		t.Error(diff)
	}
}

// The tasks that an operator makes are known before they are handed out.
func TestTreeCountsTheTasksOfALongLoop(t *testing.T) {
	t.Parallel()
	h := &history{}
	grown := h.event(0, engine.TasksAdded, "+w+loop", model.Running, params.Map{})
	grown.Children = map[string]int{"+w+loop^sub": 30}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, output{}, v.size, true)
	tree.Events([]progress.Event{
		h.opened(0, "+w"), h.started(0, "+w+loop"), grown, h.opened(0, "+w+loop"), h.opened(0, "+w+loop^sub"),
		h.started(0, "+w+loop^sub+loop-0"), h.ended(1, "+w+loop^sub+loop-0", model.Success),
		h.started(1, "+w+loop^sub+loop-1"),
	})
	tree.Tick(start.Add(2 * time.Second))
	want := `▸ +w  2s
  ▸ +loop  2s  1/30 done, 1 running
    ⠙ +loop-1  1s
`
	if diff := cmp.Diff(want, v.text()); diff != "" {
		t.Error(diff)
	}
}

// A task that waits for its turn has no time yet.
func TestQueuedTasksAreNotRunning(t *testing.T) {
	t.Parallel()
	h := &history{}
	events := []progress.Event{
		h.opened(0, "+w"), h.queued(0, "+w+a"), h.queued(0, "+w+b"), h.started(2, "+w+a"),
		h.event(3, engine.CancelWanted, "+w+b", model.Running, params.Map{}),
	}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, said, v.size, true)
	tree.Events(events)
	tree.Tick(start.Add(5 * time.Second))
	if diff := cmp.Diff("▸ +w  5s\n  ⠙ +a  3s\n  · +b  queued\n", v.text()); diff != "" {
		t.Error(diff)
	}
	var err bytes.Buffer
	plain := progress.NewPlain(io.Discard, &err, said, time.UTC)
	plain.Events(events[:4])
	if diff := cmp.Diff("2026-01-30 12:00:02 +0000 +w+a\n", err.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSummarySaysWhatWasNotDone(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]progress.Summary{
		"Success in 0s: 2 skipped\nNothing was left to run: earlier runs had done it all. Run it again: pawl run w --rerun\n": {
			Counts: progress.Counts{Replayed: 2}, Rerun: "pawl run w --rerun",
		},
		"Success in 0s: 2 done\nThis was a dry run: parameters were evaluated, no task was run.\n": {
			Counts: progress.Counts{Success: 2}, DryRun: true,
		},
		"\n  * +w+a:\n    | in f\n    | ValueError: x\n\nSuccess in 0s: nothing to do\n": {
			Failures: []progress.Failure{{Task: "+w+a", Message: "ValueError: x", Tail: []string{"in f", "ValueError: x"}}},
		},
		"\n  * +w+a:\n    | in f\n    | ValueError: x\n    | DEBUG pawl: more\n\nSuccess in 0s: nothing to do\n": {
			Failures: []progress.Failure{{Task: "+w+a", Message: "in f\nValueError: x\n", Tail: []string{"in f", "ValueError: x", "DEBUG pawl: more"}}},
		},
	} {
		s.State = engine.AttemptSuccess
		var err bytes.Buffer
		progress.NewPlain(io.Discard, &err, said, time.UTC).End(s)
		if diff := cmp.Diff(want, err.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestManyTasksFitOnTheScreen(t *testing.T) {
	t.Parallel()
	h := &history{}
	events := []progress.Event{h.opened(0, "+w")}
	for i := range 100 {
		task := fmt.Sprintf("+w+task%d", i)
		events = append(events, h.started(0, task), h.failed(0, task, ""))
	}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, output{}, v.size, true)
	tree.Events(events)
	for i := range 3 {
		tree.Tick(start.Add(time.Duration(i+1) * time.Second))
	}
	lines := strings.Split(strings.TrimSpace(v.text()), "\n")
	if len(lines) != 22 || lines[21] != "  … and 80 more" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

func BenchmarkTickOf5000Tasks(b *testing.B) {
	tree := progress.NewTree(io.Discard, output{}, func() (int, int) { return 80, 24 }, true)
	tree.Events(crowd(5000))
	for b.Loop() {
		tree.Tick(start)
	}
}

// A task that has something to do says why, as early as that is known, and one
// that has not says so.
func TestReasonsAreTold(t *testing.T) {
	t.Parallel()
	h := &history{}
	judged := func(s float64, task, reason string) progress.Event {
		return h.event(s, engine.TaskJudged, task, model.Running, params.Of("skip", reason == "up to date", "reason", reason))
	}
	events := []progress.Event{
		h.opened(0, "+w"),
		h.started(0, "+w+known"), judged(1, "+w+known", "forced"), h.ended(1, "+w+known", model.Success),
		h.started(1, "+w+late"), judged(2, "+w+late", "never built"), h.ended(2, "+w+late", model.Success),
		h.started(2, "+w+idle"), judged(3, "+w+idle", "up to date"), h.ended(3, "+w+idle", model.Skipped),
		h.started(3, "+w+busy"),
	}
	run := progress.Run{Workflow: "w", Attempt: 7, Reasons: map[string]string{"+w+known": "forced", "+w+busy": "source changed: line 2"}}
	var out, err bytes.Buffer
	plain := progress.NewPlain(&out, &err, output{}, time.UTC)
	plain.Begin(run)
	plain.Events(events)
	want := `pipeline w
2026-01-30 12:00:00 +0000 +w+known: forced
2026-01-30 12:00:01 +0000 +w+known: done in 1s
2026-01-30 12:00:01 +0000 +w+late
2026-01-30 12:00:02 +0000 +w+late: done in 1s, because: never built
2026-01-30 12:00:02 +0000 +w+idle
2026-01-30 12:00:03 +0000 +w+idle: skipped: up to date
2026-01-30 12:00:03 +0000 +w+busy: source changed: line 2
`
	if diff := cmp.Diff(want, err.String()); diff != "" {
		t.Errorf("plain (-want +got):\n%s", diff)
	}
	var screen bytes.Buffer
	tree := progress.NewTree(&screen, output{}, func() (int, int) { return 80, 24 }, false)
	tree.Begin(run)
	tree.Events(events)
	tree.Tick(start.Add(5 * time.Second))
	for _, line := range []string{"+known  1s  forced", "+late  1s  never built", "+idle  1s  skipped: up to date", "+busy  2s  source changed: line 2"} {
		if !strings.Contains(screen.String(), line) {
			t.Errorf("there is no %q in\n%s", line, screen.String())
		}
	}
}
