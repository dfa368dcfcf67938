package client

import (
	"context"
	"errors"
	"io"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
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

// WorkflowByID returns a workflow of any revision, or a NotFound error.
func (c *Client) WorkflowByID(ctx context.Context, id ID) (w Workflow, err error) {
	return w, c.get(ctx, path("workflows", string(id)), nil, &w)
}

// Picture draws a workflow: as svg, html, dot or mmd (Mermaid).
func (c *Client) Picture(ctx context.Context, workflow ID, as string) ([]byte, error) {
	return c.text(ctx, path("pawl", "v1", "workflows", string(workflow), "graph."+as))
}

// Inputs returns the JSON Schema of the parameters that a start of a workflow gives.
func (c *Client) Inputs(ctx context.Context, workflow ID) (schema params.Map, err error) {
	return schema, c.get(ctx, path("workflows", string(workflow), "inputs"), nil, &schema)
}

// Outline returns the tasks of a workflow as lines, with what each does and how it
// is run.
func (c *Client) Outline(ctx context.Context, workflow ID) ([]byte, error) {
	return c.text(ctx, path("pawl", "v1", "workflows", string(workflow), "outline"))
}

// text asks for what is no object.
func (c *Client) text(ctx context.Context, path string) ([]byte, error) {
	file, err := c.open(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	return text, errors.Join(err, file.Close())
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
