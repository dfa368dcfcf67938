package server

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

var tagQuery = param{"tag", "array", "NAME=VALUE: a tag that they have", false}

func queueRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/queue", auth.AttemptList, getQueue, doc{tag: "queue", answer: "Queue",
			summary: "Attempts that wait in the run queue, in order, with what each waits for",
			query:   []param{{"project", "string", "name of the only project", false}, {"workflow", "string", "the only workflow of that project", false}, tagQuery, rowsQuery}}},
		{get, "/api/pawl/v1/queue/limits", auth.QueueGet, getLimits, doc{tag: "queue", answer: "QueueLimits",
			summary: "The limits of the run queue, and how much of each is in use"}},
		{post, "/api/pawl/v1/queue/cancel", auth.AttemptKill, cancelQueued, doc{tag: "queue", body: "QueueCancel", answer: "Cancelled",
			summary: "End attempts that wait in the run queue, at once and together. None of them has begun or will"}},
		{post, "/api/pawl/v1/attempts/{id}/tags", auth.AttemptTag, tagAttempt, doc{tag: "attempt", body: "TagChange", answer: "Attempt",
			summary: "Give an attempt tags, in place of those of the same names, or take some away"}},
	}
}

type restQueued struct {
	AttemptID number     `json:"attemptId"`
	Project   idName     `json:"project"`
	Workflow  string     `json:"workflow"`
	Position  int        `json:"position"`
	Since     moment     `json:"since"`
	Priority  int        `json:"priority"`
	Weight    int        `json:"weight"`
	Tags      model.Tags `json:"tags"`
	WaitsFor  string     `json:"waitsFor"`
}

func (c *call) queuedOut(q *service.Queued) (restQueued, error) {
	project, err := c.names.of(c.r.Context(), c.store, q.Project)
	tags := make(model.Tags, len(q.Tags))
	for _, t := range q.Tags {
		if t.Name != model.ProjectTag && t.Name != model.WorkflowTag {
			tags[t.Name] = t.Value
		}
	}
	return restQueued{
		AttemptID: number(q.ID), Project: idName{number(q.Project), project}, Workflow: q.Workflow, Position: q.Position,
		Since: moment(q.Since), Priority: q.Priority, Weight: max(q.Weight, 1), Tags: tags, WaitsFor: q.Why,
	}, err
}

func getQueue(c *call) (any, error) {
	f := store.QueueFilter{Workflow: c.query("workflow")}
	err := ofProject(c.query("project"), f.Workflow)
	if err != nil {
		return nil, err
	}
	if f.Tags, err = tagsIn(c.values["tag"]); err != nil {
		return nil, err
	}
	if f.Projects, err = c.queueProjects(c.query("project")); err != nil {
		return nil, err
	}
	n, err := c.count()
	if err != nil {
		return nil, err
	}
	q, err := c.service.Queue(c.r.Context(), f, n)
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(q.Shown, c.queuedOut)
	return struct {
		Waiting []restQueued `json:"waiting"`
		Total   int          `json:"total"`
		Running int          `json:"running"`
	}{made, q.Total, q.Running}, err
}

// ofProject refuses a workflow without the project that it is of.
func ofProject(project, workflow string) error {
	if workflow != "" && project == "" {
		return model.Errorf(model.Invalid, "a workflow is one of a project").WithHint("name the project, too")
	}
	return nil
}

// tagsIn reads tags that are looked for.
func tagsIn(texts []string) (model.Tags, error) {
	t := make(model.Tags, len(texts))
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, model.Errorf(model.Invalid, "a tag is looked for by NAME=VALUE, not %q", text)
		}
		t[name] = value
	}
	return t, nil
}

// queueProjects returns the projects that a request is about, of those in which the
// principal may take the route's action; nil is all.
func (c *call) queueProjects(name string) ([]model.ProjectID, error) {
	names := c.visible().Projects
	switch {
	case name != "":
		if err := c.allow(name, ""); err != nil {
			return nil, err
		}
		names = []string{name}
	case c.visible().All:
		return nil, nil
	}
	ids := make([]model.ProjectID, 0, len(names))
	for _, of := range names {
		p, err := c.store.ProjectNamed(c.r.Context(), of)
		switch {
		case err == nil:
			ids = append(ids, p.ID)
		case name != "" || !missing(err):
			return nil, err
		}
	}
	return ids, nil
}

type restLimit struct {
	Name     string   `json:"name"`
	Tag      optional `json:"tag"`
	Value    *string  `json:"value"`
	PerValue bool     `json:"perValue"`
	Used     int      `json:"used"`
	Limit    int      `json:"limit"`
	Rate     optional `json:"rate"`
	NextAt   moment   `json:"nextAt"`
}

func limitOut(u *admission.Use) restLimit {
	l := u.Limit
	out := restLimit{Name: l.Name, Tag: optional(l.Tag), Value: l.Value, PerValue: l.PerValue, Used: u.Used, Limit: l.Max, NextAt: moment(max(u.From, 0))}
	if l.PerValue {
		out.Value = &u.Value
	}
	if l.Rate > 0 {
		out.Rate = optional(fmt.Sprintf("%d/%s", l.Rate, schedule.FormatDuration(l.Per)))
	}
	return out
}

func getLimits(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	q, err := c.service.Queue(c.r.Context(), store.QueueFilter{}, 0)
	return struct {
		Limits  []restLimit `json:"limits"`
		Total   int         `json:"total"`
		Running int         `json:"running"`
	}{outs(q.Uses, limitOut), q.Total, q.Running}, err
}

func cancelQueued(c *call) (any, error) {
	var in struct {
		Project  string     `json:"project"`
		Workflow string     `json:"workflow"`
		Tags     model.Tags `json:"tags"`
		All      bool       `json:"all"`
	}
	fault := c.body(&in, false)
	if err := c.allow(in.Project, cmp.Or(in.Tags.String(), "all")+" in the queue"); err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fault
	}
	if err := ofProject(in.Project, in.Workflow); err != nil {
		return nil, err
	}
	if in.Project == "" && len(in.Tags) == 0 && !in.All {
		return nil, model.Errorf(model.Invalid, "say which attempts are to end: those of a project, those with tags, or all")
	}
	f := store.QueueFilter{Workflow: in.Workflow, Tags: in.Tags}
	if in.Project != "" {
		p, err := c.store.ProjectNamed(c.r.Context(), in.Project)
		if err != nil {
			return nil, err
		}
		f.Projects = []model.ProjectID{p.ID}
	}
	ids, err := c.service.CancelQueued(c.r.Context(), f)
	return struct {
		Cancelled []number `json:"cancelled"`
	}{outs(ids, func(id *model.AttemptID) number { return number(*id) })}, err
}

func tagAttempt(c *call) (any, error) {
	var in struct {
		Set   model.Tags `json:"set"`
		Unset []string   `json:"unset"`
	}
	return c.retagged(c.ordered(&in, func(o service.Order) (store.Attempt, error) {
		if _, err := c.service.Tag(c.r.Context(), o.Attempt, in.Set, in.Unset); err != nil {
			return store.Attempt{}, err
		}
		for _, name := range append(in.Set.Names(), in.Unset...) {
			c.target += ", tag " + name
		}
		return c.service.Attempt(c.r.Context(), o.Attempt)
	}))
}

// retagged adds the tags to the answer about an attempt.
func (c *call) retagged(out any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	list := []restAttempt{out.(restAttempt)}
	err = c.withTags(list)
	return list[0], err
}

// withTags adds the tags of attempts to what is answered of them.
func (c *call) withTags(list []restAttempt) error {
	ids := make([]model.AttemptID, len(list))
	for i := range list {
		ids[i] = model.AttemptID(list[i].ID)
	}
	tags, err := c.store.TagsOf(c.r.Context(), ids)
	if err != nil {
		return err
	}
	for i := range list {
		of := tags[ids[i]]
		parent, root := of.Line()
		list[i].Tags, list[i].ParentID, list[i].RootID = of.Shown(), optionalNumber(parent), optionalNumber(root)
	}
	return nil
}
