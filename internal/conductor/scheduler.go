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
	// CatchUp is which missed slots are made up for of schedules that don't say so.
	CatchUp schedule.CatchUp
	// Every is how long a change by another process may go unseen. Defaults to a
	// second.
	Every time.Duration
	// Fired, when set, is called with what became of each slot, or range of slots that
	// were passed over, once that is stored. It must return soon.
	Fired func(Slot)
	// Turned, when set, is called with how each round of Run ended. It must return
	// soon.
	Turned func(error)
}

// Slot says what became of a slot of a schedule, or of several that were passed over.
type Slot struct {
	// Schedule is as it was before, with the time of the first of the slots.
	Schedule store.Schedule
	Outcome  SlotOutcome
	// Reason is that of SlotSkipped and SlotFaulty.
	Reason string
	// Slots is how many there are; of very many, at least so many.
	Slots int
	// Late is how long after the time of the schedule it was looked at.
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
			s.tell(now, &due[i], &firings[i], &fired[i])
		}
	}
	return now, nil
}

// tell tells what became of a firing.
func (s *Scheduler) tell(now model.Instant, due *store.Schedule, f *store.Firing, to *store.Fired) {
	slot := Slot{Schedule: *due, Late: now.Time().Sub(due.NextRun.Time())}
	if to.Err != nil && model.CodeOf(to.Err) != model.Exhausted {
		slot.Outcome, slot.Slots = SlotGone, 1
		s.cfg.Fired(slot)
		return
	}
	for i := range f.Ticks {
		t := &f.Ticks[i]
		slot.Schedule.NextTime, slot.Slots, slot.Reason, slot.Outcome = t.Slot, t.Slots, t.Reason, SlotSkipped
		if t.Outcome == store.TickFailed {
			slot.Outcome = SlotFaulty
		}
		s.cfg.Fired(slot)
	}
	if f.Start == nil {
		return
	}
	slot.Schedule.NextTime, slot.Slots, slot.Reason, slot.Attempt = f.Start.Session.Time, 1, "", to.Attempt
	slot.Late = now.Time().Sub(f.Start.Due.Time())
	switch {
	case to.Err != nil:
		slot.Outcome = SlotRefused
	case to.Attempt.ID != 0:
		slot.Outcome = SlotStarted
	default:
		slot.Outcome = SlotTaken
	}
	s.cfg.Fired(slot)
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

// decide returns what becomes of a schedule that is due. An error is the
// store's; what is wrong with the schedule postpones it.
func (s *Scheduler) decide(ctx context.Context, now model.Instant, due *store.Schedule) (store.Firing, error) {
	p, err := s.plan(ctx, due.Workflow)
	switch {
	case err != nil && model.CodeOf(err) == model.NotFound:
		return postponed(now, due, err), nil
	case err != nil:
		return store.Firing{}, err
	case p.err != nil:
		return postponed(now, due, p.err), nil
	}
	rule := p.calendar.Schedule
	busy, err := s.unfinished(ctx, due, rule)
	if err != nil {
		return store.Firing{}, err
	}
	slot := schedule.Time{Session: due.NextTime.Time(), Run: due.NextRun.Time()}
	v := rule.Decide(slot, now.Time(), busy)
	from := *due
	from.Updated = now
	f := store.Firing{}
	for _, passed := range v.Passed {
		f.Ticks = append(f.Ticks, TickPassed(due, now, passed))
		from.Evaluated = model.InstantOf(passed.Last)
	}
	f.Schedule = from
	f.Schedule.NextRun, f.Schedule.NextTime = model.InstantOf(v.Next.Run), model.InstantOf(v.Next.Session)
	if !v.Starts() {
		return f, nil
	}
	from.NextRun, from.NextTime = model.InstantOf(v.Start.Run), model.InstantOf(v.Start.Session)
	f.Start = s.start(now, &from, p)
	f.Schedule.LastTime, f.Schedule.Evaluated = from.NextTime, from.NextTime
	f.Refused = from
	f.Refused.NextRun = now.Add(retryNoRoom)
	return f, nil
}

// TickPassed returns the tick of slots of a schedule that are passed over.
func TickPassed(of *store.Schedule, now model.Instant, p schedule.Passed) store.Tick {
	t := store.Tick{
		At: now, Kind: store.ScheduleTick, Project: of.Project, Name: of.WorkflowName,
		Slot: model.InstantOf(p.First), Slots: p.Slots, Outcome: store.TickSkipped, Reason: p.Reason,
	}
	if p.Last.After(p.First) {
		t.Until = model.InstantOf(p.Last)
	}
	return t
}

// postponed is what becomes of a schedule whose workflow can't be started.
func postponed(now model.Instant, due *store.Schedule, err error) store.Firing {
	to := *due
	to.Updated, to.NextRun = now, now.Add(retryFailure)
	return store.Firing{Schedule: to, Ticks: []store.Tick{{
		At: now, Kind: store.ScheduleTick, Project: due.Project, Name: due.WorkflowName,
		Slot: due.NextTime, Slots: 1, Outcome: store.TickFailed, Reason: err.Error(),
	}}}
}

// start returns the start of the slot that a schedule stands at.
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
	p.calendar, p.err = CalendarOf(&w, s.cfg.CatchUp)
	if p.err == nil && p.calendar.Schedule == nil {
		p.err = model.Errorf(model.Invalid, "workflow %d has no schedule", id)
	}
	if len(s.plans) >= maxPlans {
		clear(s.plans) // those in use come back
	}
	s.plans[id] = p
	return p, nil
}

// CalendarOf returns when the sessions of a stored workflow are, where an instance has
// a default of what is made up for. What programs run says so itself.
func CalendarOf(w *store.Workflow, instance schedule.CatchUp) (schedule.Calendar, error) {
	c, err := schedule.NewCalendar(w.Zone, w.Definition.Schedule)
	if err == nil && c.Schedule != nil && w.Definition.Dialect != workflow.Program {
		c.Schedule = c.Schedule.WithDefault(instance)
	}
	return c, err
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

// Reschedule returns the schedule of a workflow whose rule was stored anew: one of
// which something was decided goes on after that, and where the rule has changed, not
// before from. Any other begins at from.
func Reschedule(rule *schedule.Schedule, last *store.Schedule, from time.Time) *store.Schedule {
	slot, next := rule.First(from), store.Schedule{Rule: rule.Rule()}
	if last != nil && max(last.LastTime, last.Evaluated) != 0 {
		next.LastTime, next.Evaluated = last.LastTime, max(last.LastTime, last.Evaluated)
		on := rule.NextAfter(next.Evaluated.Time())
		if last.Rule == "" || last.Rule == next.Rule || on.Session.After(slot.Session) {
			slot = on
		}
	}
	next.NextRun, next.NextTime = model.InstantOf(slot.Run), model.InstantOf(slot.Session)
	return &next
}
