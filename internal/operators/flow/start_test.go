package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// runs are those of one session.
type runs struct {
	newest  operator.RunStatus
	outcome operator.Outcome
	unknown bool
	begun   []operator.StartRequest
	// followed are the attempts that tasks follow, and over says that one has ended when
	// it is to be.
	followed []int64
	over     bool
}

func (r *runs) Find(context.Context, operator.StartRequest) (operator.RunStatus, error) {
	if r.unknown {
		return operator.RunStatus{}, operator.ErrNoWorkflow
	}
	s := r.newest
	s.Project = 3
	return s, nil
}

func (r *runs) Start(_ context.Context, of operator.StartRequest) (operator.RunStatus, error) {
	r.begun = append(r.begun, of)
	r.newest = operator.RunStatus{Project: 3, Attempt: int64(40 + len(r.begun)), Name: of.Name}
	return r.newest, nil
}

func (r *runs) Outcome(context.Context, int64) (operator.Outcome, error) { return r.outcome, nil }

func (r *runs) Follow(_ context.Context, attempt int64, by model.TryID) (bool, error) {
	if by.Attempt != 12 || by.Task != 3 {
		return false, fmt.Errorf("followed by %v", by)
	}
	r.followed = append(r.followed, attempt)
	return !r.over, nil
}

func (r *runs) end(success bool) { r.newest.Done, r.newest.Success = true, success }

// caller is a task that starts a run.
func caller(r *runs, kv ...any) *operator.Task {
	t := task("start", append([]any{"_command", "ship", "session_time", "2026-01-30T00:00:00+00:00"}, kv...)...)
	t.ID = model.TryID{Attempt: 12, Task: 3, Try: 1}
	t.Session, t.Name = "uuid", "+daily+ship"
	t.Services.Runs = r
	return t
}

// try runs the task once more, with what it kept.
func try(t *testing.T, of *operator.Task) (operator.Result, error) {
	t.Helper()
	r, err := run(t, of)
	if r.Wait != nil {
		of.State = r.Wait.State
	} else {
		of.State = params.Map{}
	}
	return r, err
}

func TestStartStartsOnceAndWaits(t *testing.T) {
	t.Parallel()
	r := &runs{outcome: operator.Outcome{Result: params.Of("parcel", "P-7")}}
	of := caller(r, "params", params.Of("id", 17), "store", "shipped")
	listens := []operator.Key{{Topic: "pawl.ended", Param: "task", Value: `"12.3"`}}
	first, err := try(t, of)
	if err != nil || len(r.begun) != 0 || first.Wait == nil || !first.Wait.Until.Equal(now) {
		t.Fatalf("it is to listen first: %+v, %v, %v", first, err, r.begun)
	}
	for range 3 { // however often it is woken
		w, err := try(t, of)
		if err != nil || w.Wait == nil || !w.Wait.Until.IsZero() {
			t.Fatalf("it does not wait: %+v, %v", w, err)
		}
		if diff := cmp.Diff(listens, w.Wait.Keys); diff != "" {
			t.Error(diff)
		}
		if want := `run "+daily+ship/uuid" of ship runs`; w.Wait.Reason != want {
			t.Errorf("it waits for %s", w.Wait.Reason)
		}
	}
	want := operator.StartRequest{
		Workflow: "ship", Key: "+daily+ship/uuid", Name: "^12.3.0", Params: params.Of("id", 17), Time: time.Date(2026, 1, 30, 0, 0, 0, 0, time.UTC),
	}
	if len(r.begun) != 1 || fmt.Sprint(r.begun[0]) != fmt.Sprint(want) {
		t.Errorf("started %v, want %v", r.begun, want)
	}
	r.end(true)
	done, err := try(t, of)
	if err != nil || fmt.Sprint(done.Store) != `{"shipped":{"parcel":"P-7"}}` {
		t.Errorf("got %+v, %v", done, err)
	}
}

func TestStartFailsWithItsRunAndTriesAgain(t *testing.T) {
	t.Parallel()
	r := &runs{outcome: operator.Outcome{Reason: "+ship+x failed: oh"}}
	of := caller(r, "project_name", "depot", "key", "k")
	for range 2 {
		if _, err := try(t, of); err != nil {
			t.Fatal(err)
		}
	}
	r.end(false)
	_, err := try(t, of)
	var failure *operator.Error
	if !errors.As(err, &failure) || failure.Message != `run "k" of depot/ship did not end well: +ship+x failed: oh` || fmt.Sprint(failure.Props) != `{"attempt_id":41}` {
		t.Fatalf("got %v, %+v", err, failure)
	}
	of.Retries = 1
	for range 2 {
		if _, err := try(t, of); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.begun) != 2 || r.begun[1].Name != "^12.3.1" {
		t.Errorf("started %v", r.begun)
	}
	r.end(false)
	of.Local = of.Local.Set("ignore_failure", true)
	if got, err := try(t, of); err != nil || got.Wait != nil {
		t.Errorf("a failure that is ignored: %+v, %v", got, err)
	}
}

// A message would be buried with the try that fails because of it.
func TestStartFailsWithoutAMessage(t *testing.T) {
	t.Parallel()
	r := &runs{outcome: operator.Outcome{Reason: "oh"}}
	of := caller(r)
	for range 2 {
		if _, err := try(t, of); err != nil {
			t.Fatal(err)
		}
	}
	r.end(false)
	of.Message = &operator.Message{Topic: "pawl.ended"}
	if w, err := try(t, of); err != nil || w.Wait == nil || !w.Wait.Until.Equal(now) {
		t.Fatalf("with the message: %+v, %v", w, err)
	}
	of.Message = nil
	if _, err := try(t, of); err == nil || !strings.HasSuffix(err.Error(), "did not end well: oh") {
		t.Errorf("after it: %v", err)
	}
}

// A run of which nothing is stored any more may have done its work.
func TestStartDoesNotRepeatWhatIsForgotten(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]*operator.Message{"told of its end": {Topic: "pawl.ended"}, "woken": nil} {
		r := &runs{}
		of := caller(r)
		for range 2 {
			if _, err := try(t, of); err != nil {
				t.Fatal(err)
			}
		}
		r.newest = operator.RunStatus{}
		if of.Message = message; message != nil {
			if got, err := try(t, of); err != nil || got.Wait == nil || !got.Wait.Until.Equal(now) {
				t.Errorf("%s: the message: %+v, %v", name, got, err)
			}
			of.Message = nil
		}
		_, err := try(t, of)
		var failure *operator.Error
		if !errors.As(err, &failure) || !failure.Final || !strings.Contains(failure.Message, "is forgotten") || len(r.begun) != 1 {
			t.Errorf("%s: got %v, started %d times", name, err, len(r.begun))
		}
	}
}

func TestStartTakesARunThatIsThere(t *testing.T) {
	t.Parallel()
	r := &runs{newest: operator.RunStatus{Attempt: 7, Name: "another"}}
	of := caller(r)
	for range 2 {
		if _, err := try(t, of); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // whose end may be told by nobody
		if w, err := try(t, of); err != nil || !w.Wait.Until.Equal(now.Add(time.Minute)) {
			t.Errorf("it waits for another's run: %+v, %v", w.Wait, err)
		}
	}
	r.newest.Attempt, r.over = 8, true // which ends before it is followed
	if w, err := try(t, of); err != nil || !w.Wait.Until.Equal(now) {
		t.Errorf("it waits for one that has ended: %+v, %v", w.Wait, err)
	}
	if !slices.Equal(r.followed, []int64{7, 8}) {
		t.Errorf("it follows %v", r.followed)
	}
	r.end(true)
	if got, err := try(t, of); err != nil || got.Wait != nil || len(r.begun) != 0 {
		t.Errorf("got %+v, %v, started %v", got, err, r.begun)
	}
}

func TestStartNeedNotWait(t *testing.T) {
	t.Parallel()
	r := &runs{}
	for range 2 {
		if got, err := try(t, caller(r, "wait", false, "params", params.Of("a", 1))); err != nil || got.Wait != nil {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if len(r.begun) != 1 || r.begun[0].Name != "" || fmt.Sprint(r.begun[0].Params) != `{"a":1}` {
		t.Errorf("started %v", r.begun)
	}
}

func TestStartNeedsAServerAndAWorkflow(t *testing.T) {
	t.Parallel()
	alone := caller(&runs{})
	alone.Services = operator.Services{}
	if _, err := run(t, alone); !errors.Is(err, operator.ErrNotServed) {
		t.Errorf("got %v", err)
	}
	for want, of := range map[string]*operator.Task{
		`there is no workflow "ship" in this project`:  caller(&runs{unknown: true}),
		`there is no workflow "ship" in project depot`: caller(&runs{unknown: true}, "project_name", "depot", "wait", false),
		`there is no workflow "ship" in project 9`:     caller(&runs{unknown: true}, "project_id", 9),
	} {
		if _, err := run(t, of); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMistakesInAStart(t *testing.T) {
	t.Parallel()
	for want, own := range map[string][]any{
		`_command: there is no workflow "ship" in the project`:      {},
		"project_id: Both project_id and project_name can't be set": {"project_id", 1, "project_name", "x"},
		`on_kill: on_kill must be kill or leave, not "lave"`:        {"project_name", "x", "on_kill", "lave"},
		"wait: Expected 'true' or 'false' for key 'wait'":           {"project_name", "x", "wait", "perhaps"},
		"wait: store has no effect with wait: false":                {"project_name", "x", "wait", false, "store", "y"},
		"params: Expected object type for key 'params'":             {"project_name", "x", "params", 3},
		"session_time: invalid time \"soon\"":                       {"project_name", "x", "session_time", "soon"},
		"key: Expected string type for key 'key'":                   {"project_name", "x", "key", params.Of("a", 1)},
	} {
		own := params.Of(append([]any{"_command", "ship"}, own...)...)
		got := found("start", "", own)
		if len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%v: found %q, want %s", own, got, want)
		}
		of := caller(&runs{})
		of.Local, of.Params = own, own
		if _, err := run(t, of); err == nil && !strings.HasPrefix(want, "_command") {
			t.Errorf("%v runs", own)
		}
	}
	if got := found("start", "", params.Of("_command", "${w}", "wait", "${x}", "on_kill", "${y}", "params", "${z}", "session_time", "${t}", "key", "${k}")); len(got) > 0 {
		t.Errorf("expressions are no mistakes: %q", got)
	}
}
