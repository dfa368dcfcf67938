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
	return struct {
		Tasks []restTask `json:"tasks"`
	}{tasksOut(&a, tasks)}, nil
}

func tasksOut(a *store.Attempt, tasks *engine.Attempt) []restTask {
	list := make([]restTask, 0, tasks.Len())
	kin := siblings{at: make(map[model.TaskID]map[*workflow.Node]model.TaskID)}
	for v := range tasks.Tasks() {
		list = append(list, taskOut(a, &v, kin.upstreams(tasks, &v)))
	}
	return list
}

func taskOut(a *store.Attempt, v *engine.View, upstreams []model.TaskID) restTask {
	out := restTask{
		ID: taskNumber(a.ID, v.ID), FullName: v.Name, Config: localConfig(v.Node), IsGroup: v.Node.IsGroup(),
		Upstreams: outs(upstreams, func(id *model.TaskID) number { return taskNumber(a.ID, *id) }),
		State:     taskState(v), CancelRequested: v.Flags&engine.CancelAsked != 0,
		ExportParams: v.Node.Export, UpdatedAt: instant(updated(a, v)),
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

// updated is when the last change of a task was.
func updated(a *store.Attempt, v *engine.View) model.Instant {
	for _, at := range []model.Instant{v.Ended, v.Started, a.Started} {
		if at != 0 {
			return at
		}
	}
	return a.Created
}

// localConfig is the configuration of a task as it was written.
func localConfig(n *workflow.Node) params.Map {
	var kv []any
	if n.Export.Len() > 0 {
		kv = append(kv, "_export", n.Export)
	}
	if !n.IsGroup() {
		command, _ := n.Config.Get("_command")
		kv = append(kv, n.Operator+">", command)
	}
	return params.Of(kv...).Merge(n.Config.Delete("_command").Delete("_type"))
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
