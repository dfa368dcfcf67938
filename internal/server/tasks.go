package server

import (
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

type restTask struct {
	ID              number         `json:"id"`
	FullName        string         `json:"fullName"`
	ParentID        optionalNumber `json:"parentId"`
	Config          params.Map     `json:"config"`
	Upstreams       []number       `json:"upstreams"`
	IsGroup         bool           `json:"isGroup"`
	State           string         `json:"state"`
	CancelRequested bool           `json:"cancelRequested"`
	ExportParams    params.Map     `json:"exportParams"`
	StoreParams     params.Map     `json:"storeParams"`
	StateParams     params.Map     `json:"stateParams"`
	UpdatedAt       instant        `json:"updatedAt"`
	RetryAt         instant        `json:"retryAt"`
	StartedAt       instant        `json:"startedAt"`
	Error           params.Map     `json:"error"`
	Deadline        moment         `json:"deadline,omitzero"`
	Waiting         *restWaiting   `json:"waiting,omitempty"`
	Outcome         string         `json:"outcome,omitempty"`
}

// restWaiting is what a task waits for, of which the first counts.
type restWaiting struct {
	Keys  []restAwaited `json:"keys"`
	Since moment        `json:"since"`
	Until moment        `json:"until"`
	Retry bool          `json:"retry"`
	Held  bool          `json:"held"`
}

type restAwaited struct {
	Topic string   `json:"topic"`
	Param string   `json:"param"`
	Value keyValue `json:"value"`
}

func waitingOut(w *engine.Waiting) *restWaiting {
	if w == nil {
		return nil
	}
	return &restWaiting{
		Keys:  outs(w.Keys, func(k *engine.Key) restAwaited { return restAwaited{k.Topic, k.Param, keyValue(k.Value)} }),
		Since: moment(w.Since), Until: moment(w.Until), Retry: w.Retry, Held: w.Held,
	}
}

func listTasks(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	tasks, err := c.service.Tasks(c.r.Context(), a.ID)
	if err != nil {
		return nil, err
	}
	w, err := c.store.Workflow(c.r.Context(), a.Workflow)
	if err != nil && !missing(err) {
		return nil, err
	}
	list := tasksOut(&a, tasks, w.Config)
	if err := c.dateBack(list, a, tasks); err != nil {
		return nil, err
	}
	return struct {
		Tasks []restTask `json:"tasks"`
	}{list}, nil
}

// tasksOut returns the tasks of an attempt of a workflow, whose configuration
// is empty where it is not stored any more.
func tasksOut(a *store.Attempt, tasks *engine.Attempt, config params.Map) []restTask {
	list := []restTask{}
	kin := siblings{at: make(map[model.TaskID]map[*workflow.Node]model.TaskID)}
	texts := written{root: config, of: make(map[model.TaskID]params.Map)}
	for v := range tasks.Tasks() {
		out := taskOut(a, &v, kin.upstreams(tasks, &v))
		out.Config = texts.local(tasks, &v)
		list = append(list, out)
	}
	return list
}

func taskOut(a *store.Attempt, v *engine.View, upstreams []model.TaskID) restTask {
	out := restTask{
		ID: taskNumber(a.ID, v.ID), FullName: v.Name, IsGroup: v.Node.IsGroup(),
		Upstreams: outs(upstreams, func(id *model.TaskID) number { return taskNumber(a.ID, *id) }),
		State:     taskState(v), Outcome: outcome(v), CancelRequested: v.Flags&engine.CancelAsked != 0,
		ExportParams: v.Node.Export, UpdatedAt: instant(updated(a, v)),
	}
	if !v.State.Final() {
		out.Deadline, out.Waiting = moment(v.Deadline), waitingOut(v.Waiting())
	}
	if v.Parent != model.NoTask {
		out.ParentID = optionalNumber(taskNumber(a.ID, v.Parent))
	}
	if v.State == model.Waiting {
		out.RetryAt = instant(v.Wake)
	}
	if !v.Node.IsGroup() && v.Flags&engine.Replayed == 0 {
		out.StartedAt = instant(v.Started)
	}
	if d := v.Detail; d != nil {
		out.ExportParams = v.Node.Export.Merge(d.Export)
		out.StoreParams, out.StateParams, out.Error = d.Store, d.State, d.Error
	}
	return out
}

// dateBack makes tasks whose results an attempt has taken over be as old as
// they are where they ran.
func (c *call) dateBack(list []restTask, a store.Attempt, tasks *engine.Attempt) error {
	taken := make(map[string]*restTask)
	at := 0
	for v := range tasks.Tasks() {
		if v.Flags&engine.Replayed != 0 {
			taken[v.Name] = &list[at]
		}
		at++
	}
	for len(taken) > 0 && a.Resume.Attempt != 0 {
		var err error
		if a, err = c.store.Attempt(c.r.Context(), a.Resume.Attempt); err == nil {
			tasks, err = c.service.Tasks(c.r.Context(), a.ID)
		}
		switch {
		case missing(err):
			return nil // it is not kept any more
		case err != nil:
			return err
		}
		for name, at := range ran(&a, tasks) {
			if t := taken[name]; t != nil {
				t.UpdatedAt = instant(at)
				delete(taken, name)
			}
		}
	}
	return nil
}

// ran returns when the tasks that succeeded in an attempt itself were last
// changed.
func ran(a *store.Attempt, tasks *engine.Attempt) map[string]model.Instant {
	times := make(map[string]model.Instant)
	for v := range tasks.Tasks() {
		if v.State == model.Success && v.Flags&engine.Replayed == 0 {
			times[v.Name] = updated(a, &v) // the newest of a name comes last
		}
	}
	return times
}

// updated is when the last change of a task was.
func updated(a *store.Attempt, v *engine.View) model.Instant {
	for _, at := range []model.Instant{v.Ended, v.Started, a.Started} {
		if at != 0 {
			return at
		}
	}
	return a.Created
}

// taskState is a task's state in the words of Digdag, which has no word for a
// task that is never reached, nor for one that was passed over.
func taskState(v *engine.View) string {
	switch v.State {
	case model.Blocked, model.NotReached:
		return "blocked"
	case model.Running:
		return "running"
	case model.Waiting:
		if v.Node.IsGroup() {
			return "group_retry_waiting"
		}
		return "retry_waiting"
	case model.Open:
		return "planned"
	case model.Failed:
		if v.Detail == nil || v.Detail.Error.Len() == 0 {
			return "group_error" // the fault is below it
		}
		return "error"
	case model.Cancelled:
		return "canceled"
	}
	return "success"
}

// outcome tells what Digdag's words for states do not tell apart; empty is nothing.
func outcome(v *engine.View) string {
	switch {
	case v.State == model.Success && v.Flags&engine.Replayed != 0:
		return "taken_over"
	case v.State == model.Skipped, v.State == model.NotReached, v.State == model.Stopped:
		return v.State.String()
	}
	return ""
}

// siblings finds the tasks that others come after. Tasks are to be looked up
// in order of id.
type siblings struct {
	// at has, by parent and node, the newest task.
	at map[model.TaskID]map[*workflow.Node]model.TaskID
}

func (s *siblings) upstreams(tasks *engine.Attempt, v *engine.View) []model.TaskID {
	if v.Parent == model.NoTask {
		return nil
	}
	kin := s.at[v.Parent]
	if kin == nil {
		kin = make(map[*workflow.Node]model.TaskID)
		s.at[v.Parent] = kin
	}
	kin[v.Node] = v.ID
	if len(v.Node.After) == 0 {
		return nil
	}
	var list []model.TaskID
	all := tasks.Task(v.Parent).Node.Children
	for _, e := range v.Node.After {
		if e.From >= len(all) {
			continue
		}
		if id, ok := kin[all[e.From]]; ok {
			list = append(list, id)
		}
	}
	return list
}
