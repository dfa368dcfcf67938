package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/operators/flow"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// world is the sessions of another workflow: attempts by name.
type world struct {
	attempts map[string]operator.SessionStatus
	asked    []operator.StartRequest
	err      error
}

func (w *world) Start(_ context.Context, r operator.StartRequest) (operator.SessionStatus, error) {
	w.asked = append(w.asked, r)
	if w.err != nil {
		return operator.SessionStatus{}, w.err
	}
	s, ok := w.attempts[r.Name]
	if !ok {
		s = operator.SessionStatus{Session: 3, Attempt: int64(len(w.attempts) + 10)}
		w.attempts[r.Name] = s
		s.Made = true
	}
	return s, nil
}

func (w *world) Status(context.Context, int64) (operator.SessionStatus, error) {
	return operator.SessionStatus{}, errors.New("not asked for")
}

// end lets the attempt of that name be done.
func (w *world) end(name string, success bool) {
	s := w.attempts[name]
	s.Done, s.Success = true, success
	w.attempts[name] = s
}

func newWorld() *world { return &world{attempts: map[string]operator.SessionStatus{}} }

// need returns a task that requires something of w.
func (w *world) need(options params.Map) *operator.Task {
	t := task("require", "_command", "other", "session_time", "2017-01-01T00:00:00+09:00")
	t.Params, t.Local = t.Params.Merge(options), t.Local.Merge(options)
	t.Services.Sessions = w
	return t
}

const failedText = "Dependent workflow failed. Session id: 3, attempt id: 10"

func TestRequireStartsAndWaits(t *testing.T) {
	t.Parallel()
	w := newWorld()
	task := w.need(params.Map{})
	var waits []int
	for range 7 {
		r, err := run(t, task)
		if err != nil || r.Wait == nil {
			t.Fatal(r, err)
		}
		waits = append(waits, int(r.Wait.Until.Sub(now).Seconds()))
		task.State = r.Wait.State
	}
	if diff := cmp.Diff([]int{1, 2, 4, 8, 10, 10, 10}, waits); diff != "" {
		t.Error(diff)
	}
	if got, want := fmt.Sprint(task.State), `{"target_session_id":3,"target_attempt_id":10,"require_kicked":true,"retry":7}`; got != want {
		t.Errorf("state %s, want %s", got, want)
	}
	w.end("", true)
	if r, err := run(t, task); r.Wait != nil || err != nil {
		t.Errorf("at the end: %v, %v", r, err)
	}
	if len(w.attempts) != 1 {
		t.Errorf("%d attempts", len(w.attempts))
	}
}

// settle runs a task until it is over and returns its end.
func settle(t *testing.T, w *world, task *operator.Task, success bool) error {
	t.Helper()
	for range 10 {
		r, err := run(t, task)
		if err != nil || r.Wait == nil {
			return err
		}
		task.State = r.Wait.State
		for name, s := range w.attempts {
			if !s.Done {
				w.end(name, success)
			}
		}
	}
	return errors.New("it never ends")
}

func TestRequireIsWokenByTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	key := operator.Key{Topic: "end", Value: "10"}
	w.attempts[""] = operator.SessionStatus{Session: 3, Attempt: 10, End: &key}
	r, err := run(t, w.need(params.Map{}))
	if err != nil || r.Wait == nil {
		t.Fatal(r, err)
	}
	if diff := cmp.Diff([]operator.Key{key}, r.Wait.Keys); diff != "" {
		t.Error(diff)
	}
	if want := "attempt 10 of other is running"; r.Wait.Reason != want {
		t.Errorf("the reason is %q, want %q", r.Wait.Reason, want)
	}
}

func TestAFailedRequirementNamesTheAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.attempts[""] = operator.SessionStatus{Session: 3, Attempt: 10, Done: true}
	_, err := run(t, w.need(params.Map{}))
	var failure *operator.Error
	if !errors.As(err, &failure) {
		t.Fatal(err)
	}
	if id, err := failure.Props.Int(flow.AttemptKey); id != 10 || err != nil {
		t.Errorf("the attempt is %d, %v, want 10", id, err)
	}
}

func TestRequireOfASessionThatIsDone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options  params.Map
		was, is  bool // success of the attempt found, and of the one started
		attempts int
		want     string
	}{
		"successful":                       {params.Map{}, true, true, 1, ""},
		"failed":                           {params.Map{}, false, true, 1, failedText},
		"failed, ignored":                  {params.Of("ignore_failure", true), false, true, 1, ""},
		"failed, none again":               {params.Of("rerun_on", "none"), false, true, 1, failedText},
		"failed, run again":                {params.Of("rerun_on", "failed"), false, true, 2, ""},
		"failed, run again, failed":        {params.Of("rerun_on", "failed"), false, false, 2, "Dependent workflow failed. Session id: 3, attempt id: 11"},
		"failed twice, ignored":            {params.Of("rerun_on", "failed", "ignore_failure", "true"), false, false, 2, ""},
		"successful, only failed again":    {params.Of("rerun_on", "failed"), true, false, 1, ""},
		"successful, all run again":        {params.Of("rerun_on", "all"), true, true, 2, ""},
		"successful, run again but failed": {params.Of("rerun_on", "all"), true, false, 2, "Dependent workflow failed. Session id: 3, attempt id: 11"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.attempts[""] = operator.SessionStatus{Session: 3, Attempt: 10, Done: true, Success: tt.was}
			err := settle(t, w, w.need(tt.options), tt.is)
			if got := fmt.Sprint(err); tt.want == "" && err != nil || tt.want != "" && got != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(w.attempts) != tt.attempts {
				t.Errorf("%d attempts, want %d", len(w.attempts), tt.attempts)
			}
		})
	}
}

// A failed requirement keeps nothing, so that a retry of the task starts the
// workflow anew where rerun_on asks for that.
func TestRetryOfARequirementLooksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	task := w.need(params.Of("rerun_on", "failed"))
	err := settle(t, w, task, false)
	var failure *operator.Error
	if !errors.As(err, &failure) || failure.State.Len() != 0 {
		t.Fatalf("got %v with state %v", err, failure.State)
	}
	task.State = failure.State
	if err := settle(t, w, task, true); err != nil || len(w.attempts) != 2 {
		t.Errorf("the retry: %v, %d attempts", err, len(w.attempts))
	}
}

func TestRequireAsksForWhatItSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2016, 12, 31, 15, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		task func(*operator.Task)
		want operator.StartRequest
	}{
		"a workflow of its own project": {func(*operator.Task) {}, operator.StartRequest{Workflow: "other", Time: at}},
		"one with parameters": {
			func(t *operator.Task) { t.Params = t.Params.Set("params", params.Of("a", 1)) },
			operator.StartRequest{Workflow: "other", Time: at, Params: params.Of("a", 1)},
		},
		"an attempt by name": {
			func(t *operator.Task) { t.Local = t.Local.Set("retry_attempt_name", "again") },
			operator.StartRequest{Workflow: "other", Time: at, Name: "again"},
		},
		"one of a project by id": {
			func(t *operator.Task) { t.Local = t.Local.Set("project_id", "8") },
			operator.StartRequest{Workflow: "other", Time: at, ProjectID: 8},
		},
		"one of a project by name": {
			func(t *operator.Task) { t.Local = t.Local.Set("project_name", "p") },
			operator.StartRequest{Workflow: "other", Time: at, Project: "p"},
		},
		"nothing that only its surroundings say": {
			func(t *operator.Task) {
				t.Params = t.Params.Merge(params.Of("project_id", 1, "project_name", "x", "retry_attempt_name", "y"))
			},
			operator.StartRequest{Workflow: "other", Time: at},
		},
		"the time that a moment gives": {
			func(t *operator.Task) { t.Params = t.Params.Set("session_time", `"2016-12-31T15:00:00.000Z"`) },
			operator.StartRequest{Workflow: "other", Time: at},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			task := w.need(params.Map{})
			tt.task(task)
			if _, err := run(t, task); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, w.asked[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequireRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for want, options := range map[string]params.Map{
		"Both project_id and project_name can't be set":             params.Of("project_id", 1, "project_name", "x"),
		`rerun_on must be none, failed or all, not "fail"`:          params.Of("rerun_on", "fail"),
		`invalid time "today"`:                                      params.Of("session_time", "today"),
		"'session_time' is required but null":                       params.Of("session_time", nil),
		"'_command' is required but null":                           params.Of("_command", nil),
		"Expected object type for key 'params'":                     params.Of("params", "x"),
		"Expected 'true' or 'false' for key 'ignore_failure'":       params.Of("ignore_failure", "x"),
		"Expected integer (long) type for key 'project_id' but got": params.Of("project_id", "x"),
	} {
		wantInvalid(t, w.need(options), want)
	}
	if len(w.asked) != 0 {
		t.Errorf("asked for %v", w.asked)
	}
	for want, options := range map[string]params.Map{
		"Dependent workflow does not exist. workflowName:other":                 {},
		"Dependent workflow does not exist. project_id:4, workflowName:other":   params.Of("project_id", 4),
		"Dependent workflow does not exist. project_name:p, workflowName:other": params.Of("project_name", "p"),
	} {
		unknown := &world{err: fmt.Errorf("x: %w", operator.ErrNoWorkflow)}
		wantInvalid(t, unknown.need(options), want)
	}
	down := &world{err: errors.New("store is down")}
	wantInvalid(t, down.need(params.Map{}), "store is down")
	alone := down.need(params.Map{})
	alone.Services.Sessions = nil
	wantInvalid(t, alone, "require> is not available")
}
