package queue

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// courier brings jobs to the queue and calls them off, in the order in which
// that was asked for. What comes in while a batch is on its way is the next one.
type courier struct {
	client *river.Client[pgx.Tx]
	rows   rows
	log    *slog.Logger
	// refused is told of the jobs that were called off before they began.
	refused func([]runner.Report)
	wake    chan struct{}

	mu      sync.Mutex
	closed  bool
	errands []errand
	// carried are those that are on their way.
	carried []errand
}

// errand is a job to be brought or, with nothing to insert, one to be called
// off.
type errand struct {
	id     runner.ID
	insert *river.InsertManyParams
}

func (c *courier) post(jobs []runner.Job) {
	list := make([]errand, 0, len(jobs))
	for i := range jobs {
		params, err := insertion(&jobs[i])
		if err != nil {
			c.log.Error("a task can't be brought to a worker", "job", jobs[i].ID.String(), "error", err)
			continue
		}
		list = append(list, errand{jobs[i].ID, &params})
	}
	c.send(list)
}

func (c *courier) callOff(id runner.ID) { c.send([]errand{{id: id}}) }

func (c *courier) send(list []errand) {
	if len(list) == 0 {
		return
	}
	c.mu.Lock()
	if !c.closed {
		c.errands = append(c.errands, list...)
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// underway returns the jobs of some attempts that may not have arrived yet.
func (c *courier) underway(attempts []model.AttemptID) (list []runner.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range slices.Concat(c.carried, c.errands) {
		if e.insert != nil && slices.Contains(attempts, e.id.Attempt) {
			list = append(list, e.id)
		}
	}
	return list
}

// close drops what is not on its way.
func (c *courier) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.errands = true, nil
}

// maxErrands bounds what one transaction brings.
const maxErrands = 1000

// take returns the next errands of the same sort.
func (c *courier) take() []errand {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < min(len(c.errands), maxErrands) && (c.errands[n].insert == nil) == (c.errands[0].insert == nil) {
		n++
	}
	c.carried, c.errands = c.errands[:n:n], c.errands[n:]
	return c.carried
}

// How long the courier waits after a failure.
const (
	firstPause = 50 * time.Millisecond
	mostPause  = 2 * time.Second
)

// carry does errands until ctx is done.
func (c *courier) carry(ctx context.Context) {
	for {
		batch := c.take()
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-c.wake:
			}
			continue
		}
		if !c.persist(ctx, batch) {
			return
		}
	}
}

// persist does errands of one sort, again and again until they are done. It
// returns false when ctx is done before.
func (c *courier) persist(ctx context.Context, batch []errand) bool {
	do := c.bring
	if batch[0].insert == nil {
		do = c.recall
	}
	err := do(ctx, batch, false)
	for pause := firstPause; err != nil && ctx.Err() == nil; pause = min(2*pause, mostPause) {
		c.log.Warn("the queue is not reached", "jobs", len(batch), "error", err)
		if !rest(ctx, pause) {
			return false
		}
		err = do(ctx, batch, true)
	}
	return err == nil
}

// rest waits for a while. It returns false when ctx is done before.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// bring puts jobs on the queue. Again, it leaves out those that are there
// although the answer was lost.
func (c *courier) bring(ctx context.Context, batch []errand, again bool) error {
	var there map[runner.ID]int64
	if again {
		var err error
		if there, err = find(ctx, c.rows.known, batch); err != nil {
			return err
		}
	}
	list := make([]river.InsertManyParams, 0, len(batch))
	for _, e := range batch {
		if _, ok := there[e.id]; !ok {
			list = append(list, *e.insert)
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err := c.client.InsertManyFast(ctx, list)
	return err
}

// find returns those jobs of the batch that River has.
func find(
	ctx context.Context, of func(context.Context, []model.AttemptID) ([]row, error), batch []errand,
) (map[runner.ID]int64, error) {
	var attempts []model.AttemptID
	for _, e := range batch {
		attempts = append(attempts, e.id.Attempt)
	}
	slices.Sort(attempts)
	found, err := of(ctx, slices.Compact(attempts))
	if err != nil {
		return nil, err
	}
	there := make(map[runner.ID]int64, len(found))
	for _, row := range found {
		there[row.id] = row.river
	}
	return there, nil
}

// recall calls jobs off. Those that have begun are reported by whoever runs
// them.
func (c *courier) recall(ctx context.Context, batch []errand, _ bool) error {
	there, err := find(ctx, c.rows.unfinished, batch)
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(batch) { // what ends makes room for those after it
		job, ok := there[e.id]
		if !ok {
			continue
		}
		delete(there, e.id)
		row, err := c.client.JobCancel(ctx, job)
		switch {
		case errors.Is(err, rivertype.ErrNotFound):
		case err != nil:
			return err
		case row.State == rivertype.JobStateCancelled && row.Attempt == 0:
			c.refused([]runner.Report{calledOff(e.id)})
		}
	}
	return nil
}
