package server

import (
	"strconv"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// itemRoutes are about the items of collections.
func itemRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/attempts/{id}/items", auth.TaskList, listItems, doc{tag: "attempt", answer: "ItemList",
			summary: "Items of a task of an attempt, in order, and how many of them are in which state. A page may have fewer entries than asked for, even none, as long as there is a next one",
			query: []param{
				{"task", "string", "end of the full name of the task; needed where several have items", false},
				{"state", "array", "only those in these states: pending, running, success, skipped, stopped, failed or cancelled", false},
				rowsQuery, pageQuery,
			}}},
		{post, "/api/pawl/v1/attempts/{id}/rerun-item", auth.AttemptRun, rerunItem, doc{tag: "attempt", body: "ItemName", answer: "Attempt",
			summary: "Run an item again that has ended; answers the attempt or, if that is done, another one that takes over all other items as they are"}},
	}
}

type restItem struct {
	Index     int64      `json:"index"`
	Key       string     `json:"key"`
	FullName  string     `json:"fullName"`
	State     string     `json:"state"`
	Value     jsonValue  `json:"value"`
	StartedAt moment     `json:"startedAt"`
	EndedAt   moment     `json:"endedAt"`
	Error     params.Map `json:"error"`
	Result    params.Map `json:"result"`
}

type restCounts struct {
	Total     int64 `json:"total"`
	Pending   int64 `json:"pending"`
	Running   int64 `json:"running"`
	Done      int64 `json:"done"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
}

func countsOut(c *engine.Items) restCounts {
	return restCounts{c.Total, c.Pending(), c.Running, c.Done, c.Failed, c.Cancelled}
}

func listItems(c *call) (any, error) {
	a, err := c.pathAttempt()
	if err != nil {
		return nil, err
	}
	filter, err := service.ParseItemStates(c.values["state"])
	if err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	of, items, next, err := c.service.Items(c.r.Context(), service.Order{Attempt: a.ID, Task: c.query("task")}, filter, page)
	if err != nil {
		return nil, err
	}
	return struct {
		Task   string     `json:"task"`
		Counts restCounts `json:"counts"`
		Items  []restItem `json:"items"`
		Next   optional   `json:"next"`
	}{of.Name, countsOut(&of.Items), outs(items, func(e *store.ItemEntry) restItem {
		return restItem{
			Index: e.Index, Key: e.Key, FullName: of.Prefix + strconv.FormatInt(e.Index, 10), State: service.ItemState(e.State), Value: jsonValue{e.Value},
			StartedAt: moment(e.Started), EndedAt: moment(e.Ended), Error: e.Error, Result: e.Result,
		}
	}), optional(next)}, nil
}

func rerunItem(c *call) (any, error) {
	var in struct {
		Task  string `json:"task"`
		Index *int64 `json:"index"`
	}
	return c.ordered(&in, func(o service.Order) (store.Attempt, error) {
		if in.Index == nil {
			return store.Attempt{}, required("index")
		}
		o.Task = in.Task
		return c.service.RerunItem(c.r.Context(), o, *in.Index)
	})
}
