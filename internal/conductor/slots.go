package conductor

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/runner"
)

// slots are the tries of a core that take slots of pools.
type slots struct {
	// waiting have none yet, using have been submitted with theirs.
	waiting map[model.TryID]*waitingTry
	using   map[slotTask]int32
	// since says of tries whose conductor has died when they began to wait.
	since map[model.TryID]model.Instant
	// share is set when there is something to be claimed, or given out.
	share bool
}

// waitingTry is one that is ready but for its slots.
type waitingTry struct {
	job   runner.Job
	claim admission.Claim
	noted bool // in the store
	// from is since when its waiting was not added to the limit of its task.
	from model.Instant
}

// slotTask is a task that uses slots.
type slotTask struct {
	attempt model.AttemptID
	task    model.TaskID
}

func newSlots() slots {
	return slots{waiting: make(map[model.TryID]*waitingTry), using: make(map[slotTask]int32), since: make(map[model.TryID]model.Instant)}
}

// dispatch hands a job over with the next others, unless it has to wait for slots.
func (c *Core) dispatch(job runner.Job, of *workflow.Node) {
	if len(of.Slots) == 0 || c.cfg.Pools == nil {
		c.jobs = append(c.jobs, job)
		return
	}
	needs := make(map[string]int, len(of.Slots))
	for _, s := range of.Slots {
		needs[s.Pool] += s.N
	}
	since, known := c.slots.since[job.ID]
	if !known {
		since = c.now()
	}
	delete(c.slots.since, job.ID)
	c.slots.waiting[job.ID] = &waitingTry{job: job, claim: admission.Claim{Try: job.ID, Priority: job.Priority, Since: since, Needs: needs}, from: since}
	c.slots.share = true
}

// interrupt has a try end that was dispatched: one that waits for slots has ended by
// that.
func (c *Core) interrupt(id model.TryID) {
	if _, waits := c.slots.waiting[id]; waits {
		delete(c.slots.waiting, id)
		c.inbox = append(c.inbox, Stimulus{Attempt: id.Attempt, Command: engine.Command{Kind: engine.TryCancelled, Task: id.Task, Try: id.Try}})
		return
	}
	c.submit()
	c.cfg.Runner.Cancel(id)
}

// freed notes whether the step has freed slots, by tasks that do not run their tries
// any more.
func (c *Core) freed() {
	if len(c.slots.using) == 0 {
		return
	}
	over := func(of slotTask) {
		delete(c.slots.using, of)
		c.slots.share = true
	}
	for i := range c.step.Tasks {
		row := &c.step.Tasks[i]
		of := slotTask{row.Attempt, row.ID}
		if try, used := c.slots.using[of]; used && (row.State != model.Running || row.Try != try) {
			over(of)
		}
	}
	if len(c.step.Dropped) == 0 { // of which no row may say that they have ended
		return
	}
	for of := range c.slots.using {
		if slices.ContainsFunc(c.step.Dropped, func(d engine.Dropped) bool {
			return d.Attempt == of.attempt && d.From <= of.task && of.task < d.To
		}) {
			over(of)
		}
	}
}

// waits returns the try of a task that waits for slots, or nil.
func (c *Core) waits(t timer) *waitingTry {
	d, ok := c.driven[t.attempt]
	if !ok || len(c.slots.waiting) == 0 || !d.attempt.Has(t.task) {
		return nil
	}
	return c.slots.waiting[model.TryID{Attempt: t.attempt, Task: t.task, Try: d.attempt.Task(t.task).Try}]
}

// begin hands over a try that has got its slots. How long a task may take counts from
// here on: what moves its limit is stored before.
func (c *Core) begin(now model.Instant, w *waitingTry) {
	id := w.claim.Try
	d, ok := c.driven[id.Attempt]
	if !ok || !d.attempt.Has(id.Task) {
		return
	}
	if c.cfg.TaskTTL > 0 {
		c.timers.push(timer{at: now.Add(c.cfg.TaskTTL), attempt: id.Attempt, task: id.Task, kind: tooLong})
	}
	if d.attempt.Task(id.Task).Deadline == 0 || now <= w.from {
		c.jobs = append(c.jobs, w.job)
		return
	}
	c.inbox = append(c.inbox, Stimulus{Do: func(c *Core) error {
		c.jobs = append(c.jobs, w.job) // which are submitted once the step is committed
		return c.outwait(now, w)
	}})
}

// outwait moves the time limit of a task whose try has waited for slots until now.
func (c *Core) outwait(now model.Instant, w *waitingTry) error {
	waited := now.Sub(w.from)
	w.from = now
	return c.apply(now, w.claim.Try.Attempt, engine.Command{Kind: engine.Extend, Task: w.claim.Try.Task, Waited: waited})
}

// mostClaims bounds how many claims a step notes.
const mostClaims = 500

// shareSlots claims slots for what waits, gives out what is free, whoever waits for
// it, and hands over what has got its slots. Where the store does not answer, or there
// are more claims than a step notes, that is still to be done.
func (c *Core) shareSlots(ctx context.Context, now model.Instant) error {
	s := &c.slots
	if !s.share {
		return nil
	}
	var claims []admission.Claim
	for _, w := range s.waiting {
		if !w.noted {
			claims = append(claims, w.claim)
		}
	}
	slices.SortFunc(claims, func(a, b admission.Claim) int { return admission.CompareClaims(&a, &b) })
	more := len(claims) > mostClaims
	claims = claims[:min(len(claims), mostClaims)]
	held, err := c.cfg.Store.ShareSlots(ctx, c.epoch, claims, c.cfg.Pools, now)
	if err != nil {
		return err
	}
	s.share = more
	for i := range claims {
		s.waiting[claims[i].Try].noted = true
	}
	for _, id := range held {
		if w := s.waiting[id]; w != nil {
			delete(s.waiting, id)
			s.using[slotTask{id.Attempt, id.Task}] = id.Try
			c.begin(now, w)
		}
	}
	c.submit()
	return nil
}
