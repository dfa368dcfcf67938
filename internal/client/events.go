package client

import (
	"context"
	"strconv"

	"github.com/pawlhq/pawl/internal/params"
)

// Event is one thing that happened to an attempt.
type Event struct {
	// Seq counts the events of the attempt from 1.
	Seq      int64      `json:"seq"`
	At       Moment     `json:"at"`
	Kind     string     `json:"kind"`
	TaskID   ID         `json:"taskId"`
	FullName string     `json:"fullName"`
	Try      int32      `json:"try"`
	State    string     `json:"state"`
	Data     params.Map `json:"data"`
}

// Events calls each with what has happened to an attempt, in order, after the event
// with a number.
func (c *Client) Events(ctx context.Context, attempt ID, after int64, each func(Event) error) error {
	for {
		var out struct {
			Events []Event `json:"events"`
		}
		err := c.get(ctx, path("pawl", "v1", "attempts", string(attempt), "events"), values("after", strconv.FormatInt(after, 10)), &out)
		if err != nil || len(out.Events) == 0 {
			return err
		}
		for _, e := range out.Events {
			if err := each(e); err != nil {
				return err
			}
			after = e.Seq
		}
	}
}
