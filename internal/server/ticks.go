package server

import (
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func tickRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/ticks", auth.ScheduleList, listTicks, doc{tag: "schedule", answer: "TickList",
			summary: "What became of schedules and sensors each time they were looked at, the latest first",
			query: []param{
				{"project", "string", "name of the only project", false},
				{"name", "string", "the only workflow, or sensor, of that project", false},
				{"kind", "string", "schedule or sensor", false},
				{"outcome", "string", "started, skipped or failed", false},
				{"since", "string", "instant from which on they were looked at", false},
				{"until", "string", "instant before which they were looked at", false},
				rowsQuery, pageQuery,
			}}},
	}
}

type restTick struct {
	ID       number   `json:"id"`
	At       moment   `json:"at"`
	Kind     string   `json:"kind"`
	Project  *idName  `json:"project"`
	Name     string   `json:"name"`
	Slot     moment   `json:"slot"`
	Until    moment   `json:"until"`
	Slots    int      `json:"slots"`
	Outcome  string   `json:"outcome"`
	Reason   optional `json:"reason"`
	Started  int      `json:"started"`
	Attempts []number `json:"attempts"`
}

func tickOut(t *store.Tick) restTick {
	out := restTick{
		ID: number(t.ID), At: moment(t.At), Kind: t.Kind.String(), Name: t.Name, Slot: moment(t.Slot), Until: moment(t.Until),
		Slots: t.Slots, Outcome: t.Outcome.String(), Reason: optional(t.Reason), Started: t.Started,
		Attempts: outs(t.Attempts, func(id *model.AttemptID) number { return number(*id) }),
	}
	if t.Project != 0 {
		out.Project = &idName{number(t.Project), t.ProjectName}
	}
	return out
}

func listTicks(c *call) (any, error) {
	f := store.TickFilter{Name: c.query("name")}
	if f.Name != "" && c.query("project") == "" {
		return nil, model.Errorf(model.Invalid, "a name is that of a workflow or a sensor of a project: say which")
	}
	var err error
	if f.Kind, err = store.ParseTickKind(c.query("kind")); err != nil {
		return nil, err
	}
	if f.Outcome, err = store.ParseTickOutcome(c.query("outcome")); err != nil {
		return nil, err
	}
	if err := c.span(&f.From, &f.Until); err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	if f.Projects, err = c.queueProjects(c.query("project")); err != nil {
		return nil, err
	}
	if len(f.Projects) == 1 {
		f.Project = f.Projects[0]
	}
	list, next, err := c.store.ListTicks(c.r.Context(), f, page)
	return struct {
		Ticks []restTick `json:"ticks"`
		Next  optional   `json:"next"`
	}{outs(list, tickOut), optional(next)}, err
}
