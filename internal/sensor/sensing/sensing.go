// Package sensing evaluates the sensors of a store when they are due, starts what they
// ask for, and keeps what they have seen. It knows neither how a sensor is evaluated nor
// how a run is started.
package sensing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/turns"
)

// Config says what a loop works with. All fields are required but Turned and Parallel.
type Config struct {
	Store store.Store
	// Pool is that whose sensors are evaluated.
	Pool  store.Pool
	Clock clock.Clock
	// Evaluate evaluates a sensor of a workflow, which has its definition. It is called
	// concurrently, for different sensors, and ends when its context does.
	Evaluate func(ctx context.Context, of *store.Workflow, s *sensor.Sensor, given params.Map) (sensor.Answer, error)
	// Start starts a run. Made is false where its session has an attempt already. What
	// can't be started as it is asked for is Invalid.
	Start func(ctx context.Context, of *store.Workflow, r Run) (a store.Attempt, made bool, err error)
	// Parallel bounds the evaluations at a time. Zero is no limit.
	Parallel int
	// Turned is called with how each round of Run ended. It must return soon.
	Turned func(error)
	Log    *slog.Logger
}

// Run is what a sensor asks for.
type Run struct {
	// Key is that of the session; empty is a key of its own.
	Key    string
	Time   time.Time
	Params params.Map
	// Tags are those that the sensor asks for, and Own says that it was the sensor.
	Tags, Own model.Tags
}

// Loop evaluates sensors. Any number of loops may share a store: the one that has the
// lease is at work.
type Loop struct {
	cfg Config

	mu   sync.Mutex
	busy map[model.SensorID]bool
	// begun are the evaluations that have not ended. A turn does not wait for them, as
	// one that heeds no context would keep the others from their next turn.
	begun sync.WaitGroup
	// done tells Run that an evaluation has ended.
	done chan struct{}
}

// New returns a loop.
func New(cfg Config) *Loop {
	if cfg.Turned == nil {
		cfg.Turned = func(error) {}
	}
	return &Loop{cfg: cfg, busy: make(map[model.SensorID]bool), done: make(chan struct{}, 1)}
}

const (
	// atOnce bounds the sensors that one look finds.
	atOnce = 1000
	// lookEvery is how long a change by another process may go unseen.
	lookEvery = time.Second
	// leaseFor is how long a process that stands still keeps others from its sensors.
	leaseFor = 15 * time.Second
)

// Lease is the name of the lease of who evaluates the sensors of a pool.
func Lease(p store.Pool) string {
	if p == 0 {
		return "sensors"
	}
	return fmt.Sprintf("sensors of %d", p)
}

// Run evaluates sensors until ctx is done, whenever it is this loop's turn. It returns
// when the last evaluation has ended.
func (l *Loop) Run(ctx context.Context) {
	defer l.begun.Wait()
	mine := turns.Turn{Leases: l.cfg.Store, Owner: Lease(l.cfg.Pool), Lease: leaseFor, Clock: l.cfg.Clock}
	mine.Run(ctx, l.lead, func(err error) {
		l.cfg.Log.Warn("sensors are not evaluated for a moment", "error", err)
		l.cfg.Turned(err)
	})
}

// lead evaluates sensors until ctx is done or the store fails.
func (l *Loop) lead(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	defer l.cfg.Store.Watch(func() { nudge(wake) })()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for ctx.Err() == nil {
		now := model.InstantOf(l.cfg.Clock.Now())
		due, next, err := l.cfg.Store.DueSensors(ctx, l.cfg.Pool, now, atOnce)
		if err != nil {
			return err
		}
		for i := range due {
			if l.begin(due[i].ID) {
				l.begun.Go(func() { l.one(ctx, due[i]) })
			}
		}
		l.cfg.Turned(nil)
		rest := lookEvery
		if next > now { // else it is one that has to wait for others
			rest = min(rest, next.Time().Sub(now.Time()))
		}
		wait, release := l.cfg.Clock.After(rest)
		select {
		case <-ctx.Done():
		case <-wait:
		case <-wake:
		case <-l.done:
		}
		release()
	}
	return nil
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// begin reports whether a sensor is to be evaluated now, which counts as begun then.
func (l *Loop) begin(id model.SensorID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[id] || l.cfg.Parallel > 0 && len(l.busy) >= l.cfg.Parallel {
		return false
	}
	l.busy[id] = true
	return true
}

func (l *Loop) one(ctx context.Context, s store.Sensor) {
	err := l.Evaluate(ctx, s)
	if err != nil && ctx.Err() == nil {
		l.cfg.Log.Error("what came of a sensor can't be stored", "project", s.ProjectName, "workflow", s.WorkflowName, "error", err)
		clock.Pause(ctx, l.cfg.Clock, lookEvery) // or the next look would begin it again at once
	}
	l.mu.Lock()
	delete(l.busy, s.ID)
	l.mu.Unlock()
	nudge(l.done)
}

// Step evaluates the sensors that are due, one after the other, and returns when the
// next one is: for tests, in which nothing else happens meanwhile.
func (l *Loop) Step(ctx context.Context) (next model.Instant, err error) {
	now := model.InstantOf(l.cfg.Clock.Now())
	due, next, err := l.cfg.Store.DueSensors(ctx, l.cfg.Pool, now, atOnce)
	for i := range due {
		if err != nil {
			break
		}
		err = l.Evaluate(ctx, due[i])
	}
	if err == nil && len(due) > 0 {
		_, next, err = l.cfg.Store.DueSensors(ctx, l.cfg.Pool, now, 0)
	}
	return next, err
}

// maxReason bounds what a tick says, in bytes.
const maxReason = 2000

// Evaluate evaluates a sensor, starts what it asks for and stores what it has seen. An
// error is the store's; what goes wrong with the sensor is said by its tick.
//
// The runs are started before the cursor is stored. A crash in between has the sensor
// evaluated once more with the cursor before, and ask for the same again: a request
// with a run key starts nothing then, one without a key does.
func (l *Loop) Evaluate(ctx context.Context, s store.Sensor) error {
	of, err := l.cfg.Store.Workflow(ctx, s.Workflow)
	if err != nil {
		return err
	}
	now := l.cfg.Clock.Now()
	at := model.InstantOf(now)
	tick := store.Tick{At: at, Kind: store.SensorTick, Project: s.Project, Name: s.WorkflowName, Outcome: store.TickFailed}
	to := s
	rule, err := sensor.Parse(of.Definition.Sensor)
	var used []string
	if err != nil { // it was checked when it was pushed
		rule = &sensor.Sensor{Every: sensor.DefaultEvery}
	} else {
		used, err = l.sense(ctx, &of, rule, &to, &tick)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		to.Failures++
		tick.Outcome, tick.Reason = store.TickFailed, reason(err)
		if h := model.HintsOf(err); h != "" {
			tick.Reason += " (" + h + ")"
		}
	case tick.Outcome == store.TickFailed && tick.Started == 0: // nothing that it asks for can be started
		to.Failures++
	default:
		to.Failures = 0
	}
	to.LastTick, to.Updated = at, at
	to.NextTick = model.InstantOf(rule.Next(l.cfg.Clock.Now(), to.Failures))
	if _, err := l.cfg.Store.ChangeSensor(ctx, to, used...); err != nil {
		switch model.CodeOf(err) {
		case model.NotFound: // with its workflow, or its project
		case model.Conflict:
			tick.Reason = strings.TrimPrefix(tick.Reason+"; the sensor was changed meanwhile, so that it keeps the cursor that it has", "; ")
		default:
			return err
		}
	}
	if len(tick.Reason) > maxReason {
		tick.Reason = strings.ToValidUTF8(tick.Reason[:maxReason], "") + " …"
	}
	if tick.Outcome == store.TickFailed {
		l.cfg.Log.Warn("a sensor failed", "project", s.ProjectName, "workflow", s.WorkflowName, "failures", to.Failures, "error", tick.Reason)
	}
	return l.cfg.Store.AppendTicks(ctx, []store.Tick{tick})
}

func reason(err error) string { return strings.ReplaceAll(boundary.Text(err), "\x00", "") }

// errTimeout is the cause with which the context of an evaluation ends that takes too
// long.
var errTimeout = errors.New("it took too long")

// sense evaluates a sensor and carries out its answer. It changes what the sensor has
// seen, completes the tick, and returns the run keys that were used.
func (l *Loop) sense(ctx context.Context, of *store.Workflow, rule *sensor.Sensor, to *store.Sensor, tick *store.Tick) (used []string, err error) {
	answer, err := l.ask(ctx, of, rule, to)
	if err != nil {
		return nil, err
	}
	used, problems, err := l.carryOut(ctx, of, rule, to, tick, answer)
	if err != nil {
		return used, err
	}
	if answer.Cursor != nil {
		to.Cursor = *answer.Cursor
	}
	switch {
	case len(problems) > 0:
		tick.Outcome, tick.Reason = store.TickFailed, strings.Join(problems, "; ")
	case tick.Started > 0:
		tick.Outcome = store.TickStarted
	case len(answer.Requests) > 0:
		tick.Outcome, tick.Reason = store.TickSkipped, "each run that it asked for was started before"
	default:
		tick.Outcome, tick.Reason = store.TickSkipped, answer.Skip
	}
	return used, nil
}

// ask evaluates a sensor within its time.
func (l *Loop) ask(ctx context.Context, of *store.Workflow, rule *sensor.Sensor, s *store.Sensor) (sensor.Answer, error) {
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	passed, release := l.cfg.Clock.After(rule.Timeout)
	defer release()
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-passed:
			cancel(errTimeout)
		case <-ended:
		}
	})
	last := ""
	if s.LastTick != 0 {
		last = s.LastTick.Time().UTC().Format(time.RFC3339)
	}
	answer, err := l.cfg.Evaluate(limited, of, rule, rule.Given(s.Cursor, s.LastKey, last))
	close(ended)
	watch.Wait()
	if said := strings.TrimSpace(answer.Printed); said != "" {
		l.cfg.Log.Info("a sensor printed", "project", s.ProjectName, "workflow", s.WorkflowName, "text", strings.ToValidUTF8(said[max(0, len(said)-maxReason):], ""))
	}
	if errors.Is(context.Cause(limited), errTimeout) {
		return sensor.Answer{}, model.Errorf(model.RunFailed, "it took longer than its timeout of %s, and was ended", rule.Timeout)
	}
	return answer, err
}

// carryOut starts what a sensor asks for, in order. Problems are about requests that
// can't be carried out; the others are. An error is about all that come after.
func (l *Loop) carryOut(ctx context.Context, of *store.Workflow, rule *sensor.Sensor, to *store.Sensor, tick *store.Tick, answer sensor.Answer) (used, problems []string, err error) {
	var keys []string
	for _, r := range answer.Requests {
		if r.Key != "" {
			keys = append(keys, r.Key)
		}
	}
	known, err := l.cfg.Store.KnownRunKeys(ctx, to.ID, keys)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range answer.Requests {
		if r.Key != "" && (slices.Contains(known, r.Key) || slices.Contains(used, r.Key)) {
			continue
		}
		run := Run{
			Time: tick.At.Time(), Params: rule.Params.Merge(r.Params), Tags: r.Tags,
			Own: model.Tags{model.SensorTag: fmt.Sprint(int64(to.ID))},
		}
		if r.Key != "" {
			run.Key = sensor.SessionKey(r.Key)
		}
		a, made, err := l.cfg.Start(ctx, of, run)
		if err != nil && model.CodeOf(err) == model.Invalid {
			problems = append(problems, fmt.Sprintf("%s: %s", named(i, r.Key), reason(err)))
			continue
		}
		if err != nil {
			return used, problems, model.Errorf(model.CodeOf(err), "%s can't be started, and is asked for again: %w", named(i, r.Key), err)
		}
		if r.Key != "" {
			used, to.LastKey = append(used, r.Key), r.Key
		}
		if made {
			tick.Started++
			tick.Attempts = append(tick.Attempts, a.ID)
		}
	}
	return used, problems, nil
}

// named says which request is meant.
func named(i int, key string) string {
	if key == "" {
		return fmt.Sprintf("request %d", i+1)
	}
	return fmt.Sprintf("request %d with run_key %q", i+1, key)
}
