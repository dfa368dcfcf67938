package pawl

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/boundary"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/reporters"
	"github.com/pawlhq/pawl/internal/store"
)

// Reporter is told what happens to the runs of a project, whoever drives them.
type Reporter interface {
	// Report is told of events in the order in which they were stored, in one call at
	// a time. After an error all of them are told again, first one by one, so that some
	// may be told more than once: Attempt and Seq name an event. It holds back no run,
	// and its errors fail none.
	Report(ctx context.Context, events []Happening) error
}

// ReporterFunc is a function as a Reporter.
type ReporterFunc func(ctx context.Context, events []Happening) error

// Report calls f.
func (f ReporterFunc) Report(ctx context.Context, events []Happening) error { return f(ctx, events) }

// ReporterConfig says what a reporter is told.
type ReporterConfig struct {
	// Reporter is told. Required.
	Reporter Reporter
	// Processes are the names of those of whose runs it is told, each of which the engine
	// is given; none means all.
	Processes []string
	// Types are the types of events, such as "task.failed", groups of them, such as
	// "attempt", or "failure"; none means all. The manual lists them.
	Types []string
	// Tags are those of the runs, all of them.
	Tags Tags
	// Retries is how often an event is told again, after 1 s and then ever later up to
	// 1 min, before it is passed over. Defaults to 10; less than zero is never.
	Retries int
}

// Happening is one event of a run, as reporters get it.
type Happening struct {
	// Type is that of the event, such as "attempt.started" or "task.failed".
	Type string
	At   time.Time
	// Process and Run are the name of the process and the key of the run.
	Process, Run string
	// Attempt is the number of the attempt, and Seq counts its events from 1.
	Attempt, Seq int64
	// Step is the path of the step, and Try the number of the try; what happened to the
	// run as a whole has none.
	Step string
	Try  int
	// State is that of the step, or of the run, after the event.
	State string
	// Data says more, by type.
	Data map[string]any
	// Text is a line for people.
	Text string
}

// happening returns an event as reporters get it.
func happening(e *history.Event) (Happening, error) {
	at, err := time.Parse(time.RFC3339Nano, e.Time)
	if err != nil {
		return Happening{}, err
	}
	attempt, err := strconv.ParseInt(e.AttemptID, 10, 64)
	return Happening{
		Type: string(e.Type), At: at, Process: e.Workflow, Run: e.Session, Attempt: attempt, Seq: e.Seq, Step: host.Path(e.Task), Try: int(e.Try),
		State: e.State, Data: decoded[map[string]any](e.Data), Text: e.Text(),
	}, err
}

// translating has a Reporter be told by the crew.
type translating struct{ to Reporter }

// Report implements reporters.Reporter.
func (t translating) Report(ctx context.Context, events []history.Event) (err error) {
	list := make([]Happening, len(events))
	for i := range events {
		if list[i], err = happening(&events[i]); err != nil {
			return err
		}
	}
	defer func() {
		if v := recover(); v != nil {
			err = boundary.Recovered(v)
		}
	}()
	return t.to.Report(ctx, list)
}

// checkReported refuses reporters that are told of processes that are not given.
func (c *Config) checkReported(processes []Definition) error {
	names := make([]string, len(processes))
	for i, d := range processes {
		names[i] = d.definition().name
	}
	for _, reporter := range slices.Sorted(maps.Keys(c.Reporters)) {
		for _, name := range c.Reporters[reporter].Processes {
			if slices.Contains(names, name) {
				continue
			}
			err := fmt.Errorf("reporter %q: Processes has process %q, which is not given", reporter, name)
			if hint := document.DidYouMean(name, names); hint != "" {
				err = fmt.Errorf("%w; %s", err, hint)
			}
			return err
		}
	}
	return nil
}

// crew returns what tells the reporters; nil where there are none.
func (e *Engine) crew(stepped bool) (*reporters.Crew, error) {
	if len(e.cfg.Reporters) == 0 {
		return nil, nil
	}
	o := reporters.Options{
		Store: e.store, Owner: "reporters/" + e.cfg.Project, Scope: e.cfg.Project, Log: e.cfg.Log, Clock: e.clock, Stepped: stepped,
	}
	for _, name := range slices.Sorted(maps.Keys(e.cfg.Reporters)) {
		c := e.cfg.Reporters[name]
		if c.Reporter == nil {
			return nil, fmt.Errorf("there is no Reporter %q", name)
		}
		types, err := history.ParseTypes(c.Types)
		if err == nil {
			err = model.Tags(c.Tags).Check()
		}
		if err != nil {
			return nil, fmt.Errorf("reporter %q: %w", name, explained(err))
		}
		o.Reporters = append(o.Reporters, reporters.Config{
			Name: name, Reporter: translating{c.Reporter}, Projects: []string{e.cfg.Project}, Workflows: c.Processes, Types: types, Tags: model.Tags(c.Tags), Retries: c.Retries,
		})
	}
	return reporters.New(o)
}

// report begins to tell the reporters. What is returned ends that. The configuration
// gets what has them be told soon.
func (e *Engine) report(ctx context.Context, cfg *host.Config, stepped bool) (stop func(), err error) {
	crew, err := e.crew(stepped)
	if err != nil || crew == nil {
		return func() {}, err
	}
	if stepped {
		cfg.AtRest = crew.Step
		return func() {}, nil
	}
	cfg.Committed = func(b *store.Batch) { crew.Committed(b) }
	loop, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		crew.Run(loop)
	}()
	return func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(leaveAfter):
		}
	}, nil
}

// leaveAfter is how long Close waits for a reporter that heeds no context.
const leaveAfter = 10 * time.Second
