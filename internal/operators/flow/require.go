package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/calling"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/operator"
)

var requireKeys = []string{
	"session_time", "project_id", "project_name", "retry_attempt_name", "ignore_failure", "rerun_on", "params",
}

// Keys of a requirement's state.
const (
	kickedKey  = "require_kicked"
	sessionKey = "target_session_id"
	attemptKey = "target_attempt_id"
	rerunKey   = "rerun_on_retry_attempt_name"
	pollsKey   = "retry"
)

// requirement is what a require task asks for.
type requirement struct {
	start         operator.StartRequest
	ignoreFailure bool
	rerunOn       string
}

// require starts another workflow for a session time, unless that has an
// attempt, and waits until the attempt is done.
func require(ctx context.Context, t *operator.Task) (operator.Result, error) {
	if t.Services.Sessions == nil {
		return operator.Result{}, errors.New("require> is not available where this task runs")
	}
	r, err := readRequirement(t)
	if err != nil {
		return operator.Result{}, err
	}
	rerun, err := t.State.StringOr(rerunKey, "")
	if err != nil {
		return operator.Result{}, err
	}
	if rerun != "" {
		r.start.Name = rerun
	}
	status, err := t.Services.Sessions.Start(ctx, r.start)
	if errors.Is(err, operator.ErrNoWorkflow) {
		return operator.Result{}, &operator.Error{Message: "Dependent workflow does not exist. " + describe(r.start)}
	}
	if err != nil {
		return operator.Result{}, err
	}
	return r.answer(t, status)
}

// answer decides what follows from how the attempt stands.
func (r *requirement) answer(t *operator.Task, s operator.SessionStatus) (operator.Result, error) {
	kicked, err := t.State.BoolOr(kickedKey, false)
	if err != nil {
		return operator.Result{}, err
	}
	state := t.State.Set(sessionKey, s.Session).Set(attemptKey, s.Attempt)
	switch {
	case s.Made:
		return r.poll(t, s, state.Set(kickedKey, true))
	case !s.Done:
		return r.poll(t, s, state)
	case !kicked && (r.rerunOn == "all" || r.rerunOn == "failed" && !s.Success):
		// The name is kept before it is used: a crash in between starts no
		// second attempt.
		return operator.Result{Wait: &operator.Wait{
			Until: t.Now(), State: t.State.Set(rerunKey, uuid.NewString()).Set(kickedKey, true),
		}}, nil
	case s.Success || r.ignoreFailure:
		return operator.Result{}, nil
	}
	// Without its state, another try looks at the session afresh.
	return operator.Result{}, &operator.Error{
		Message: fmt.Sprintf("Dependent workflow failed. Session id: %d, attempt id: %d", s.Session, s.Attempt),
		Props:   params.Of(AttemptKey, s.Attempt),
	}
}

// AttemptKey is the key of a failure that names the attempt that is to blame.
const AttemptKey = calling.AttemptKey

// maxPoll is the longest wait between two looks at the attempt.
const maxPoll = 10 * time.Second

// poll looks again later, less and less often, or at once when it is told that
// the attempt is done.
func (r *requirement) poll(t *operator.Task, s operator.SessionStatus, state params.Map) (operator.Result, error) {
	n, err := state.IntOr(pollsKey, 0)
	if err != nil {
		return operator.Result{}, err
	}
	delay := maxPoll
	if 0 <= n && n < 4 {
		delay = time.Second << n
	}
	wait := &operator.Wait{
		Until:  t.Now().Add(delay),
		State:  state.Set(pollsKey, n+1),
		Reason: fmt.Sprintf("attempt %d of %s is running", s.Attempt, r.start.Workflow),
	}
	if s.End != nil {
		wait.Keys = []operator.Key{*s.End}
	}
	return operator.Result{Wait: wait}, nil
}

func readRequirement(t *operator.Task) (*requirement, error) {
	r := &requirement{}
	var err error
	if r.start.Workflow, err = t.Params.String("_command"); err != nil {
		return nil, err
	}
	if r.start.Time, err = sessionTime(t.Params); err != nil {
		return nil, err
	}
	if err := readProject(t.Local, &r.start); err != nil {
		return nil, err
	}
	if r.start.Name, err = t.Local.StringOr("retry_attempt_name", ""); err != nil {
		return nil, err
	}
	if r.start.Params, err = t.Params.MapOr("params", params.Map{}); err != nil {
		return nil, err
	}
	if r.ignoreFailure, err = t.Params.BoolOr("ignore_failure", false); err != nil {
		return nil, err
	}
	r.rerunOn, err = rerunOn(t.Params)
	return r, err
}

// readProject reads whose workflow it is; only the task itself can say.
func readProject(local params.Map, r *operator.StartRequest) error {
	var err error
	if r.ProjectID, err = local.IntOr("project_id", 0); err != nil {
		return err
	}
	if r.Project, err = local.StringOr("project_name", ""); err != nil {
		return err
	}
	if r.ProjectID != 0 && r.Project != "" {
		return model.Errorf(model.Invalid, "Both project_id and project_name can't be set")
	}
	return nil
}

func rerunOn(p params.Map) (string, error) {
	known := []string{"none", "failed", "all"}
	v, err := p.StringOr("rerun_on", "none")
	if err == nil && !slices.Contains(known, v) {
		err = model.Errorf(model.Invalid, "rerun_on must be none, failed or all, not %q", v).
			WithHint("%s", document.DidYouMean(v, known))
	}
	return v, err
}

// sessionTime reads the session time. An expression that gives a moment comes
// with double quotes around it.
func sessionTime(p params.Map) (time.Time, error) {
	text, err := p.String("session_time")
	if err != nil {
		return time.Time{}, err
	}
	return schedule.ParseTime(strings.Trim(text, `"`), nil)
}

// describe says which workflow a request is about.
func describe(r operator.StartRequest) string {
	switch {
	case r.Project != "":
		return fmt.Sprintf("project_name:%s, workflowName:%s", r.Project, r.Workflow)
	case r.ProjectID != 0:
		return fmt.Sprintf("project_id:%d, workflowName:%s", r.ProjectID, r.Workflow)
	}
	return "workflowName:" + r.Workflow
}
