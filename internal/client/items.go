package client

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
)

// Item is one item of a collection.
type Item struct {
	Index    int64  `json:"index"`
	Key      string `json:"key"`
	FullName string `json:"fullName"`
	// State is pending, running, success, skipped, stopped, failed or cancelled.
	State     string          `json:"state"`
	Value     json.RawMessage `json:"value"`
	StartedAt Moment          `json:"startedAt"`
	EndedAt   Moment          `json:"endedAt"`
	Error     params.Map      `json:"error"`
	Result    params.Map      `json:"result"`
}

// Counts are how many items of a collection are where.
type Counts struct {
	Total     int64 `json:"total"`
	Pending   int64 `json:"pending"`
	Running   int64 `json:"running"`
	Done      int64 `json:"done"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
}

// ItemList are items of a task.
type ItemList struct {
	Task   string `json:"task"`
	Counts Counts `json:"counts"`
	Items  []Item `json:"items"`
	Next   Text   `json:"next"`
}

// Items lists up to n items of a task of an attempt, in these states or, with none
// given, in any. The task may be left out where only one has items.
func (c *Client) Items(ctx context.Context, attempt ID, task string, states []string, n int) (all ItemList, err error) {
	all.Items, err = pages(n, func(count, cursor string) ([]Item, Text, error) {
		query := values("task", task, "count", count, "cursor", cursor)
		for _, s := range states {
			query.Add("state", s)
		}
		var page ItemList
		err := c.get(ctx, path("pawl", "v1", "attempts", string(attempt), "items"), query, &page)
		all.Task, all.Counts = page.Task, page.Counts
		return page.Items, page.Next, err
	})
	return all, err
}

// RerunItem runs an item again that has ended. It returns the attempt, or the one
// that goes on if the attempt is done.
func (c *Client) RerunItem(ctx context.Context, id ID, task string, index int64) (Attempt, error) {
	return c.order(ctx, id, "rerun-item", struct {
		Task  string `json:"task"`
		Index int64  `json:"index"`
	}{strings.TrimSpace(task), index})
}
