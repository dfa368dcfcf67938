// Package calling is how a task carries out that it starts a run of another workflow
// and waits for its end. What is started, and what becomes of the result, is for the
// operators that use it.
//
// A call takes three tries of its task: the first notes what is called and listens
// to its end, the second starts it, and the last one comes with its end. So a run
// is started once, and its end missed by nobody, wherever a process dies between
// two of them.
package calling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Call is what a task calls.
type Call struct {
	// Request names the session. Its Key is set; Name and Params are not.
	Request operator.StartRequest
	// Params gives those of the run. It is called in the try that starts it.
	Params func() (operator.Map, error)
	// Done gets what came of the run when it has ended well, or however it has with
	// IgnoreFailure.
	Done          func(operator.Outcome) error
	IgnoreFailure bool
	// Leave has the run go on when the task ends before it.
	Leave bool
}

// ErrNowhere is the error of a call where nothing can be called.
var ErrNowhere error = model.Errorf(model.Invalid, "there is nothing here that runs other workflows")

// Do carries a call on by one try: it returns the wait that the task is to return,
// or nil once the call is over. A run that did not end well is an error. One that
// ended well is not begun again by later calls of the same session, and one that goes
// on is waited for. One that was begun and then forgotten is an error that no retry
// policy tries again.
func (c *Call) Do(ctx context.Context, t *operator.Task) (*operator.Wait, error) {
	runs := t.Services.Runs
	if runs == nil {
		return nil, ErrNowhere
	}
	s, err := runs.Find(ctx, c.Request)
	if err != nil {
		return nil, Missing(c.Request, err)
	}
	id := calls.ID{Attempt: t.ID.Attempt, Task: t.ID.Task, Retries: t.Retries}
	called, noted := c.noted(t, model.ProjectID(s.Project))
	switch {
	case !noted:
		return c.wait(id, called, t.Now(), "is to be started"), nil
	case s.Attempt == 0 && called.Begun:
		return c.end(t, id, called, c.gone())
	case s.Attempt == 0 || s.Done && !s.Success && s.Name != id.Name():
		if s, err = c.start(ctx, runs, id); err != nil {
			return nil, Missing(c.Request, err)
		}
	}
	called.Begun = true
	switch by, _ := calls.Of(s.Name); {
	case s.Done:
		return c.end(t, id, called, c.finish(ctx, runs, s))
	case by.Attempt == id.Attempt && by.Task == id.Task:
		return c.wait(id, called, time.Time{}, "runs"), nil
	}
	return c.follow(ctx, runs, t, id, called, model.AttemptID(s.Attempt))
}

// follow waits for the end of a run that others have started, which it is told of as
// it listens already.
func (c *Call) follow(ctx context.Context, runs operator.Runs, t *operator.Task, id calls.ID, called calls.Called, run model.AttemptID) (*operator.Wait, error) {
	again := t.Now().Add(lookAgain)
	if called.Follows != run {
		goesOn, err := runs.Follow(ctx, int64(run), t.ID)
		if err != nil {
			return nil, err
		}
		if called.Follows = run; !goesOn {
			again = t.Now()
		}
	}
	return c.wait(id, called, again, "runs, as another has started it"), nil
}

// noted returns what the task is to keep of the call, and whether it does already.
// A message is that of the end of what it has begun.
func (c *Call) noted(t *operator.Task, project model.ProjectID) (calls.Called, bool) {
	called := calls.Called{Project: project, Workflow: c.Request.Workflow, Key: c.Request.Key, Leave: c.Leave}
	kept, _ := calls.CalledIn(t.State)
	begun, follows := kept.Begun || t.Message != nil, kept.Follows
	if kept.Begun, kept.Follows = false, 0; kept != called {
		return called, false
	}
	called.Begun, called.Follows = begun, follows
	return called, true
}

// end ends the call; with an error not in a try that has a message, which would be
// buried with the failure.
func (c *Call) end(t *operator.Task, id calls.ID, called calls.Called, err error) (*operator.Wait, error) {
	if err != nil && t.Message != nil {
		return c.wait(id, called, t.Now(), "has ended"), nil
	}
	return nil, err
}

// gone is the error of a run that was begun and of which nothing is stored any more.
func (c *Call) gone() error {
	return &operator.Error{Message: describe(c.Request) + " was begun, and is forgotten: nobody knows what came of it", Final: true}
}

// finish hands on what came of a run.
func (c *Call) finish(ctx context.Context, runs operator.Runs, s operator.RunStatus) error {
	out, err := runs.Outcome(ctx, s.Attempt)
	if err != nil {
		return err
	}
	if s.Success || c.IgnoreFailure {
		return c.Done(out)
	}
	message := describe(c.Request) + " did not end well"
	if out.Reason != "" {
		message += ": " + out.Reason
	}
	return &operator.Error{Message: message, Props: params.Of(AttemptKey, s.Attempt)}
}

// lookAgain is how soon it is noticed that a run has ended that others have started and
// that was ended before it began, of which nobody tells.
const lookAgain = time.Minute

func (c *Call) start(ctx context.Context, runs operator.Runs, id calls.ID) (operator.RunStatus, error) {
	r := c.Request
	given, err := c.Params()
	if err != nil {
		return operator.RunStatus{}, err
	}
	r.Name, r.Params = id.Name(), given
	return runs.Start(ctx, r)
}

func (c *Call) wait(id calls.ID, called calls.Called, until time.Time, how string) *operator.Wait {
	key := id.Key()
	return &operator.Wait{
		Until: until, Keys: []operator.Key{{Topic: key.Topic, Param: key.Param, Value: key.Value}}, State: called.State(),
		Reason: fmt.Sprintf("%s %s", describe(c.Request), how),
	}
}

// describe names what is called, for people.
func describe(r operator.StartRequest) string {
	of := r.Workflow
	if r.Project != "" {
		of = r.Project + "/" + of
	} else if r.ProjectID != 0 {
		of = fmt.Sprintf("%s of project %d", of, r.ProjectID)
	}
	return fmt.Sprintf("run %q of %s", r.Key, of)
}

// Missing says of an error that there is no such workflow, if that is what it is.
func Missing(r operator.StartRequest, err error) error {
	if !errors.Is(err, operator.ErrNoWorkflow) {
		return err
	}
	of := "in this project"
	if r.Project != "" {
		of = "in project " + r.Project
	} else if r.ProjectID != 0 {
		of = fmt.Sprintf("in project %d", r.ProjectID)
	}
	return &operator.Error{Message: fmt.Sprintf("there is no workflow %q %s", r.Workflow, of)}
}

// AttemptKey is the key of a failure that names the attempt that is to blame.
const AttemptKey = "attempt_id"
