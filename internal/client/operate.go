package client

import (
	"context"
	"net/http"

	"github.com/pawlhq/pawl/internal/params"
)

// SkipTask passes over a task of an attempt. It returns the attempt, or the one
// that goes on without the task if the attempt is done.
func (c *Client) SkipTask(ctx context.Context, id ID, task string) (Attempt, error) {
	return c.order(ctx, id, "skip", taskName{task})
}

// SkipToTask begins a task at once that is not reached yet, and skips what would
// have come before it.
func (c *Client) SkipToTask(ctx context.Context, id ID, task string) (Attempt, error) {
	return c.order(ctx, id, "skip-to", taskName{task})
}

// Edit changes parameters of an attempt for all that is still to run.
func (c *Client) Edit(ctx context.Context, id ID, p params.Map) (Attempt, error) {
	return c.order(ctx, id, "edit", struct {
		Params params.Map `json:"params"`
	}{p})
}

// Retry asks for an attempt that goes on where another one has ended, with its
// definition and the parameters as they stand.
type Retry struct {
	// Mode is all, failed, from for what comes from the task From on, or tasks for the
	// Tasks that patterns choose and, with After, all that comes after them.
	Mode  string   `json:"mode"`
	From  string   `json:"from,omitempty"`
	Tasks []string `json:"tasks,omitempty"`
	After bool     `json:"after,omitempty"`
	// Rerun has memoised tasks run, too, where what they give was made before, as all
	// modes but failed do anyhow.
	Rerun  bool       `json:"rerun,omitempty"`
	Params params.Map `json:"params"`
	// Name is that of the new attempt; without one, repeated calls make one.
	Name string `json:"name,omitempty"`
}

// Retry runs a session on. If the attempt goes on, only its task From is run again.
func (c *Client) Retry(ctx context.Context, id ID, r Retry) (Attempt, error) {
	return c.order(ctx, id, "retry", r)
}

type taskName struct {
	Task string `json:"task"`
}

func (c *Client) order(ctx context.Context, id ID, what string, in any) (a Attempt, err error) {
	return a, c.send(ctx, http.MethodPost, path("pawl", "v1", "attempts", string(id), what), in, &a)
}

// DeleteAttempt deletes an attempt that is done, with its history and its logs. Its
// session goes with the last of its attempts.
func (c *Client) DeleteAttempt(ctx context.Context, id ID) (a Attempt, err error) {
	return a, c.send(ctx, http.MethodDelete, path("pawl", "v1", "attempts", string(id)), nil, &a)
}
