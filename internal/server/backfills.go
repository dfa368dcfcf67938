package server

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func backfillRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/backfills", auth.AttemptList, listBackfills, doc{tag: "attempt", answer: "BackfillPage",
			summary: "Backfills in order of their names. A page may have fewer entries than asked for, even none, as long as there is a next one, and more where several workflows have one of a name",
			query: []param{
				{"project", "string", "name of the only project", false}, {"workflow", "string", "the only workflow of that project", false},
				{"name", "string", "the only name", false}, rowsQuery, pageQuery,
			}}},
		{get, "/api/pawl/v1/backfills/{id}", auth.AttemptGet, getBackfill, doc{tag: "attempt", answer: "BackfillProgress",
			summary: "The backfill that an attempt is of, of which the id is that of any"}},
		{post, "/api/pawl/v1/backfills/{id}/cancel", auth.AttemptKill, cancelBackfill, doc{tag: "attempt", answer: "Cancelled",
			summary: "End the attempts of a backfill that have not ended. Those that run are asked to; those that wait never begin"}},
	}
}

// restBackfillProgress counts sessions by the newest attempts of a backfill.
type restBackfillProgress struct {
	ID        number `json:"id"`
	Name      string `json:"name"`
	Project   idName `json:"project"`
	Workflow  string `json:"workflow"`
	From      moment `json:"from"`
	Until     moment `json:"until"`
	CreatedAt moment `json:"createdAt"`
	Sessions  int    `json:"sessions"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
	Cancelled int    `json:"cancelled"`
	Running   int    `json:"running"`
	Waiting   int    `json:"waiting"`
	Done      bool   `json:"done"`
}

func (c *call) backfillOut(b *store.Backfill) (restBackfillProgress, error) {
	project, err := c.names.of(c.r.Context(), c.store, b.Project)
	return restBackfillProgress{
		ID: number(b.First), Name: b.Name, Project: idName{number(b.Project), project}, Workflow: b.Workflow,
		From: moment(b.From), Until: moment(b.Until), CreatedAt: moment(b.Created), Sessions: b.Sessions(),
		Succeeded: b.Succeeded, Failed: b.Failed, Cancelled: b.Killed, Running: b.Running, Waiting: b.Waiting, Done: b.Done(),
	}, err
}

func listBackfills(c *call) (any, error) {
	f := store.BackfillFilter{Workflow: c.query("workflow"), Name: c.query("name")}
	err := ofProject(c.query("project"), f.Workflow)
	if err != nil {
		return nil, err
	}
	if f.Projects, err = c.queueProjects(c.query("project")); err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	list, next, err := c.store.ListBackfills(c.r.Context(), f, page)
	if err != nil {
		return nil, err
	}
	made, err := tryOuts(list, c.backfillOut)
	return struct {
		Backfills []restBackfillProgress `json:"backfills"`
		Next      optional               `json:"next"`
	}{made, optional(next)}, err
}

// pathBackfill reads the backfill of the attempt in the path, whose action must be
// allowed.
func (c *call) pathBackfill() (b store.Backfill, err error) {
	a, err := c.pathAttempt()
	if err != nil {
		return b, err
	}
	if b, err = c.service.BackfillOf(c.r.Context(), &a); err == nil {
		c.target = fmt.Sprintf("backfill %s of workflow %s", b.Name, b.Workflow)
	}
	return b, err
}

func getBackfill(c *call) (any, error) {
	b, err := c.pathBackfill()
	if err != nil {
		return nil, err
	}
	return c.backfillOut(&b)
}

func cancelBackfill(c *call) (any, error) {
	b, err := c.pathBackfill()
	if err != nil {
		return nil, err
	}
	ids, err := c.service.CancelBackfill(c.r.Context(), &b, c.who.Name)
	return struct {
		Cancelled []number `json:"cancelled"`
	}{outs(ids, func(id *model.AttemptID) number { return number(*id) })}, err
}
