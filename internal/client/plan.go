package client

import (
	"context"

	"github.com/pawlhq/pawl/internal/params"
)

// Plan returns the tree of tasks that a workflow was compiled to.
func (c *Client) Plan(ctx context.Context, workflow ID) (root params.Map, err error) {
	var out struct {
		Root params.Map `json:"root"`
	}
	err = c.get(ctx, path("pawl", "v1", "workflows", string(workflow), "plan"), nil, &out)
	return out.Root, err
}
