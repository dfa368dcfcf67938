package host

import (
	"context"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/sensor/sensing"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// Stepped is a Host without goroutines. Each call goes on until nothing is left
// that can, with tasks that run one after the other in the caller's goroutine, in
// which time stands still. It is not safe for concurrent use.
type Stepped struct {
	cfg   Config
	clock *Clock
	core  *conductor.Core
	// scheduler is nil where there are no schedules, and due is when the next one
	// is.
	scheduler *conductor.Scheduler
	due       model.Instant
	// sensing is nil where there are no sensors, and look is when the next one is due.
	sensing *sensing.Loop
	look    model.Instant
	queue   []runner.Job
	// stepping is set during a call, as tasks may call the engine they run in.
	stepping bool
	// stirred is set when something was written that is to be looked for.
	stirred bool
	unwatch func()
}

// Clock is a clock that is set.
type Clock struct{ now time.Time }

// NewClock returns a clock that stands at an instant.
func NewClock(now time.Time) *Clock { return &Clock{now} }

// Now implements clock.Clock.
func (c *Clock) Now() time.Time { return c.now }

// After implements clock.Clock. Nobody waits by this clock.
func (c *Clock) After(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// ages is longer than any test is about.
const ages = 200 * 365 * 24 * time.Hour

// Step returns a Host for tests with a clock.
func Step(ctx context.Context, cfg Config, c *Clock) (*Stepped, error) {
	h := &Stepped{cfg: cfg, clock: c, due: model.Never, look: model.Never}
	if cfg.Schedules {
		h.scheduler = cfg.scheduler(conductor.SchedulerConfig{Every: ages})
	}
	if cfg.Sense != nil {
		h.sensing = h.cfg.sensing(h.Start)
	}
	h.core = conductor.NewCore(conductor.Config{
		Store: cfg.Store, Runner: (*lane)(h), Open: cfg.opener(), Pool: store.Pool(cfg.Project), Clock: c, Owner: "test",
		LeaseFor: ages, RenewEvery: ages, Patrol: ages, Unreadable: cfg.unreadable, Tell: cfg.Tell,
	})
	h.unwatch = cfg.Store.Watch(func() { h.stirred = true })
	return h, h.settle(ctx, nil)
}

// settle goes on until nothing is left that can.
func (h *Stepped) settle(ctx context.Context, stimuli []conductor.Stimulus) error {
	if h.stepping {
		return nil // whoever steps sees to it
	}
	h.stepping = true
	defer func() { h.stepping = false }()
	h.stirred = true
	for {
		if h.stirred {
			h.stirred = false
			h.core.Look()
		}
		if err := h.core.Step(ctx, stimuli); err != nil {
			return err
		}
		stimuli = nil
		if len(h.queue) == 0 {
			if h.stirred || !h.core.NextDue().Time().After(h.clock.now) {
				continue
			}
			if err := h.fire(ctx); err != nil {
				return err
			}
			if err := h.sense(ctx); err != nil {
				return err
			}
			if err := h.rest(ctx); err != nil || !h.stirred {
				return err
			}
			continue
		}
		job := h.queue[0]
		h.queue = h.queue[1:]
		stimuli = conductor.Stimuli(nil, []runner.Report{{ID: job.ID, Outcome: job.Work.Run(ctx)}})
	}
}

// rest tells that there is nothing to do for the moment.
func (h *Stepped) rest(ctx context.Context) error {
	if h.cfg.AtRest == nil || h.stirred {
		return nil
	}
	return h.cfg.AtRest(ctx)
}

// fire fires the schedules that are due.
func (h *Stepped) fire(ctx context.Context) (err error) {
	if h.scheduler == nil {
		return nil
	}
	now := model.InstantOf(h.clock.now)
	for h.due = now; err == nil && h.due <= now; {
		h.due, err = h.scheduler.Step(ctx)
	}
	return err
}

// sense evaluates the sensors that are due.
func (h *Stepped) sense(ctx context.Context) (err error) {
	if h.sensing == nil {
		return nil
	}
	h.look, err = h.sensing.Step(ctx)
	return err
}

// Advance lets time pass, and what is due meanwhile happen at its instant.
func (h *Stepped) Advance(ctx context.Context, d time.Duration) error {
	end := h.clock.now.Add(d)
	for {
		if err := h.settle(ctx, nil); err != nil {
			return err
		}
		next := min(h.core.NextDue(), h.due, h.look).Time()
		if next.After(end) {
			h.clock.now = end
			return h.tidy(ctx)
		}
		h.clock.now = next
	}
}

// tidy makes dead letters of early messages whose time is over, and deletes what is
// not to be kept.
func (h *Stepped) tidy(ctx context.Context) error {
	now := model.InstantOf(h.clock.now)
	_, err := h.cfg.Store.ExpireLetters(ctx, now, store.MaxLimit)
	for page, more := (store.Page{}), true; err == nil && more; more = page.Cursor != "" {
		_, page.Cursor, err = h.cfg.Store.Prune(ctx, h.cfg.Retention, now, page)
	}
	return err
}

// Start implements Host.
func (h *Stepped) Start(ctx context.Context, s store.Start) (store.Attempt, bool, error) {
	s.Created = model.InstantOf(h.clock.now)
	a, made, err := h.cfg.Store.StartAttempt(ctx, s)
	if err == nil && made {
		err = h.Stir(ctx)
	}
	return a, made, err
}

// Stir implements Host.
func (h *Stepped) Stir(ctx context.Context) error { return h.settle(ctx, nil) }

// Deliver implements store.Feeding.
func (h *Stepped) Deliver(ctx context.Context, m store.Delivery) ([]store.Delivered, error) {
	done, err := h.cfg.Store.Deliver(ctx, m)
	if err != nil {
		return nil, err
	}
	return done, h.Stir(ctx)
}

// Offsets implements store.Feeding.
func (h *Stepped) Offsets(ctx context.Context, feeder string) ([]store.Offset, error) {
	return h.cfg.Store.Offsets(ctx, feeder)
}

// Wait implements Host. As nothing happens by itself, an attempt that is not done
// is an error.
func (h *Stepped) Wait(ctx context.Context, id model.AttemptID) (store.Attempt, error) {
	a, err := h.cfg.Store.Attempt(ctx, id)
	if err != nil || a.State.Done() {
		return a, err
	}
	if live, ok := h.core.Attempt(id); ok {
		return a, notDone(live)
	}
	return a, model.Errorf(model.Conflict, "it is not driven")
}

// Close implements Host.
func (h *Stepped) Close() error {
	h.unwatch()
	return h.core.Leave(context.Background())
}

// lane is the runner of a Stepped.
type lane Stepped

// Start implements runner.Runner.
func (l *lane) Start(func([]runner.Report)) error { return nil }

// Submit implements runner.Runner.
func (l *lane) Submit(jobs []runner.Job) { l.queue = append(l.queue, jobs...) }

// Cancel implements runner.Runner.
func (l *lane) Cancel(id runner.ID) {
	for i, j := range l.queue {
		if j.ID == id {
			l.queue[i].Work = refused{}
		}
	}
}

// refused is the work of a job that was called off before it began.
type refused struct{}

// Run implements runner.Work.
func (refused) Run(context.Context) runner.Outcome { return runner.ErrCancelled }

// Close implements runner.Runner.
func (l *lane) Close() error { return nil }

var (
	_ runner.Runner = (*lane)(nil)
	_ Host          = (*Stepped)(nil)
)
