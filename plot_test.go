package pawl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl"
)

func pictured(t *testing.T) *pawl.Process[note] {
	t.Helper()
	return pawl.Must(pawl.Define("notes", "2",
		pawl.Command("ask", "questions", func(context.Context, *note) ([]pawl.Record, error) { return nil, nil }).Retry(3, time.Second),
		pawl.Listen("hear", news.By("id", "other"), func(context.Context, *note, string) (bool, error) { return true, nil }).
			Deadline(pawl.In(36*time.Hour), pawl.Skip).OnDeadline(say("remind")),
		pawl.Decide("which", func(context.Context, *note) (string, error) { return "", nil }, say("a"), say("b")),
		pawl.Dynamic("more", say("c"), say("d")),
		pawl.Parallel("both", pawl.Any, say("e"), pawl.Timer("later", pawl.At("at"), func(context.Context, *note) error { return nil })).
			OnFailure(say("undo")),
		pawl.Every("poll", pawl.Interval{Period: time.Minute}, func(context.Context, *note) (bool, error) { return true, nil }),
		pawl.Call("report", reporting(t, new([]string)), func(context.Context, *note) (report, error) { return report{}, nil }, nil).Optional(),
	))
}

func TestAProcessPrintsItsSteps(t *testing.T) {
	t.Parallel()
	const want = `process notes, version 2
notes
  ask: send to questions; tried again up to 3 times
  hear: listen to news by id or other; is skipped after 36h
    on deadline
      remind: execute
  which: decide
    a: if it is chosen; execute
    b: if it is chosen; execute
  more: any of "c", "d", as a run is started with
  both: side by side until the first has ended well
    e: execute
    later: wait until at
    on failure
      undo: execute
  poll: every 1m0s
  report: call report; what follows does not need it
`
	if diff := cmp.Diff(want, fmt.Sprint(pictured(t))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAProcessIsDrawn(t *testing.T) {
	t.Parallel()
	p := pictured(t)
	for format, want := range map[pawl.Format]string{pawl.SVG: "<svg", pawl.HTML: "<!doctype html", pawl.DOT: "digraph", pawl.Mermaid: "flowchart"} {
		var b bytes.Buffer
		if err := p.Plot(&b, format); err != nil || !strings.HasPrefix(strings.ToLower(b.String()), want) || !strings.Contains(b.String(), "listen to news") {
			t.Errorf("%s: %v, %.100s", format, err, b.String())
		}
	}
	if err := p.Plot(new(bytes.Buffer), "gif"); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("a format that there is not: %v", err)
	}
}
