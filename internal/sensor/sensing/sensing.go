// Package sensing evaluates the sensors of a store when they are due, starts what they
// ask for, and keeps what they have seen. It knows neither how a sensor is evaluated nor
// how a run is started.
package sensing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

	mu sync.Mutex
	// busy are the sensors whose evaluations have not ended. A turn does not wait for
	// them, as one that heeds no context would keep the others from their next turn.
	busy map[model.SensorID]store.Sensor
	// done tells Run that an evaluation has ended.
	done chan struct{}
}

// New returns a loop.
func New(cfg Config) *Loop {
	if cfg.Turned == nil {
		cfg.Turned = func(error) {}
	}
	return &Loop{cfg: cfg, busy: make(map[model.SensorID]store.Sensor), done: make(chan struct{}, 1)}
}

const (
	// atOnce bounds the sensors that one look finds, beside those that are busy.
	atOnce = 1000
	// lookEvery is how long a change by another process may go unseen.
	lookEvery = time.Second
	// leaseFor is how long a process that stands still keeps others from its sensors.
	leaseFor = 15 * time.Second
	// finishWithin is how long what a sensor asks for is carried out after the end of a
	// turn: for less than it takes until others may have theirs.
	finishWithin = leaseFor / 3
	// endWithin is how long Run waits for evaluations after its end.
	endWithin = 10 * time.Second
)

// Lease is the name of the lease of who evaluates the sensors of a pool.
func Lease(p store.Pool) string {
	if p == 0 {
		return "sensors"
	}
	return fmt.Sprintf("sensors of %d", p)
}

// Run evaluates sensors until ctx is done, whenever it is this loop's turn. It returns
// when the last evaluation has ended. One that has not done so ten seconds after its
// context is left alone: nothing comes of it any more.
func (l *Loop) Run(ctx context.Context) {
	defer l.end()
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
		before := l.evaluated()
		due, next, err := l.cfg.Store.DueSensors(ctx, l.cfg.Pool, now, atOnce+len(before)) // those are due all the time
		if err != nil {
			return err
		}
		for i := range due {
			// Of one that was evaluated meanwhile, what was read may be old.
			if _, old := before[due[i].ID]; !old && l.begin(&due[i]) {
				go l.one(ctx, due[i]) // end waits for it
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

// end waits for the evaluations that have not ended, and says which it leaves alone.
func (l *Loop) end() {
	passed, release := l.cfg.Clock.After(endWithin)
	defer release()
	for left := l.evaluated(); len(left) > 0; left = l.evaluated() {
		select {
		case <-l.done:
		case <-passed:
			for _, s := range left {
				l.cfg.Log.Warn("a sensor does not end, although its context is done, and is left alone", "project", s.ProjectName, "workflow", s.WorkflowName)
			}
			return
		}
	}
}

// evaluated returns the sensors whose evaluations have not ended.
func (l *Loop) evaluated() map[model.SensorID]store.Sensor {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.busy)
}

// begin reports whether a sensor is to be evaluated now, which counts as begun then.
func (l *Loop) begin(s *store.Sensor) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cfg.Parallel > 0 && len(l.busy) >= l.cfg.Parallel {
		return false
	}
	l.busy[s.ID] = *s
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
	at := model.InstantOf(l.cfg.Clock.Now())
	e := evaluation{
		Loop: l, read: s, to: s, hide: func(text string) string { return text },
		tick: store.Tick{At: at, Kind: store.SensorTick, Project: s.Project, Name: s.WorkflowName, Outcome: store.TickFailed},
	}
	e.to.LastTick, e.to.Updated = at, at
	of, rule, err := l.read(ctx, &s)
	if rule == nil {
		return err
	}
	if err != nil { // nothing changes it but another process, or a push
		e.count(err)
		e.to.NextTick = model.InstantOf(rule.Next(l.cfg.Clock.Now(), 0))
		return e.keep(ctx)
	}
	answer, err := l.ask(ctx, of, rule, &s)
	if ctx.Err() != nil { // the store may be closed by now
		return context.Cause(ctx)
	}
	ctx, done := l.outlasting(ctx)
	defer done()
	if answer.Hide != nil {
		e.hide = answer.Hide
	}
	if err == nil {
		err = e.carryOut(ctx, of, rule, &answer)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.count(err)
	e.to.NextTick = model.InstantOf(rule.Next(l.cfg.Clock.Now(), e.to.Failures))
	return e.keep(ctx)
}

// read reads the workflow of a sensor, and what that says of it. Where it can't be read,
// there is an error, and a rule nevertheless; no rule is an error of the store.
func (l *Loop) read(ctx context.Context, s *store.Sensor) (*store.Workflow, *sensor.Sensor, error) {
	of, err := l.cfg.Store.Workflow(ctx, s.Workflow)
	if err != nil && (ctx.Err() != nil || model.CodeOf(err) == model.Unavailable) {
		return nil, nil, err
	}
	if err == nil {
		var rule *sensor.Sensor
		if rule, err = sensor.Parse(of.Definition.Sensor); err == nil {
			return &of, rule, nil
		}
	}
	return nil, &sensor.Sensor{Every: sensor.DefaultEvery}, err
}

// outlasting returns a context that ends some time after another one, so that what was
// begun is finished, and what ends it.
func (l *Loop) outlasting(ctx context.Context) (longer context.Context, end func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		clock.Pause(longer, l.cfg.Clock, finishWithin)
		cancel()
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// evaluation is one of a sensor.
type evaluation struct {
	*Loop
	// read is the sensor as it was, and to as it is to be.
	read, to store.Sensor
	tick     store.Tick
	// used are the run keys that were used.
	used []string
	// hide masks what is secret in a text.
	hide func(string) string
}

// count completes what is said of an evaluation, and counts the failures in a row.
func (e *evaluation) count(err error) {
	t := &e.tick
	if err != nil {
		t.Outcome, t.Reason = store.TickFailed, reason(err)
		if h := model.HintsOf(err); h != "" {
			t.Reason += " (" + h + ")"
		}
	}
	if t.Reason = e.hide(t.Reason); len(t.Reason) > maxReason {
		t.Reason = strings.ToValidUTF8(t.Reason[:maxReason], "") + " …"
	}
	if err != nil || t.Outcome == store.TickFailed && t.Started == 0 { // nothing that it asks for can be started
		e.to.Failures++
	} else {
		e.to.Failures = 0
	}
}

// keep stores what an evaluation came to.
func (e *evaluation) keep(ctx context.Context) error {
	e.tell()
	for {
		_, err := e.cfg.Store.SensorTicked(ctx, e.to, e.tick, e.used)
		switch model.CodeOf(err) {
		case model.NotFound: // it has gone with its workflow, or its project
			return e.cfg.Store.AppendTicks(ctx, []store.Tick{e.tick})
		case model.Conflict:
			at, err := e.cfg.Store.Sensor(ctx, e.to.ID)
			if err == nil {
				e.merge(at)
			} else if model.CodeOf(err) != model.NotFound {
				return err
			}
		default:
			return err
		}
	}
}

// merge lays what an evaluation came to over a sensor that was changed meanwhile: another
// cursor, and when it is to be evaluated again, stay as they were set.
func (e *evaluation) merge(at store.Sensor) {
	to, read := e.to, &e.read
	e.to = at
	e.to.LastTick, e.to.Updated = max(at.LastTick, to.LastTick), max(at.Updated, to.Updated)
	if to.LastKey != read.LastKey {
		e.to.LastKey = to.LastKey
	}
	moved := at.Cursor != read.Cursor
	if !moved {
		e.to.Cursor = to.Cursor
	}
	if !moved && at.Workflow == read.Workflow && at.NextTick == read.NextTick {
		e.to.NextTick, e.to.Failures = to.NextTick, to.Failures
	}
	if moved && to.Cursor != read.Cursor && !strings.HasSuffix(e.tick.Reason, keeps) {
		e.tick.Reason = strings.TrimPrefix(e.tick.Reason+"; "+keeps, "; ")
	}
	e.read = at
}

const keeps = "the sensor was changed meanwhile, so that it keeps the cursor that it has"

// tell logs a failure, unless the last evaluation failed in the same way.
func (e *evaluation) tell() {
	t, of := &e.tick, &e.read
	if t.Outcome != store.TickFailed || of.LastOutcome == store.TickFailed && of.LastReason == t.Kept().Reason {
		return
	}
	e.cfg.Log.Warn("a sensor failed; it is not said again as long as it fails in the same way",
		"project", of.ProjectName, "workflow", of.WorkflowName, "failures", e.to.Failures, "error", t.Reason)
}

func reason(err error) string { return strings.ReplaceAll(boundary.Text(err), "\x00", "") }

// errTimeout is the cause with which the context of an evaluation ends that takes too
// long.
var errTimeout = errors.New("it took too long")

// carryOut carries out what a sensor asks for, as far as it can be, and completes the
// tick.
func (e *evaluation) carryOut(ctx context.Context, of *store.Workflow, rule *sensor.Sensor, answer *sensor.Answer) error {
	problems, err := e.startAll(ctx, of, rule, answer.Requests)
	if err != nil {
		return err
	}
	if answer.Cursor != nil {
		e.to.Cursor = *answer.Cursor
	}
	t := &e.tick
	switch {
	case len(problems) > 0:
		t.Outcome, t.Reason = store.TickFailed, strings.Join(problems, "; ")
	case t.Started > 0:
		t.Outcome = store.TickStarted
	case len(answer.Requests) > 0:
		t.Outcome, t.Reason = store.TickSkipped, "each run that it asked for was started before"
	default:
		t.Outcome, t.Reason = store.TickSkipped, answer.Skip
	}
	return nil
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

// startAll starts what a sensor asks for, in order. Problems are about requests that
// can't be carried out; the others are. An error is about all that come after.
func (e *evaluation) startAll(ctx context.Context, of *store.Workflow, rule *sensor.Sensor, requests []sensor.Request) (problems []string, err error) {
	var keys []string
	for _, r := range requests {
		if r.Key != "" {
			keys = append(keys, r.Key)
		}
	}
	known, err := e.cfg.Store.KnownRunKeys(ctx, e.to.ID, keys)
	if err != nil {
		return nil, err
	}
	for i, r := range requests {
		if r.Key != "" && (slices.Contains(known, r.Key) || slices.Contains(e.used, r.Key)) {
			continue
		}
		run := Run{
			Time: e.tick.At.Time(), Params: rule.Params.Merge(r.Params), Tags: r.Tags,
			Own: model.Tags{model.SensorTag: fmt.Sprint(int64(e.to.ID))},
		}
		if r.Key != "" {
			run.Key = sensor.SessionKey(r.Key)
		}
		a, made, err := e.cfg.Start(ctx, of, run)
		if err != nil && model.CodeOf(err) == model.Invalid {
			problems = append(problems, fmt.Sprintf("%s: %s", named(i, e.hide(r.Key)), reason(err)))
			continue
		}
		if err != nil {
			return problems, model.Errorf(model.CodeOf(err), "%s can't be started, and is asked for again: %w", named(i, e.hide(r.Key)), err)
		}
		if r.Key != "" {
			e.used, e.to.LastKey = append(e.used, r.Key), r.Key
		}
		if made {
			e.tick.Started++
			e.tick.Attempts = append(e.tick.Attempts, a.ID)
		}
	}
	return problems, nil
}

// named says which request is meant.
func named(i int, key string) string {
	if key == "" {
		return fmt.Sprintf("request %d", i+1)
	}
	return fmt.Sprintf("request %d with run_key %q", i+1, key)
}
