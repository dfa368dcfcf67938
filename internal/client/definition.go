package client

import (
	"context"

	"github.com/pawlhq/pawl/internal/params"
)

// Definition is what an attempt runs.
type Definition struct {
	AttemptID  ID     `json:"attemptId"`
	Workflow   string `json:"workflow"`
	WorkflowID Text   `json:"workflowId"`
	Revision   Text   `json:"revision"`
	// Digest is the same for attempts that run the same.
	Digest string `json:"digest"`
	Tasks  int    `json:"tasks"`
	// Config is the definition as it was written, and Root the tree that it was
	// compiled to.
	Config params.Map `json:"config"`
	Root   params.Map `json:"root"`
	// Verdicts are what was found about the products of tasks so far.
	Verdicts []Verdict `json:"verdicts"`
}

// Verdict is what was found about the products of a task.
type Verdict struct {
	Task   string `json:"task"`
	Try    int32  `json:"try"`
	Skip   bool   `json:"skip"`
	Reason string `json:"reason"`
}

// Definition returns what an attempt runs.
func (c *Client) Definition(ctx context.Context, attempt ID) (d Definition, err error) {
	return d, c.get(ctx, path("pawl", "v1", "attempts", string(attempt), "definition"), nil, &d)
}

// AttemptOutline returns the tasks that an attempt runs as lines.
func (c *Client) AttemptOutline(ctx context.Context, attempt ID) ([]byte, error) {
	return c.text(ctx, path("pawl", "v1", "attempts", string(attempt), "outline"))
}
