package client

import (
	"context"
	"time"
)

// Digest is how the attempts of a workflow went that ended in a time.
type Digest struct {
	Project   Ref    `json:"project"`
	Workflow  string `json:"workflow"`
	Runs      int    `json:"runs"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
	Killed    int    `json:"killed"`
	// Average and P95 are how many seconds they took: 95 of 100 no longer than P95.
	Average   float64 `json:"average"`
	P95       float64 `json:"p95"`
	LastID    ID      `json:"lastAttemptId"`
	LastState string  `json:"lastStatus"`
	LastAt    Moment  `json:"lastEndedAt"`
}

// DigestQuery says of what a digest is; what is empty is all.
type DigestQuery struct {
	Project, Workflow string
	Since, Until      time.Time
}

// Digest returns how attempts went, for each workflow with some that ended in the time.
func (c *Client) Digest(ctx context.Context, q DigestQuery) ([]Digest, error) {
	var out struct {
		Workflows []Digest `json:"workflows"`
	}
	query := values("project", q.Project, "workflow", q.Workflow, "since", exact(q.Since), "until", exact(q.Until))
	err := c.get(ctx, path("pawl", "v1", "digest"), query, &out)
	return out.Workflows, err
}
