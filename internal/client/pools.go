package client

import (
	"context"
	"net/http"
	"strconv"
)

// Pool is a pool that tasks take slots of.
type Pool struct {
	Name string `json:"name"`
	// Size is how many slots it has; nil is without bound.
	Size *int `json:"size"`
	// Stored says that the size was set by SetPool, and not by a setting.
	Stored  bool `json:"stored"`
	Used    int  `json:"used"`
	Waiting int  `json:"waiting"`
}

// Slot is a task that holds slots of a pool, or waits for some.
type Slot struct {
	AttemptID ID     `json:"attemptId"`
	TaskID    ID     `json:"taskId"`
	FullName  string `json:"fullName"`
	Slots     int    `json:"slots"`
	Priority  int    `json:"priority"`
	Since     Moment `json:"since"`
	// GrantedAt is zero for one that waits, which has WaitsFor in words.
	GrantedAt Moment `json:"grantedAt"`
	WaitsFor  string `json:"waitsFor,omitempty"`
}

// Pools lists the pools.
func (c *Client) Pools(ctx context.Context) ([]Pool, error) {
	var out struct {
		Pools []Pool `json:"pools"`
	}
	err := c.get(ctx, path("pawl", "v1", "pools"), nil, &out)
	return out.Pools, err
}

// Slots lists who holds slots of a pool, and up to n who wait for some.
func (c *Client) Slots(ctx context.Context, pool string, n int) ([]Slot, error) {
	var out struct {
		Slots []Slot `json:"slots"`
	}
	err := c.get(ctx, path("pawl", "v1", "pools", pool), values("count", strconv.Itoa(n)), &out)
	return out.Slots, err
}

// SetPool sets the size of a pool; nil is as the settings of the server say.
func (c *Client) SetPool(ctx context.Context, pool string, size *int) (p Pool, err error) {
	in := struct {
		Size *int `json:"size"`
	}{size}
	return p, c.send(ctx, http.MethodPut, path("pawl", "v1", "pools", pool), in, &p)
}
