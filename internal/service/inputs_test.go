package service_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/shape"
)

const withInputs = `
inputs:
  since: {type: date, default: 2026-01-30}
  limit: {type: integer, minimum: 1, default: 3}
strict_input: true
schedule: {daily>: "00:00:00", params: {limit: 5}}
tasks: {a: {echo: x}}
`

func TestInputsAreCheckedBeforeAStart(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.pawl.yaml", withInputs)
	w := f.workflow(1)
	_, err := f.Start(t.Context(), service.Start{Workflow: w, Session: noon, Params: params.Of("since", "soon", "limit", "0", "more", 1)})
	var wrong *shape.Error
	if model.CodeOf(err) != model.Invalid || !errors.As(err, &wrong) || len(wrong.Problems) != 3 || !strings.HasPrefix(err.Error(), "workflow w: ") {
		t.Errorf("%v", err)
	}
	// What an attempt has because of its time may be given back, to go on with it.
	given := params.Of("limit", "7", "last_session_time", "x", "next_session_time", "y", "last_executed_session_time", "z")
	a, err := f.Start(t.Context(), service.Start{Workflow: w, Session: noon, Params: given})
	must(t, err)
	if v, _ := a.Params.Get("limit"); v != int64(7) {
		t.Errorf("the limit is %v", v)
	}
	if v, _ := a.Params.Get("since"); v != "2026-01-30" {
		t.Errorf("since is %v", v)
	}
	if v, _ := a.Params.Get("last_session_time"); v != "2026-03-08T00:00:00+00:00" {
		t.Errorf("last_session_time is %v", v)
	}
}

func TestANameThatIsNearlyAnInputStartsNothing(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.dig", "_inputs: {name: {type: text, default: a}}\n+a: {echo>: x}\n")
	_, err := f.Start(t.Context(), service.Start{Workflow: f.workflow(1), Session: noon, Params: params.Of("namee", "b")})
	if model.CodeOf(err) != model.Invalid || !strings.Contains(err.Error(), `there is no parameter "namee"`) {
		t.Errorf("%v", err)
	}
}

func TestWhatAScheduleStartsHasItsInputs(t *testing.T) {
	t.Parallel()
	f := open(t, nil)
	f.pushed("1", "w.pawl.yaml", withInputs)
	_, list, err := f.Backfill(t.Context(), 1, service.Backfill{From: noon.AddDate(0, 0, -1), Name: "again"})
	must(t, err)
	const want = `{"limit":5,"since":"2026-01-30",`
	if len(list) != 1 || !strings.HasPrefix(fmt.Sprint(list[0].Params), want) {
		t.Errorf("got %v", list)
	}
}

func TestAFolderWithAPipelineIsFollowed(t *testing.T) {
	t.Parallel()
	f, dir := open(t, nil), t.TempDir()
	follow := func(want string, text string) {
		t.Helper()
		writeFile(t, dir, "w.pawl.yaml", text)
		if got, err := f.Follow(t.Context(), "p", dir); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
	follow("1", "tasks: {a: {sh: x}}")
	follow("", "tasks: {a: {sh: x}}")
	follow("2", "tasks: {a: {sh: x, timeout: 3}}")
	follow("3", "tasks: {a: {sh: x, timeout: 3}}\ninputs: {n: {type: integer, default: 3}}")
	follow("4", "tasks: {a: {sh: x, timeout: 3}}\ninputs: {n: {type: integer, default: 4}}")
	follow("", "tasks: {a: {sh: x, timeout: 3}}\ninputs: {n: {type: integer, default: 4}}")
	follow("5", "tasks: {a: {sh: x}, b: {sh: x}}")
	follow("6", "tasks: {a: {sh: x}, b: {sh: x}}\nordering: {}")
	follow("7", "tasks: {a: {sh: x}, b: {sh: x}}\nordering: {}\non_success: {echo: x}")
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}
