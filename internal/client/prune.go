package client

import (
	"context"
	"net/http"
	"time"
)

// Prune says which attempts are deleted that have ended.
type Prune struct {
	// OlderThan is how long ago they were made, such as 30d; without it, the server
	// says how long they are kept.
	OlderThan string `json:"olderThan,omitempty"`
	// Project and, of it, Workflow are names.
	Project  string `json:"project,omitempty"`
	Workflow string `json:"workflow,omitempty"`
	// State is success, error or killed.
	State string `json:"state,omitempty"`
	// LogsOnly deletes only what their tasks have printed, and DryRun nothing.
	LogsOnly bool `json:"logsOnly,omitempty"`
	DryRun   bool `json:"dryRun,omitempty"`
}

// Pruned counts what is deleted, or would be. The sessions of a dry run are not known.
type Pruned struct {
	Attempts int `json:"attempts"`
	Tasks    int `json:"tasks"`
	Sessions int `json:"sessions"`
	// Needed are attempts that stay because others need them.
	Needed int `json:"needed"`
	// Going are the attempts, of a dry run.
	Going []Going `json:"going,omitempty"`
}

// Going is an attempt that would be deleted.
type Going struct {
	ID         ID        `json:"id"`
	Project    string    `json:"project"`
	Workflow   string    `json:"workflow"`
	Status     string    `json:"status"`
	FinishedAt time.Time `json:"finishedAt"`
}

// Prune deletes old attempts, a part with each request.
func (c *Client) Prune(ctx context.Context, of Prune) (all Pruned, err error) {
	in := struct {
		Prune
		Cursor string `json:"cursor,omitempty"`
	}{Prune: of}
	for {
		var out struct {
			Pruned
			Next Text `json:"next"`
		}
		if err := c.send(ctx, http.MethodPost, path("pawl", "v1", "prune"), in, &out); err != nil {
			return all, err
		}
		all.Attempts += out.Attempts
		all.Tasks += out.Tasks
		all.Sessions += out.Sessions
		all.Needed += out.Needed
		all.Going = append(all.Going, out.Going...)
		if in.Cursor = string(out.Next); in.Cursor == "" {
			return all, nil
		}
	}
}
