package client

import (
	"context"
	"time"
)

// Search selects attempts; what is empty selects all.
type Search struct {
	// Project, and of it Workflow and Revision, are names.
	Project, Workflow, Revision string
	// Status is running, queued, success, error or killed.
	Status string
	// SessionKey is what the keys of their sessions begin with.
	SessionKey string
	// Since and Until bound when they were made.
	Since, Until time.Time
	// Params are NAME=VALUE each.
	Params []string
	// Tags are NAME=VALUE each.
	Tags []string
	// Group is the id of an attempt whose group is looked for.
	Group string
	// Awaits selects those with a task that waits for such a message.
	Awaits KeyFilter
	// All selects all attempts of sessions, and not the last ones only.
	All bool
	// After is the id of the last attempt of the part before.
	After ID
}

// Search lists up to n attempts that match, the newest first. A server looks at
// many of them for it, a part with each request.
func (c *Client) Search(ctx context.Context, s Search, n int) ([]Attempt, error) {
	query := values("project", s.Project, "workflow", s.Workflow, "revision", s.Revision, "status", s.Status,
		"session_key", s.SessionKey, "since", exact(s.Since), "until", exact(s.Until),
		"topic", s.Awaits.Topic, "key", s.Awaits.Param, "value", s.Awaits.Value, "last_id", string(s.After), "group", s.Group)
	for _, p := range s.Params {
		query.Add("param", p)
	}
	for _, t := range s.Tags {
		query.Add("tag", t)
	}
	query.Set("tags", "true")
	if s.All {
		query.Set("all", "true")
	}
	return pages(n, func(count, cursor string) ([]Attempt, Text, error) {
		query.Set("count", count)
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var out struct {
			attempts
			Next Text `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "attempts"), query, &out)
		return out.Attempts, out.Next, err
	})
}
