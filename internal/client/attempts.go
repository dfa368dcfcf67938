package client

import (
	"context"
	"net/http"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

type attempts struct {
	Attempts []Attempt `json:"attempts"`
}

// Attempts lists the last attempt of each session, the newest first.
func (c *Client) Attempts(ctx context.Context, p Page) ([]Attempt, error) {
	return c.attempts(ctx, path("attempts"), "last_id", string(p.After), "page_size", p.sized(), "tags", "true")
}

func (c *Client) attempts(ctx context.Context, path string, query ...string) ([]Attempt, error) {
	var out attempts
	err := c.get(ctx, path, values(query...), &out)
	return out.Attempts, err
}

// Attempt returns an attempt, or a NotFound error.
func (c *Client) Attempt(ctx context.Context, id ID) (a Attempt, err error) {
	return a, c.get(ctx, path("attempts", string(id)), nil, &a)
}

// Tasks lists the tasks of an attempt.
func (c *Client) Tasks(ctx context.Context, attempt ID) ([]Task, error) {
	var out struct {
		Tasks []Task `json:"tasks"`
	}
	err := c.get(ctx, path("attempts", string(attempt), "tasks"), nil, &out)
	return out.Tasks, err
}

// Kill asks an attempt to end, and returns it as it was. One that is done is a
// Conflict.
func (c *Client) Kill(ctx context.Context, id ID) (a Attempt, err error) {
	return a, c.send(ctx, http.MethodPost, path("attempts", string(id), "kill"), nil, &a)
}

// Start asks for an attempt.
type Start struct {
	// Workflow is of the revision that is to run.
	Workflow ID `json:"workflowId"`
	// SessionTime may be zero for a process of a program.
	SessionTime SessionTime `json:"sessionTime,omitzero"`
	// SessionKey tells the session from others of the workflow; empty is its time.
	SessionKey string `json:"sessionKey,omitempty"`
	// Name tells the attempt from others of the session; the first has none.
	Name   Text       `json:"retryAttemptName"`
	Resume *Resume    `json:"resume"`
	Params params.Map `json:"params"`
	Tags   model.Tags `json:"tags,omitempty"`
	// Priority and Weight are those in the run queue; nil, and zero, are as the
	// workflow says.
	Priority *int `json:"priority,omitempty"`
	Weight   int  `json:"weight,omitempty"`
	// Rerun has memoised tasks run, too, where what they give was made before.
	Rerun bool `json:"rerun,omitempty"`
}

// Resume asks to take over what an attempt finished.
type Resume struct {
	// Mode is failed for all that succeeded, or from for what comes before the task
	// From.
	Mode    string `json:"mode"`
	Attempt ID     `json:"attemptId,omitempty"`
	From    string `json:"from,omitempty"`
}

// Start starts an attempt. If the session has one of that name, it is a
// Conflict, and that attempt is returned where the server tells it.
func (c *Client) Start(ctx context.Context, s Start) (Attempt, error) {
	var a Attempt
	err := c.send(ctx, http.MethodPut, path("attempts"), s, &a)
	if model.CodeOf(err) == model.Conflict && !bodyOf(err, &a) {
		return Attempt{}, err
	}
	return a, err
}
