package conductor

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// SchedulerConfig says what a scheduler works with.
type SchedulerConfig struct {
	// Store has the schedules. Required.
	Store store.Store
	// Project is the only one whose schedules are fired; zero fires all.
	Project model.ProjectID
	// Clock tells the time. Defaults to the machine's.
	Clock clock.Clock
	// NewUUID names sessions. Required.
	NewUUID func() string
	// MaxRunning bounds the unfinished attempts; 0 is no limit.
	MaxRunning int
	// Turns says which attempts wait in the run queue.
	Turns Turns
	// Every is how long a change by another process may go unseen. Defaults to a
	// second.
	Every time.Duration
	// Fired, when set, is called with what became of each slot, once that is
	// stored. It must return soon.
	Fired func(Slot)
	// Turned, when set, is called with how each round of Run ended. It must return
	// soon.
	Turned func(error)
}

// Slot says what became of the slot of a schedule that was due.
type Slot struct {
	// Schedule is as it was.
	Schedule store.Schedule
	Outcome  SlotOutcome
	// Late is how long after its time it was looked at.
	Late time.Duration
	// Attempt is the one of SlotStarted.
	Attempt store.Attempt
}

// SlotOutcome is what became of a slot.
type SlotOutcome uint8

// Outcomes of slots.
const (
	// SlotStarted made an attempt.
	SlotStarted SlotOutcome = iota
	// SlotTaken had a session already.
	SlotTaken
	// SlotSkipped was passed over as the schedule says: it came too late, or
	// the session before had not ended.
	SlotSkipped
	// SlotRefused found too many attempts unfinished; it is tried again.
	SlotRefused
	// SlotFaulty belongs to a workflow that can't be started; it is tried
	// again.
	SlotFaulty
	// SlotGone was another process's by then, or its schedule is gone.
	SlotGone

	numSlotOutcomes
)

var slotNames = [numSlotOutcomes]string{"started", "taken", "skipped", "refused", "faulty", "gone"}

// String returns the name of o as it stands in logs.
func (o SlotOutcome) String() string { return slotNames[o] }

// Scheduler starts the sessions that schedules say are due. Any number of
// them may share a store: each slot is taken by the one that writes it first.
type Scheduler struct {
	cfg SchedulerConfig
	// plans are those of the workflows that have fired. A stored workflow
	// never changes.
	plans map[model.WorkflowID]*plan
	// looked, when set, is called when the store has said what is due.
	looked func()
}

// plan is what firing a workflow takes.
type plan struct {
	definition *workflow.Workflow
	calendar   schedule.Calendar
	err        error
}

// NewScheduler returns a scheduler, for one goroutine.
func NewScheduler(cfg SchedulerConfig) *Scheduler {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Every == 0 {
		cfg.Every = scheduleEvery
	}
	return &Scheduler{cfg: cfg, plans: make(map[model.WorkflowID]*plan)}
}

const (
	// schedulesAtOnce bounds the schedules that share a transaction.
	schedulesAtOnce = 1000
	// scheduleEvery is the default of SchedulerConfig.Every.
	scheduleEvery = time.Second
	// A slot that finds no room is tried again after Digdag's ten minutes, one
	// that fails for another reason after its hour.
	retryNoRoom  = 10 * time.Minute
	retryFailure = time.Hour
)

// Step fires one slot of each schedule that is due, and returns when to step
// again. Slots that were missed are made up for one after the other, without
// pause.
func (s *Scheduler) Step(ctx context.Context) (next model.Instant, err error) {
	now := model.InstantOf(s.cfg.Clock.Now())
	due, next, err := s.due(ctx, now)
	if err != nil {
		return now.Add(retryAfter), err
	}
	if s.looked != nil {
		s.looked()
	}
	if len(due) == 0 {
		return min(next, now.Add(s.cfg.Every)), nil
	}
	firings := make([]store.Firing, 0, len(due))
	for i := range due {
		f, err := s.decide(ctx, now, &due[i])
		if err != nil {
			return now.Add(retryAfter), err
		}
		firings = append(firings, f)
	}
	fired, err := s.cfg.Store.Fire(ctx, firings)
	if err != nil {
		return now.Add(retryAfter), err
	}
	if s.cfg.Fired != nil {
		for i := range fired {
			s.cfg.Fired(Slot{
				Schedule: due[i], Outcome: outcome(&due[i], &firings[i], &fired[i]),
				Late: now.Time().Sub(due[i].NextRun.Time()), Attempt: fired[i].Attempt,
			})
		}
	}
	return now, nil
}

// due returns what is due, and when the next of the others is.
func (s *Scheduler) due(ctx context.Context, now model.Instant) (due []store.Schedule, next model.Instant, err error) {
	if s.cfg.Project == 0 {
		return s.cfg.Store.DueSchedules(ctx, now, schedulesAtOnce)
	}
	next = model.Never
	for page := (store.Page{}); ; {
		list, cursor, err := s.cfg.Store.ListSchedules(ctx, store.ScheduleFilter{Project: s.cfg.Project}, page)
		if err != nil {
			return nil, 0, err
		}
		for _, of := range list {
			switch {
			case of.Disabled != 0:
			case of.NextRun <= now:
				due = append(due, of)
			default:
				next = min(next, of.NextRun)
			}
		}
		if page.Cursor = cursor; cursor == "" {
			return due, next, nil
		}
	}
}

// outcome says what a firing did to a schedule.
func outcome(was *store.Schedule, f *store.Firing, to *store.Fired) SlotOutcome {
	switch code := model.CodeOf(to.Err); {
	case to.Err != nil && code == model.Exhausted:
		return SlotRefused
	case to.Err != nil:
		return SlotGone
	case to.Attempt.ID != 0:
		return SlotStarted
	case f.Start != nil:
		return SlotTaken
	case f.Schedule.NextTime == was.NextTime:
		return SlotFaulty
	}
	return SlotSkipped
}

// decide returns what becomes of a schedule that is due. An error is the
// store's; what is wrong with the schedule postpones it.
func (s *Scheduler) decide(ctx context.Context, now model.Instant, due *store.Schedule) (store.Firing, error) {
	to := *due
	to.Updated = now
	p, err := s.plan(ctx, due.Workflow)
	switch {
	case model.CodeOf(err) == model.NotFound || err == nil && p.err != nil:
		to.NextRun = now.Add(retryFailure)
		return store.Firing{Schedule: to}, nil
	case err != nil:
		return store.Firing{}, err
	}
	busy, err := s.unfinished(ctx, due, p.calendar.Schedule)
	if err != nil {
		return store.Firing{}, err
	}
	slot := due.NextTime.Time()
	after := p.calendar.Schedule.NextAfter(slot)
	to.NextRun, to.NextTime = model.InstantOf(after.Run), model.InstantOf(after.Session)
	if p.calendar.Schedule.Decide(due.NextRun.Time(), now.Time(), busy) != schedule.Start {
		return store.Firing{Schedule: to}, nil
	}
	to.LastTime = due.NextTime
	refused := *due
	refused.NextRun, refused.Updated = now.Add(retryNoRoom), now
	return store.Firing{Schedule: to, Start: s.start(now, due, p), Refused: refused}, nil
}

func (s *Scheduler) start(now model.Instant, due *store.Schedule, p *plan) *store.Start {
	slot := due.NextTime.Time()
	given := Scheduled(p.definition, p.calendar, slot)
	if due.LastTime != 0 {
		given = given.Merge(params.Of("last_executed_session_time", schedule.FormatTime(due.LastTime.Time(), p.calendar.Zone)))
	}
	start := &store.Start{
		Session: store.Session{
			UUID: s.cfg.NewUUID(), Project: due.Project, Workflow: due.WorkflowName,
			Key: SessionKey(slot), Time: due.NextTime,
		},
		Zone: p.calendar.Zone.String(), Params: given, Definition: p.definition, Workflow: due.Workflow,
		MaxRunning: s.cfg.MaxRunning, Created: now, Due: due.NextRun,
	}
	if s.cfg.Turns.Queue || len(p.definition.Turn.Tags) > 0 { // for others a tag would be all that is written of tags
		start.Tags = model.Tags{model.ScheduleTag: strconv.FormatInt(int64(due.ID), 10)}
	}
	s.cfg.Turns.Ask(start, nil, 0)
	return start
}

// SessionKey is the key of a session that is for an instant.
func SessionKey(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// unfinished reports whether a slot of the schedule is to be passed over
// because some session's newest attempt runs and was not asked to end.
func (s *Scheduler) unfinished(ctx context.Context, due *store.Schedule, of *schedule.Schedule) (bool, error) {
	if !of.SkipOnOvertime {
		return false, nil
	}
	f := store.Filter{Project: due.Project, Workflow: due.WorkflowName, Running: true, Last: true}
	for page := (store.Page{}); ; {
		list, cursor, err := s.cfg.Store.ListAttempts(ctx, f, page)
		if err != nil {
			return false, err
		}
		for i := range list {
			if !list[i].CancelAsked {
				return true, nil
			}
		}
		if cursor == "" {
			return false, nil
		}
		page.Cursor = cursor
	}
}

// plan returns what a stored workflow's firing takes. The plan's own error
// says that the workflow can't be fired.
func (s *Scheduler) plan(ctx context.Context, id model.WorkflowID) (*plan, error) {
	if p, ok := s.plans[id]; ok {
		return p, nil
	}
	w, err := s.cfg.Store.Workflow(ctx, id)
	if err != nil {
		return nil, err
	}
	p := &plan{definition: w.Definition}
	p.calendar, p.err = schedule.NewCalendar(w.Zone, w.Definition.Schedule)
	if p.err == nil && p.calendar.Schedule == nil {
		p.err = model.Errorf(model.Invalid, "workflow %d has no schedule", id)
	}
	if len(s.plans) >= maxPlans {
		clear(s.plans) // those in use come back
	}
	s.plans[id] = p
	return p, nil
}

// maxPlans bounds the workflows that are remembered.
const maxPlans = 20_000

// Run steps the scheduler until ctx is done. Failures of the store are told to log,
// each once a minute, and the work goes on.
func (s *Scheduler) Run(ctx context.Context, log *slog.Logger) {
	c := complaints{log: log, clock: s.cfg.Clock, loop: "the scheduler"}
	s.looked = c.begins
	wake := make(chan struct{}, 1)
	defer s.cfg.Store.Watch(func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})()
	for ctx.Err() == nil {
		next, err := s.Step(ctx)
		if err != nil && ctx.Err() == nil {
			c.failed(err)
		}
		if s.cfg.Turned != nil && ctx.Err() == nil {
			s.cfg.Turned(err)
		}
		due, stop := s.cfg.Clock.After(max(0, next.Time().Sub(s.cfg.Clock.Now())))
		select {
		case <-ctx.Done():
		case <-due:
		case <-wake:
		}
		stop()
	}
}

// Reschedule returns the schedule of a workflow whose rule was stored anew: one that
// has run goes on after its last session, one that has not, or has none so far,
// begins at from.
func Reschedule(rule *schedule.Schedule, last *store.Schedule, from time.Time) *store.Schedule {
	slot, next := rule.First(from), store.Schedule{}
	if last != nil && last.LastTime != 0 {
		next.LastTime = last.LastTime
		slot = rule.NextAfter(last.LastTime.Time())
	}
	next.NextRun, next.NextTime = model.InstantOf(slot.Run), model.InstantOf(slot.Session)
	return &next
}
