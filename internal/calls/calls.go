// Package calls is what all agree on about a task that starts a run of another
// workflow and waits for its end: what the run is named, what its end tells whom,
// and what the task keeps of it. It is pure, and knows neither who starts runs nor
// who drives them.
package calls

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// ID names a call: the task that calls, and how often it was tried again before.
type ID struct {
	Attempt model.AttemptID
	Task    model.TaskID
	Retries int
}

// mark is what the name of an attempt begins with that was called.
const mark = "^"

// Name is that of the attempt which the call starts, so that it is started once
// however often the task is run.
func (id ID) Name() string { return fmt.Sprintf("%s%d.%d.%d", mark, id.Attempt, id.Task, id.Retries) }

// Of returns the call that has started an attempt of that name; the zero value and
// false are none.
func Of(name string) (id ID, ok bool) {
	text, ok := strings.CutPrefix(name, mark)
	if !ok {
		return id, false
	}
	_, err := fmt.Sscanf(text, "%d.%d.%d", &id.Attempt, &id.Task, &id.Retries)
	if err != nil || id.Name() != name {
		return ID{}, false
	}
	return id, true
}

// Topic is that of the messages which tell that runs have ended.
const Topic = "pawl.ended"

// param names what they are about.
const param = "task"

// Key is what the task listens to: the end of what it has called.
func (id ID) Key() engine.Key {
	return engine.Key{Topic: Topic, Param: param, Value: id.address()}
}

func (id ID) address() string { return engine.Canonical(fmt.Sprintf("%d.%d", id.Attempt, id.Task)) }

// Following returns the attempt of the task that follows a run, given what that keeps of
// it (engine.Detail.Followers); 0 is none.
func Following(who string) (attempt model.AttemptID) {
	var task model.TaskID
	if n, _ := fmt.Sscanf(who, `"%d.%d"`, &attempt, &task); n != 2 {
		return 0
	}
	return attempt
}

// Follow is the command by which the end of an attempt that others have started is
// told to the task, too.
func (id ID) Follow() engine.Command { return engine.Command{Kind: engine.Follow, By: id.address()} }

// Ended returns what the end of an attempt tells the task that has called it, and
// those that follow it; false is that there are none. Nobody gets it who does not wait
// for it by then.
func Ended(name string, row *engine.AttemptRow, followers []string) (engine.Buried, bool) {
	var keys []engine.MessageKey
	if by, ok := Of(name); ok {
		keys = append(keys, engine.MessageKey{Param: param, Value: by.address()})
	}
	for _, who := range followers {
		keys = append(keys, engine.MessageKey{Param: param, Value: who})
	}
	if len(keys) == 0 || !row.State.Done() {
		return engine.Buried{}, false
	}
	return engine.Buried{
		Attempt: row.ID, At: row.Ended,
		Message: engine.Message{
			Topic: Topic, Source: fmt.Sprintf("attempt %d", row.ID), Body: params.Of("attempt", int64(row.ID), "state", row.State.String()),
			Share: &engine.Share{Keys: keys, Whole: true},
		},
	}, true
}

// Called is what a task keeps of the session that it calls, from before it is begun,
// so that it does not outlive the task.
type Called struct {
	Project       model.ProjectID
	Workflow, Key string
	// Leave lets it.
	Leave bool
	// Begun says that a run of the session is known to have been there.
	Begun bool
	// Follows is the attempt of the session that others have started and that the task
	// follows.
	Follows model.AttemptID
}

// Keys of the state of a task.
const (
	calledKey   = "called"
	projectKey  = "project"
	workflowKey = "workflow"
	sessionKey  = "key"
	leaveKey    = "leave"
	begunKey    = "begun"
	followsKey  = "follows"
)

// State returns what the task keeps.
func (c Called) State() params.Map {
	m := params.Of(projectKey, int64(c.Project), workflowKey, c.Workflow, sessionKey, c.Key, leaveKey, c.Leave, begunKey, c.Begun)
	if c.Follows != 0 {
		m = m.Set(followsKey, int64(c.Follows))
	}
	return params.Of(calledKey, m)
}

// CalledIn returns what a task has called, given what it keeps; false is nothing.
func CalledIn(state params.Map) (c Called, ok bool) {
	v, _ := state.Get(calledKey)
	m, ok := v.(params.Map)
	if !ok {
		return c, false
	}
	project, _ := m.Get(projectKey)
	id, _ := params.ToInt(project)
	c.Project = model.ProjectID(id)
	c.Workflow, _ = m.StringOr(workflowKey, "")
	c.Key, _ = m.StringOr(sessionKey, "")
	c.Leave, _ = m.BoolOr(leaveKey, false)
	c.Begun, _ = m.BoolOr(begunKey, false)
	follows, _ := m.IntOr(followsKey, 0)
	c.Follows = model.AttemptID(follows)
	return c, c.Project != 0 && c.Workflow != "" && c.Key != ""
}
