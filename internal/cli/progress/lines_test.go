package progress_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/cli/progress"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// A task that failed is said to have, before what runs because of it.
func TestAFailureComesBeforeItsHandlers(t *testing.T) {
	t.Parallel()
	h := &history{}
	failing := h.event(2, engine.TasksAdded, "+w+a", model.Open, params.Of("first", 3, "count", 1))
	failing.Failure = params.Of("message", "first\nsecond")
	events := []progress.Event{
		h.opened(0, "+w"), h.started(0, "+w+a"), failing,
		h.started(2, "+w+a^error"),
	}
	ends := []progress.Event{
		h.ended(4, "+w+a^error", model.Success), h.failed(4, "+w+a", "first\nsecond"), h.ended(4, "+w", model.Failed),
	}
	said := output{"+w+a": "of the task\n", "+w+a^error": "of the handler\n"}

	var text bytes.Buffer
	plain := progress.NewPlain(&text, &text, said, time.UTC)
	plain.Events(append(slices.Clip(events), ends...))
	want := `2026-01-30 12:00:00 +0000 +w+a
of the task
2026-01-30 12:00:02 +0000 +w+a failed after 2s: first …
2026-01-30 12:00:02 +0000 +w+a^error
of the handler
2026-01-30 12:00:04 +0000 +w+a^error: done in 2s
2026-01-30 12:00:04 +0000 +w: failed
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("plain: %s", diff)
	}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, said, v.size, true)
	tree.Events(events)
	tree.Tick(start.Add(3 * time.Second))
	want = `▸ +w  3s
  ✗ +a  2s  first …
    ⠙ ^error  1s  of the handler
`
	if diff := cmp.Diff(want, v.text()); diff != "" {
		t.Errorf("tree: %s", diff)
	}
	text.Reset()
	progress.NewJSON(&text).Events(events[2:3])
	if want := `"data":{"first":3,"count":1,"error":{"message":"first\nsecond"}}}`; !strings.Contains(text.String(), want) {
		t.Errorf("JSON: %s", text.String())
	}
}

// The line of a task that waits says why, also while it looks once more.
func TestAWaitSaysWhy(t *testing.T) {
	t.Parallel()
	h := &history{}
	waits := h.event(1, engine.TaskWaits, "+w+a", model.Waiting, params.Of("reason", "refused; next try in 1s"))
	events := []progress.Event{h.opened(0, "+w"), h.started(0, "+w+a"), waits}
	var err bytes.Buffer
	progress.NewPlain(io.Discard, &err, output{}, time.UTC).Events(events)
	if want := "+w+a waits: refused; next try in 1s\n"; !strings.HasSuffix(err.String(), want) {
		t.Errorf("got %q, want %q", err.String(), want)
	}
	v := newTerminal(t, 80, 24)
	tree := progress.NewTree(v, output{}, v.size, true)
	tree.Events(events)
	tree.Tick(start.Add(2 * time.Second))
	if want := "▸ +w  2s\n  … +a  2s  refused; next try in 1s\n"; v.text() != want {
		t.Errorf("got\n%swant\n%s", v.text(), want)
	}
	tree.Events([]progress.Event{h.started(2, "+w+a")})
	tree.Tick(start.Add(3 * time.Second))
	if want := "  ⠹ +a  3s  refused; next try in 1s\n"; !strings.HasSuffix(v.text(), want) {
		t.Errorf("got\n%swant\n%s", v.text(), want)
	}
}

func TestALongNameLeavesRoomForTheRest(t *testing.T) {
	t.Parallel()
	h := &history{}
	name := "+" + strings.Repeat("name-", 20) + "end"
	v := newTerminal(t, 60, 24)
	tree := progress.NewTree(v, output{"+w" + name: "it prints something\n", "+w+" + strings.Repeat("x", 60): "two\n"}, v.size, true)
	tree.Events([]progress.Event{h.opened(0, "+w"), h.started(0, "+w"+name), h.started(0, "+w+"+strings.Repeat("x", 60))})
	tree.Tick(start.Add(2 * time.Second))
	if want := "▸ +w  2s\n  ⠙ +name-name-name…e-name-name-end  2s  it prints something\n" +
		"  ⠙ +" + strings.Repeat("x", 22) + "…" + strings.Repeat("x", 23) + "  2s  two\n"; v.text() != want {
		t.Errorf("got\n%swant\n%s", v.text(), want)
	}
}

func TestTheLogsAreNamedWhereOutputIsNotShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"one line\n": false, "one\ntwo\n": true} {
		h := &history{}
		v := newTerminal(t, 80, 24)
		tree := progress.NewTree(v, output{"+w+a": text}, v.size, true)
		tree.Events([]progress.Event{h.opened(0, "+w"), h.started(0, "+w+a"), h.ended(1, "+w+a", model.Success), h.ended(1, "+w", model.Success)})
		tree.End(progress.Summary{State: engine.AttemptSuccess, Duration: time.Second, Logs: "logs/7"})
		if got := strings.Contains(v.text(), "All that the tasks printed: logs/7\n"); got != want {
			t.Errorf("%q: the logs are named: %v, want %v, in\n%s", text, got, want, v.text())
		}
	}
}

// What a task prints controls the terminal neither in the tree nor below it.
func TestOutputDoesNotControlTheTerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\x1b[2Jb\x1b[31mc\x1b[0m": "abc",
		"a\x1b]0;title\ab":          "ab",
		"a\x1b]8;;x\x1b\\b":         "ab",
		"a\x1bPdevice\x1b\\b":       "ab",
		"a\x1bcb\bc\x00\u009bd":     "abcd",
		"a\x1b[":                    "a",
		"a\x1b":                     "a",
		"a\x1b]0;no end":            "a",
		"a\tb é\xff":                "a\tb é\xff",
	} {
		var b bytes.Buffer
		progress.NewPlain(io.Discard, &b, output{}, time.UTC).End(progress.Summary{
			Failures: []progress.Failure{{Task: "+w+a", Message: text + "\nend", Tail: []string{text, "x"}}},
		})
		if got := b.String(); !strings.Contains(got, "    | "+want+"\n") || !strings.Contains(got, "\n    "+want+"\n") {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
