package server

import (
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

func poolRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/pools", auth.QueueGet, listPools, doc{tag: "queue", answer: "PoolList",
			summary: "Pools that tasks take slots of, with how much of each is in use"}},
		{get, "/api/pawl/v1/pools/{name}", auth.QueueGet, getPool, doc{tag: "queue", answer: "PoolSlots",
			summary: "Who holds slots of a pool and, in order, who waits for some", query: []param{rowsQuery}}},
		{put, "/api/pawl/v1/pools/{name}", auth.PoolPut, putPool, doc{tag: "queue", body: "PoolSize", answer: "Pool",
			summary: "Set the size of a pool, which counts more than that of the settings; null has these count again"}},
	}
}

type restPool struct {
	Name    string `json:"name"`
	Size    *int   `json:"size"`
	Stored  bool   `json:"stored"`
	Used    int    `json:"used"`
	Waiting int    `json:"waiting"`
}

func poolOut(p *service.Pool) restPool {
	out := restPool{Name: p.Name, Stored: p.Stored, Used: p.Used, Waiting: p.Waiting}
	if p.Bounded {
		out.Size = &p.Size
	}
	return out
}

func listPools(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	list, err := c.service.Pools(c.r.Context())
	return struct {
		Pools []restPool `json:"pools"`
	}{outs(list, poolOut)}, err
}

// pool returns the pool in the path.
func (c *call) pool() (service.Pool, error) {
	list, err := c.service.Pools(c.r.Context())
	if err != nil {
		return service.Pool{}, err
	}
	name := c.r.PathValue("name")
	for _, p := range list {
		if p.Name == name {
			return p, nil
		}
	}
	return service.Pool{}, model.Errorf(model.NotFound, "no task uses a pool %q, and it has no size", name)
}

type restSlot struct {
	AttemptID number `json:"attemptId"`
	TaskID    number `json:"taskId"`
	FullName  string `json:"fullName"`
	Slots     int    `json:"slots"`
	Priority  int    `json:"priority"`
	Since     moment `json:"since"`
	GrantedAt moment `json:"grantedAt"`
	WaitsFor  string `json:"waitsFor,omitempty"`
}

func slotOut(s *service.Slot) restSlot {
	id := s.Try
	return restSlot{
		AttemptID: number(id.Attempt), TaskID: taskNumber(id.Attempt, id.Task), FullName: s.Name, Slots: s.Slot.Slots,
		Priority: s.Priority, Since: moment(s.Since), GrantedAt: moment(s.Granted), WaitsFor: s.Why,
	}
}

func getPool(c *call) (any, error) {
	if err := c.allow("", ""); err != nil {
		return nil, err
	}
	n, err := c.count()
	if err != nil {
		return nil, err
	}
	p, err := c.pool()
	if err != nil {
		return nil, err
	}
	slots, err := c.service.Slots(c.r.Context(), p, min(n, store.MaxLimit))
	return struct {
		restPool
		Slots []restSlot `json:"slots"`
	}{poolOut(&p), outs(slots, slotOut)}, err
}

func putPool(c *call) (any, error) {
	var in struct {
		Size *int32 `json:"size"`
	}
	fault := c.body(&in, false)
	name := c.r.PathValue("name")
	if err := c.allow("", "pool "+name); err != nil {
		return nil, err
	}
	if fault != nil {
		return nil, fault
	}
	size := -1
	if in.Size != nil {
		if size = int(*in.Size); size < 0 {
			return nil, model.Errorf(model.Invalid, "a pool can't have %d slots", size)
		}
	}
	if err := c.service.SetPool(c.r.Context(), name, size); err != nil {
		return nil, err
	}
	p, err := c.pool()
	if missing(err) {
		return restPool{Name: name}, nil
	}
	return poolOut(&p), err
}
