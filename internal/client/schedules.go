package client

import (
	"context"
	"net/http"
	"time"
)

// Schedules lists all schedules, the oldest first.
func (c *Client) Schedules(ctx context.Context) ([]Schedule, error) {
	return c.schedules(ctx, path("schedules"), "")
}

// ProjectSchedules lists the schedules of a project, all or that of one
// workflow.
func (c *Client) ProjectSchedules(ctx context.Context, project ID, workflow string) ([]Schedule, error) {
	return c.schedules(ctx, path("projects", string(project), "schedules"), workflow)
}

// schedules reads page after page: their size is not for the client to choose.
func (c *Client) schedules(ctx context.Context, path, workflow string) ([]Schedule, error) {
	var all []Schedule
	for last := ID(""); ; {
		var out struct {
			Schedules []Schedule `json:"schedules"`
		}
		if err := c.get(ctx, path, values("workflow", workflow, "last_id", string(last)), &out); err != nil {
			return nil, err
		}
		all = append(all, out.Schedules...)
		if len(out.Schedules) < maxPage {
			return all, nil
		}
		last = all[len(all)-1].ID
	}
}

// Schedule returns a schedule, or a NotFound error.
func (c *Client) Schedule(ctx context.Context, id ID) (s Schedule, err error) {
	return s, c.get(ctx, path("schedules", string(id)), nil, &s)
}

// Skip asks to pass over sessions of a schedule.
type Skip struct {
	// To is the time from which on sessions are wanted. Zero uses From and
	// Count: so many of those that are due from then on are passed over.
	To, From time.Time
	Count    int
	// RunAt, if not zero, is when the next session is to be started.
	RunAt  time.Time
	DryRun bool
}

// Skip moves a schedule ahead and returns what it is then. Moving it back, or
// not at all, is a Conflict.
func (c *Client) Skip(ctx context.Context, id ID, skip Skip) (s Schedule, err error) {
	in := struct {
		NextTime    Instant `json:"nextTime"`
		FromTime    Instant `json:"fromTime"`
		Count       *int    `json:"count"`
		NextRunTime Instant `json:"nextRunTime"`
		DryRun      bool    `json:"dryRun"`
	}{NextTime: Instant{skip.To}, NextRunTime: Instant{skip.RunAt}, DryRun: skip.DryRun}
	if skip.To.IsZero() {
		in.FromTime, in.Count = Instant{skip.From}, &skip.Count
	}
	return s, c.send(ctx, http.MethodPost, path("schedules", string(id), "skip"), in, &s)
}

// Backfill asks for the past sessions of a schedule.
type Backfill struct {
	From time.Time
	// Name is that of the backfill, and of its attempts. A session that has one of it is
	// passed over, and one that has another attempt of that name is a Conflict.
	Name string
	// Count is how many sessions are looked at, or 0 for all.
	Count int
	// FromFailure has those alone run whose newest attempt has failed: each goes on with
	// that. Tasks and After are as those of Retry.
	FromFailure bool
	Tasks       []string
	After       bool
	// Rerun has memoised tasks run, too, where what they give was made before.
	Rerun  bool
	DryRun bool
}

// Backfill starts the sessions of a schedule from a time on, one after the
// other. Attempts of a dry run have no ids.
func (c *Client) Backfill(ctx context.Context, id ID, fill Backfill) ([]Attempt, error) {
	in := struct {
		FromTime    Instant `json:"fromTime"`
		AttemptName string  `json:"attemptName"`
		Count       *int    `json:"count"`
		DryRun      bool    `json:"dryRun"`

		FromFailure bool     `json:"fromFailure,omitempty"`
		Tasks       []string `json:"tasks,omitempty"`
		After       bool     `json:"after,omitempty"`
		Rerun       bool     `json:"rerun,omitempty"`
	}{Instant{fill.From}, fill.Name, nil, fill.DryRun, fill.FromFailure, fill.Tasks, fill.After, fill.Rerun}
	if fill.Count > 0 {
		in.Count = &fill.Count
	}
	var out attempts
	err := c.send(ctx, http.MethodPost, path("schedules", string(id), "backfill"), in, &out)
	return out.Attempts, err
}

// Enable lets a schedule start sessions, those that it missed included.
func (c *Client) Enable(ctx context.Context, id ID) (s Schedule, err error) {
	return s, c.send(ctx, http.MethodPost, path("schedules", string(id), "enable"), nil, &s)
}

// Disable keeps a schedule from starting sessions.
func (c *Client) Disable(ctx context.Context, id ID) (s Schedule, err error) {
	return s, c.send(ctx, http.MethodPost, path("schedules", string(id), "disable"), nil, &s)
}
