package client

import (
	"context"
	"net/http"
)

// BackfillProgress counts the sessions of a backfill by its newest attempts of them.
type BackfillProgress struct {
	// ID is that of its oldest attempt.
	ID        ID     `json:"id"`
	Name      Text   `json:"name"`
	Project   Ref    `json:"project"`
	Workflow  string `json:"workflow"`
	From      Moment `json:"from"`
	Until     Moment `json:"until"`
	CreatedAt Moment `json:"createdAt"`
	Sessions  int    `json:"sessions"`
	Succeeded int    `json:"succeeded"`
	Failed    int    `json:"failed"`
	Cancelled int    `json:"cancelled"`
	Running   int    `json:"running"`
	// Waiting are those that have not begun.
	Waiting int  `json:"waiting"`
	Done    bool `json:"done"`
}

// BackfillFilter selects backfills; what is empty selects all.
type BackfillFilter struct {
	// Project is the name of one, and Workflow that of a workflow of it.
	Project, Workflow string
	Name              string
}

// Backfills lists up to n backfills, or a few more, in order of their names.
func (c *Client) Backfills(ctx context.Context, f BackfillFilter, n int) ([]BackfillProgress, error) {
	return pages(n, func(count, cursor string) ([]BackfillProgress, Text, error) {
		var out struct {
			Backfills []BackfillProgress `json:"backfills"`
			Next      Text               `json:"next"`
		}
		query := values("project", f.Project, "workflow", f.Workflow, "name", f.Name, "count", count, "cursor", cursor)
		err := c.get(ctx, path("pawl", "v1", "backfills"), query, &out)
		return out.Backfills, out.Next, err
	})
}

// BackfillOf returns the backfill that an attempt is of, or a NotFound error.
func (c *Client) BackfillOf(ctx context.Context, attempt ID) (b BackfillProgress, err error) {
	return b, c.get(ctx, path("pawl", "v1", "backfills", string(attempt)), nil, &b)
}

// CancelBackfill ends the attempts of the backfill that an attempt is of which have not
// ended, and returns them in order. Those that wait never begin.
func (c *Client) CancelBackfill(ctx context.Context, attempt ID) ([]ID, error) {
	var out struct {
		Cancelled []ID `json:"cancelled"`
	}
	err := c.send(ctx, http.MethodPost, path("pawl", "v1", "backfills", string(attempt), "cancel"), nil, &out)
	return out.Cancelled, err
}
