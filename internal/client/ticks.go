package client

import (
	"context"
	"time"
)

// Tick says what became of a schedule or a sensor when it was looked at.
type Tick struct {
	ID ID     `json:"id"`
	At Moment `json:"at"`
	// Kind is schedule or sensor, and Name that of the workflow or of the sensor.
	Kind string `json:"kind"`
	// Project is nil for what belongs to none.
	Project *Ref   `json:"project"`
	Name    string `json:"name"`
	// Slot is the session time that it is for, and Until the last of several; zero
	// where there is none.
	Slot  Moment `json:"slot"`
	Until Moment `json:"until"`
	// Slots is how many session times it is for; of very many, at least so many.
	Slots int `json:"slots"`
	// Outcome is started, skipped or failed, and Reason why nothing was started.
	Outcome string `json:"outcome"`
	Reason  Text   `json:"reason"`
	// Started is how many attempts it made, and Attempts the first of them.
	Started  int  `json:"started"`
	Attempts []ID `json:"attempts"`
}

// TickFilter selects ticks; zero fields match all.
type TickFilter struct {
	// Project is the name of one, and Name that of a workflow or a sensor of it.
	Project, Name string
	// Kind is schedule or sensor, Outcome started, skipped or failed.
	Kind, Outcome string
	// Since is the first instant, and Until the one after the last.
	Since, Until time.Time
}

// Ticks lists up to n ticks, the latest first.
func (c *Client) Ticks(ctx context.Context, f TickFilter, n int) ([]Tick, error) {
	return pages(n, func(count, cursor string) ([]Tick, Text, error) {
		var out struct {
			Ticks []Tick `json:"ticks"`
			Next  Text   `json:"next"`
		}
		query := values("project", f.Project, "name", f.Name, "kind", f.Kind, "outcome", f.Outcome, "since", exact(f.Since),
			"until", exact(f.Until), "count", count, "cursor", cursor)
		err := c.get(ctx, path("pawl", "v1", "ticks"), query, &out)
		return out.Ticks, out.Next, err
	})
}
