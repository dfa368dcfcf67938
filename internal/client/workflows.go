package client

import (
	"context"

	"github.com/pawlhq/pawl/internal/model"
)

// WorkflowFilter chooses among the workflows of all projects.
type WorkflowFilter struct {
	// Contains is a part of the name.
	Contains string
	// Order is asc, which is the default, or desc: by id.
	Order string
}

// Workflows lists the workflows of the newest revisions of all projects.
func (c *Client) Workflows(ctx context.Context, f WorkflowFilter, p Page) ([]Workflow, error) {
	return c.workflows(ctx, path("workflows"),
		"name_pattern", f.Contains, "order", f.Order, "last_id", string(p.After), "count", p.sized())
}

// ProjectWorkflows lists the workflows of the newest revision of a project.
func (c *Client) ProjectWorkflows(ctx context.Context, project ID) ([]Workflow, error) {
	return c.workflows(ctx, path("projects", string(project), "workflows"))
}

func (c *Client) workflows(ctx context.Context, path string, query ...string) ([]Workflow, error) {
	var out struct {
		Workflows []Workflow `json:"workflows"`
	}
	err := c.get(ctx, path, values(query...), &out)
	return out.Workflows, err
}

// Workflow returns the workflow of that name in a revision of a project, the
// newest one if it has no name.
func (c *Client) Workflow(ctx context.Context, project ID, name, revision string) (w Workflow, err error) {
	err = c.get(ctx, path("projects", string(project), "workflows", name), values("revision", revision), &w)
	if model.CodeOf(err) == model.NotFound && revision == "" {
		return w, model.Errorf(model.NotFound, "there is no workflow %q in the newest revision of the project", name)
	}
	return w, err
}

// Rounding says which session time is meant by a time.
type Rounding string

// Roundings.
const (
	Exactly Rounding = ""
	ToHour  Rounding = "hour"
	ToDay   Rounding = "day"
)

// SessionTimeOf returns the session time of a workflow that is meant by a time
// in ISO 8601, without an offset on the clock of the workflow.
func (c *Client) SessionTimeOf(ctx context.Context, workflow ID, at string, to Rounding) (SessionTime, error) {
	var out struct {
		SessionTime SessionTime `json:"sessionTime"`
	}
	err := c.get(ctx, path("workflows", string(workflow), "truncated_session_time"),
		values("session_time", at, "mode", string(to)), &out)
	return out.SessionTime, err
}
