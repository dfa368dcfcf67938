package server

import (
	"cmp"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/shape"
	"github.com/pawlhq/pawl/internal/store"
)

type workflowList struct {
	Workflows []restWorkflow `json:"workflows"`
}

// pathWorkflow reads the workflow in the path, whose action must be allowed.
func (c *call) pathWorkflow() (store.Workflow, error) {
	id, err := pathID[model.WorkflowID](c, "id")
	if err != nil {
		return store.Workflow{}, err
	}
	w, err := c.store.Workflow(c.r.Context(), id)
	if err != nil {
		return w, err
	}
	return w, c.allow(w.ProjectName, "workflow "+w.Name)
}

func getWorkflow(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	return workflowOut(&w), nil
}

// workflowInputs answers what a start may give, for forms and for checks.
func workflowInputs(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	return shape.Schema(w.Name, service.Inputs(&w)), nil
}

func listWorkflows(c *call) (any, error) {
	wanted, err := c.count()
	if err != nil {
		return nil, err
	}
	f := store.WorkflowFilter{Contains: c.query("name_pattern"), OrProject: c.flag("search_project_name")}
	var cursor string
	var nothing bool
	order := func(a, b store.Workflow) int { return cmp.Compare(a.ID, b.ID) }
	switch strings.ToLower(c.query("order")) {
	case "", "asc":
		cursor, err = c.after()
	case "desc":
		f.Newest = true
		order = func(a, b store.Workflow) int { return cmp.Compare(b.ID, a.ID) }
		cursor, nothing, err = c.below()
	default:
		err = model.Errorf(model.Invalid, "order is %q, but must be asc or desc", c.query("order"))
	}
	if err != nil {
		return nil, err
	}
	if nothing {
		wanted = 0
	}
	list, err := within(c, wanted, order, func(p *store.Project) ([]store.Workflow, error) {
		f.Revision = projectOf(p, func(p *store.Project) model.RevisionID { return p.Latest.ID })
		return gather(wanted, cursor, func(page store.Page) ([]store.Workflow, string, error) {
			return c.store.ListWorkflows(c.r.Context(), f, page)
		})
	})
	if err != nil {
		return nil, err
	}
	return workflowList{outs(list, workflowOut)}, nil
}

// projectWorkflows lists those of a project's revision.
func projectWorkflows(c *call) (any, error) {
	p, err := c.pathProject("")
	if err != nil {
		return nil, err
	}
	r, err := c.service.Revision(c.r.Context(), &p, c.query("revision"))
	if err != nil {
		return nil, err
	}
	if c.given("name") {
		w, err := c.store.WorkflowNamed(c.r.Context(), r.ID, c.query("name"))
		switch {
		case missing(err):
			return workflowList{[]restWorkflow{}}, nil
		case err != nil:
			return nil, err
		}
		return workflowList{[]restWorkflow{workflowOut(&w)}}, nil
	}
	list, err := c.service.Workflows(c.r.Context(), &r)
	if err != nil {
		return nil, err
	}
	return workflowList{outs(list, workflowOut)}, nil
}

// workflowIn answers with the workflow of a project's revision.
func (c *call) workflowIn(p *store.Project, name string) (any, error) {
	r, err := c.service.Revision(c.r.Context(), p, c.query("revision"))
	if err != nil {
		return nil, err
	}
	w, err := c.store.WorkflowNamed(c.r.Context(), r.ID, name)
	if err != nil {
		return nil, err
	}
	return workflowOut(&w), nil
}

func projectWorkflow(c *call) (any, error) {
	p, err := c.pathProject("workflow " + c.r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return c.workflowIn(&p, c.r.PathValue("name"))
}

func projectWorkflowByQuery(c *call) (any, error) {
	p, err := c.pathProject("workflow " + c.query("name"))
	if err != nil {
		return nil, err
	}
	return c.workflowIn(&p, c.query("name"))
}

func findWorkflow(c *call) (any, error) {
	p, err := c.store.ProjectNamed(c.r.Context(), c.query("project"))
	if err != nil {
		return nil, err
	}
	if err := c.allow(p.Name, "workflow "+c.query("name")); err != nil {
		return nil, err
	}
	return c.workflowIn(&p, c.query("name"))
}

type restSessionTime struct {
	Project     idName `json:"project"`
	Revision    string `json:"revision"`
	SessionTime string `json:"sessionTime"`
	Timezone    string `json:"timezone"`
}

func truncatedSessionTime(c *call) (any, error) {
	w, err := c.pathWorkflow()
	if err != nil {
		return nil, err
	}
	zone, err := c.service.Zone(c.r.Context(), w.ID)
	if err != nil {
		return nil, err
	}
	if c.query("session_time") == "" {
		return nil, unasked("session_time")
	}
	t, err := timeIn("session_time", c.query("session_time"), zone)
	if err != nil {
		return nil, err
	}
	if t, err = c.service.Round(&w, t, service.Rounding(strings.ToLower(c.query("mode")))); err != nil {
		return nil, err
	}
	return restSessionTime{
		Project: idName{number(w.Project), w.ProjectName}, Revision: w.RevisionName,
		SessionTime: schedule.FormatTime(t, zone), Timezone: w.Zone,
	}, nil
}

// adminKey says that a request came through the admin listener.
type adminKey struct{}

// userInfo answers who pushed what an attempt runs, to administrators on the
// admin listener.
func userInfo(c *call) (any, error) {
	if c.r.Context().Value(adminKey{}) == nil {
		return nil, model.Errorf(model.NotFound, "there is nothing at %s", c.r.URL.Path)
	}
	if err := c.cfg.Access.Allow(c.who, auth.Administer, ""); err != nil {
		return nil, err
	}
	id, err := pathID[model.AttemptID](c, "id")
	if err != nil {
		return nil, err
	}
	a, err := c.service.Attempt(c.r.Context(), id)
	if err != nil {
		return nil, err
	}
	w, err := c.store.Workflow(c.r.Context(), a.Workflow)
	if err != nil {
		return nil, err
	}
	r, err := c.store.Revision(c.r.Context(), w.Project, w.RevisionName)
	if err != nil {
		return nil, err
	}
	return r.UserInfo, nil
}
