// Package host drives the attempts of one project in the program that has the
// functions of its tasks: by a conductor in the background, or step by step and
// with a clock of its own for tests. It knows no kinds of steps and nobody who
// defines them.
package host

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/calls/stored"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/items"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/sensor"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// Config says what a host works with.
type Config struct {
	// Store has the attempts. Required; whoever opened it closes it.
	Store store.Store
	// Project is the one whose attempts are driven. Required.
	Project model.ProjectID
	// Schedules says that the schedules of the project are to be fired.
	Schedules bool
	// Sense evaluates the sensor of a workflow of the project, given what it has seen.
	// Nil has no sensors evaluated.
	Sense func(ctx context.Context, of *store.Workflow, given params.Map) (sensor.Answer, error)
	// Operators perform the tasks. Required.
	Operators *operator.Registry
	// Slots bounds the tasks that run at a time. Required.
	Slots int
	// Logs keeps what tasks print; nil keeps nothing. LogLevel is the least level of the
	// messages among it.
	Logs     logs.Store
	LogLevel logs.Level
	// Retention says how long what nobody needs to go on is kept.
	Retention store.Retention
	// Tell is that of the conductor; nil tells nobody.
	Tell Tell
	// With returns the context of an operator with what its functions look for;
	// nil adds nothing.
	With func(context.Context) context.Context
	// Outputs looks for what tasks have kept; nil has none.
	Outputs memo.Outputs
	// Pruned is called with each part of what retention has deleted; nil for
	// nobody.
	Pruned func(context.Context, *store.Pruned)
	// Committed, when set, is called with what was committed, and keeps nothing of it;
	// AtRest, in the place of that, when a host without goroutines has nothing to do.
	Committed func(*store.Batch)
	AtRest    func(context.Context) error
	// Clock tells the time. Required.
	Clock clock.Clock
	// Log receives what operators are to know. Required.
	Log *slog.Logger
}

// Tell returns what makes the records that tell others of an attempt.
type Tell = func(context.Context, *store.Attempt, *workflow.Workflow) (conductor.Teller, error)

// Host drives attempts.
type Host interface {
	// Start makes an attempt of a session, or returns the one that exists under the
	// same name with made false. When it returns, the start is durable.
	Start(ctx context.Context, s store.Start) (a store.Attempt, made bool, err error)
	// Feeding takes messages in for any attempts, and the host goes on with its own.
	store.Feeding
	// Stir is called after something was written to the store that an attempt is
	// to go on with.
	Stir(ctx context.Context) error
	// Wait returns an attempt once it is done.
	Wait(ctx context.Context, id model.AttemptID) (store.Attempt, error)
	// Close ends what runs. Others, or the next host, go on where it ends.
	Close() error
}

// opener returns what makes jobs of the dispatches of an attempt.
func (c *Config) opener() func(store.Attempt, *workflow.Workflow) func(*engine.Effect) runner.Job {
	x := &executor.Executor{Operators: c.Operators, Logs: c.Logs, LogLevel: c.LogLevel, Now: c.Clock.Now}
	return func(a store.Attempt, w *workflow.Workflow) func(*engine.Effect) runner.Job {
		before, defined := &past{in: c.Store, from: a.Resume}, model.TaskID(w.Root.Size())
		opened := x.Open(executor.AttemptInfo{
			ID: a.ID, Session: a.Session.ID, SessionUUID: a.Session.UUID, SessionTime: a.Session.Time.Time(),
			Project: a.Session.Project, Name: a.Name, Zone: time.UTC, Dialect: w.Dialect, Params: a.Params,
			Services: operator.Services{Messages: true, Runs: c.runs(a.Session.Project)},
			Carried:  before.results(),
			Items:    items.Lists{Store: c.Store, Resume: a.Resume},
			Memo:     memo.Memo{Addresses: c.Store, Project: a.Session.Project, Afresh: a.Resume.Again(), Outputs: c.Outputs},
		})
		return func(e *engine.Effect) runner.Job {
			job := opened.Job(e)
			of := &work{Work: job.Work, key: a.Session.Key, log: c.Log, id: job.ID, with: c.With}
			if e.Task < defined { // a later round is work of its own
				of.name, of.before = e.Name, before
			}
			job.Work = of
			return job
		}
	}
}

// runs are what the tasks of a project may call.
func (c *Config) runs(own model.ProjectID) operator.Runs {
	return stored.Runs{Store: c.Store, Own: own, Begin: func(ctx context.Context, w *store.Workflow, r operator.StartRequest) (store.Attempt, error) {
		a, _, err := c.Store.StartAttempt(ctx, store.Start{
			Session: store.Session{UUID: uuid.NewString(), Project: w.Project, Workflow: w.Name, Key: r.Key, Time: model.InstantOf(r.Time)},
			Name:    r.Name, Zone: w.Zone, Params: r.Params, Definition: w.Definition, Workflow: w.ID, Created: model.InstantOf(c.Clock.Now()),
		})
		return a, err
	}}
}

// scheduler returns what fires the schedules of the project.
func (c *Config) scheduler(s conductor.SchedulerConfig) *conductor.Scheduler {
	s.Store, s.Project, s.Clock, s.NewUUID = c.Store, c.Project, c.Clock, uuid.NewString
	return conductor.NewScheduler(s)
}

// work tells what it is part of.
type work struct {
	runner.Work
	key string
	log *slog.Logger
	id  model.TryID
	// with is that of the configuration.
	with func(context.Context) context.Context
	// before finds by its full name where the work of the task was begun; nil is for
	// work that can only have begun with this one.
	before *past
	name   string
}

// workKey finds the work in the context of an operator.
type workKey struct{}

// Run implements runner.Work.
func (w *work) Run(ctx context.Context) runner.Outcome {
	if ctx = context.WithValue(ctx, workKey{}, w); w.with != nil {
		ctx = w.with(ctx)
	}
	return w.Work.Run(ctx)
}

// Key returns the key of the session that a task is part of, given the context of
// its operator.
func Key(ctx context.Context) string {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		return w.key
	}
	return ""
}

// Begun returns the attempt and the task as which the work of a task was begun,
// given the context of its operator: an earlier attempt, where the whole runs on
// after a failure and the work has not ended well before.
func Begun(ctx context.Context) (model.AttemptID, model.TaskID) {
	w, ok := ctx.Value(workKey{}).(*work)
	if !ok {
		return 0, 0
	}
	id := w.id
	if w.before != nil {
		id = w.before.work(w.name, id)
	}
	return id.Attempt, id.Task
}

// Log returns the logger for what a task is about, given the context of its
// operator.
func Log(ctx context.Context) *slog.Logger {
	if w, ok := ctx.Value(workKey{}).(*work); ok {
		return w.log
	}
	return slog.Default()
}

// unreadable tells that an attempt does not go on.
func (c *Config) unreadable(id model.AttemptID, err error) {
	c.Log.Error("a run does not go on, as something stored of it can't be read; it is tried again now and then", "attempt", int64(id), "error", err)
}

// Under says what an engine is to work on instead of what its configuration
// names.
type Under struct {
	Store store.Store
	Logs  logs.Store
	Clock clock.Clock
	// Drive makes the host.
	Drive func(context.Context, Config) (Host, error)
}

// Inside is what an engine works with.
type Inside struct {
	Store store.Store
	Host  Host
	// Claims are the topics whose records are sent elsewhere than to a broker.
	Claims *relay.Claims
}

// Of returns what an engine works with, for packages beside that of engines, which
// sets it.
var Of func(engine any) Inside

type underKey struct{}

// With returns a context that has an engine work on something else.
func With(ctx context.Context, u Under) context.Context { return context.WithValue(ctx, underKey{}, u) }

// UnderOf returns what an engine is to work on, if there is such a thing.
func UnderOf(ctx context.Context) (Under, bool) {
	u, ok := ctx.Value(underKey{}).(Under)
	return u, ok
}

// notDone says what keeps an attempt from ending.
func notDone(a *engine.Attempt) error {
	var waits string
	for v := range a.Tasks() {
		if v.State == model.Waiting || v.State == model.Running {
			waits += fmt.Sprintf(" %s is %s;", v.Name, v.State)
		}
	}
	return model.Errorf(model.Conflict, "it does not end by itself:%s", waits)
}
