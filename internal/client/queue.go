package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
)

// Queued is an attempt that waits in the run queue.
type Queued struct {
	AttemptID ID     `json:"attemptId"`
	Project   Ref    `json:"project"`
	Workflow  string `json:"workflow"`
	// Position counts all that wait, in order, from 1.
	Position int        `json:"position"`
	Since    Moment     `json:"since"`
	Priority int        `json:"priority"`
	Weight   int        `json:"weight"`
	Tags     model.Tags `json:"tags"`
	// WaitsFor is which limit keeps it back, in words.
	WaitsFor string `json:"waitsFor"`
}

// QueueFilter selects attempts in the run queue; what is empty selects all.
type QueueFilter struct {
	// Project is the name of one, and Workflow that of a workflow.
	Project, Workflow string
	// Tags are NAME=VALUE each.
	Tags []string
}

// QueueState counts the run queue.
type QueueState struct {
	// Total is how many wait of those that were asked for, and Running how many of
	// them were admitted and are not done.
	Total   int `json:"total"`
	Running int `json:"running"`
}

// Queue lists up to n attempts that wait in the run queue, in order.
func (c *Client) Queue(ctx context.Context, f QueueFilter, n int) ([]Queued, QueueState, error) {
	query := values("project", f.Project, "workflow", f.Workflow, "count", strconv.Itoa(n))
	for _, t := range f.Tags {
		query.Add("tag", t)
	}
	var out struct {
		Waiting []Queued `json:"waiting"`
		QueueState
	}
	err := c.get(ctx, path("pawl", "v1", "queue"), query, &out)
	return out.Waiting, out.QueueState, err
}

// QueueLimit is a limit of the run queue; one that is for each value of a tag is
// there for each value that runs have.
type QueueLimit struct {
	Name string `json:"name"`
	// Tag and Value say for which runs; empty, and null, are all.
	Tag      Text    `json:"tag"`
	Value    *string `json:"value"`
	PerValue bool    `json:"perValue"`
	// Used is how much is in use of Limit; a limit of 0 is no bound.
	Used  int `json:"used"`
	Limit int `json:"limit"`
	// Rate is how many runs may begin in which time, such as 10/1m, or empty.
	Rate   Text   `json:"rate"`
	NextAt Moment `json:"nextAt"`
}

// QueueLimits lists the limits of the run queue.
func (c *Client) QueueLimits(ctx context.Context) ([]QueueLimit, QueueState, error) {
	var out struct {
		Limits []QueueLimit `json:"limits"`
		QueueState
	}
	err := c.get(ctx, path("pawl", "v1", "queue", "limits"), nil, &out)
	return out.Limits, out.QueueState, err
}

// CancelQueued ends the attempts that wait in the run queue and are selected, with
// all for those of an empty filter, and returns them in order.
func (c *Client) CancelQueued(ctx context.Context, project, workflow string, tags model.Tags, all bool) ([]ID, error) {
	in := struct {
		Project  string     `json:"project,omitempty"`
		Workflow string     `json:"workflow,omitempty"`
		Tags     model.Tags `json:"tags,omitempty"`
		All      bool       `json:"all,omitempty"`
	}{project, workflow, tags, all}
	var out struct {
		Cancelled []ID `json:"cancelled"`
	}
	err := c.send(ctx, http.MethodPost, path("pawl", "v1", "queue", "cancel"), in, &out)
	return out.Cancelled, err
}

// Tag gives an attempt tags and takes others away, and returns it with all that it
// has then.
func (c *Client) Tag(ctx context.Context, attempt ID, set model.Tags, unset []string) (a Attempt, err error) {
	in := struct {
		Set   model.Tags `json:"set,omitempty"`
		Unset []string   `json:"unset,omitempty"`
	}{set, unset}
	return a, c.send(ctx, http.MethodPost, path("pawl", "v1", "attempts", string(attempt), "tags"), in, &a)
}
