package conductor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Turns decides which attempts wait in the run queue. The zero value has all begin
// at once.
type Turns struct {
	// Queue has attempts wait until they are admitted.
	Queue bool
	// CountCalls has runs that others wait for take a place. They never wait for
	// one: who waits for them would keep a place that they wait for.
	CountCalls bool
}

// Ask completes a start: it gets the tags of its definition, below those that it has,
// and waits in the queue where it is to. A priority that is nil, and a weight of zero,
// is as the definition says.
func (t Turns) Ask(s *store.Start, priority *int, weight int) {
	turn := &s.Definition.Turn
	s.Tags = turn.Tags.With(s.Tags)
	if !t.Queue || s.Pool() != 0 {
		return
	}
	s.MaxRunning = 0 // which the queue is there for
	s.Queue = &store.Turn{Priority: turn.Priority, Weight: max(turn.Weight, 1)}
	if priority != nil {
		s.Queue.Priority = *priority
	}
	if weight > 0 {
		s.Queue.Weight = weight
	}
	if _, called := calls.Of(s.Name); s.Name != "" && called {
		s.Queue.Taken = true
		if !t.CountCalls {
			s.Queue = nil
		}
	}
}

// CheckWeight returns an Invalid error for a weight that no run can have; 0 is one
// that is not said.
func CheckWeight(weight int) error {
	if weight < 0 || weight > workflow.MaxWeight {
		return model.Errorf(model.Invalid, "a run takes from 1 to %d places, not %d", workflow.MaxWeight, weight)
	}
	return nil
}

// AdmitterConfig says what an admitter works with.
type AdmitterConfig struct {
	// Store has the queue. Required.
	Store store.Store
	// Limits are what it keeps. Required. All who admit from a store should have
	// the same.
	Limits *admission.Limits
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// Every is how long the end of an attempt in another process may go unseen that
	// admits nobody itself, and how long the next token of a rate. Defaults to a
	// second.
	Every time.Duration
	// Rest, when set, is how long Run rests while there is nobody to admit, whatever
	// is written meanwhile: for a queue that nobody is meant to enter.
	Rest time.Duration
	// May, when set, is asked whether to admit when somebody waits.
	May func(context.Context) (bool, error)
	// Turned, when set, is called with how each round of Run ended. It must return
	// soon.
	Turned func(error)
}

// Admitter has attempts begin that wait in the run queue. Any number of them may
// share a store: a decision is one transaction, beside which there is no other.
type Admitter struct {
	cfg  AdmitterConfig
	wake chan struct{}

	mu sync.Mutex
	// nudges counts how often it was nudged.
	nudges int
}

// NewAdmitter returns an admitter.
func NewAdmitter(cfg AdmitterConfig) *Admitter {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	return &Admitter{cfg: cfg, wake: make(chan struct{}, 1)}
}

// Step admits whom the limits allow, and returns how many that are.
func (a *Admitter) Step(ctx context.Context) (int, error) {
	n, _, err := a.step(ctx)
	return n, err
}

// step is Step, and reports whether there is nobody that it is to admit.
func (a *Admitter) step(ctx context.Context) (n int, idle bool, err error) {
	empty, err := a.cfg.Store.QueueEmpty(ctx)
	if err != nil || empty {
		return 0, empty, err
	}
	if a.cfg.May != nil {
		if may, err := a.cfg.May(ctx); err != nil || !may {
			return 0, err == nil, err
		}
	}
	now := model.InstantOf(a.cfg.Clock.Now())
	before := a.nudged()
	ids, err := a.cfg.Store.Admit(ctx, a.cfg.Limits.Tags(), now, store.Choose(a.cfg.Limits, now))
	if err == nil && len(ids) > 0 {
		a.settle(before)
	}
	return len(ids), false, err
}

func (a *Admitter) nudged() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.nudges
}

// settle takes back the nudge that follows from whom it has admitted itself: the store
// calls all who watch. Whatever came before it was seen.
func (a *Admitter) settle(before int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nudges != before+1 {
		return
	}
	select {
	case <-a.wake:
	default:
	}
}

// Nudge has the admitter look at the queue soon. It returns at once.
func (a *Admitter) Nudge() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nudges++
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Ended has the admitter look at the queue if a batch has ended an attempt.
func (a *Admitter) Ended(b *store.Batch) {
	for i := range b.Attempts {
		if b.Attempts[i].State.Done() {
			a.Nudge()
			return
		}
	}
}

// Run admits until ctx is done: when something was written that others may have to
// act upon, when it is nudged, and from time to time. Failures of the store are told
// to log, each once a minute, and the work goes on.
func (a *Admitter) Run(ctx context.Context, log *slog.Logger) {
	c := complaints{log: log, clock: a.cfg.Clock, loop: "the run queue"}
	defer a.cfg.Store.Watch(a.Nudge)()
	for ctx.Err() == nil {
		_, idle, err := a.step(ctx)
		pause, wake := a.cfg.Every, a.wake
		if idle && a.cfg.Rest > 0 {
			pause, wake = a.cfg.Rest, nil
		}
		if err == nil {
			c.begins()
		} else if ctx.Err() == nil {
			c.failed(err)
			pause = retryAfter
		}
		if a.cfg.Turned != nil && ctx.Err() == nil {
			a.cfg.Turned(err)
		}
		due, stop := a.cfg.Clock.After(pause)
		select {
		case <-ctx.Done():
		case <-due:
		case <-wake:
		}
		stop()
	}
}
