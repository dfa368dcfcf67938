package client

import (
	"context"
	"time"
)

// Reporter is how one stands who is told what happens.
type Reporter struct {
	Name string `json:"name"`
	// Cursor is the place in the log of events up to which it was told.
	Cursor string `json:"cursor"`
	// Told is when the last event happened that it was told of.
	Told time.Time `json:"told,omitzero"`
	// Lag is for how many seconds the oldest event waits for it.
	Lag float64 `json:"lag"`
	// Failing counts failures since it was told of anything, and Skipped the events that
	// were passed over because of them.
	Failing int `json:"failing"`
	Skipped int `json:"skipped"`
	// Error is the last one, and FailedAt when it was.
	Error    string    `json:"error,omitempty"`
	FailedAt time.Time `json:"failedAt,omitzero"`
}

// Reporters returns those of a server, in order of their names.
func (c *Client) Reporters(ctx context.Context) ([]Reporter, error) {
	var out struct {
		Reporters []Reporter `json:"reporters"`
	}
	err := c.get(ctx, path("pawl", "v1", "reporters"), nil, &out)
	return out.Reporters, err
}
