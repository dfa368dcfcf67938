// Package reporters tells others what happens to attempts: it reads the log of
// events, gives each reporter those that it asks for, and keeps how far it came. A
// reporter that fails is asked again, and holds back neither runs nor the others.
//
// It knows the contract of stores, and nothing of who drives attempts.
package reporters

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/turns"
)

// Reporter tells others what happened.
type Reporter interface {
	// Report tells of events, in order, in one call at a time. After an error all of
	// them are given again, first one by one, so that some may be told more than once:
	// an attempt and a Seq name an event.
	Report(ctx context.Context, events []history.Event) error
}

// Closer is a Reporter that holds something.
type Closer interface {
	// Close releases it, once no call is under way.
	Close()
}

// Each is a Reporter that tells of one event at a time.
type Each func(ctx context.Context, e *history.Event) error

// Report implements Reporter.
func (f Each) Report(ctx context.Context, events []history.Event) error {
	for i := range events {
		if err := f(ctx, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

// Config says what a reporter is told.
type Config struct {
	// Name is that under which its place is kept. Required.
	Name string
	// Reporter is who tells. Required.
	Reporter Reporter
	// Projects and Workflows are the names of those that it is told of; none means all.
	// A workflow may be named with its project, as PROJECT/WORKFLOW.
	Projects, Workflows []string
	// Types are those of the events that it is told of, and Tags what their attempts
	// have.
	Types history.Types
	Tags  model.Tags
	// Retries is how often an event is given again before it is passed over. Defaults
	// to 10; negative is never.
	Retries int
}

func (c *Config) wants(e *history.Event) bool {
	return (len(c.Projects) == 0 || slices.Contains(c.Projects, e.Project)) &&
		(len(c.Workflows) == 0 || slices.Contains(c.Workflows, e.Workflow) || slices.Contains(c.Workflows, e.Project+"/"+e.Workflow))
}

// Options say whom to tell.
type Options struct {
	// Store has the log, and keeps how far each came. Required.
	Store store.Store
	// Reporters are told, each beside the others. Their names differ.
	Reporters []Config
	// Owner is the name of the lease of those who tell: of all with one, one does at a
	// time. Defaults to "reporters".
	Owner string
	// Scope begins the names of the reporters where they are kept and listed, before a
	// slash; empty is for those of servers.
	Scope string
	// Stepped is for who calls Step instead of Run. No time passes between retries then.
	Stepped bool
	// Lease is as in turns.Turn. Defaults to 15 s.
	Lease time.Duration
	// Log receives what goes wrong. Required.
	Log *slog.Logger
	// Clock defaults to clock.System.
	Clock clock.Clock
}

const (
	defaultRetries = 10
	defaultLease   = 15 * time.Second
)

// Crew tells what happens to all its reporters.
type Crew struct {
	options Options
	reader  *history.Reader
	tellers []*teller
}

// New returns what tells reporters. It is Invalid where one has no name, or that of
// another.
func New(o Options) (*Crew, error) {
	o.Owner, o.Lease = cmp.Or(o.Owner, "reporters"), cmp.Or(o.Lease, defaultLease)
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	c := &Crew{options: o, reader: history.NewReader(o.Store)}
	seen := make(map[string]bool)
	for _, r := range o.Reporters {
		if r.Name == "" || strings.ContainsAny(r.Name, "./ ") || seen[r.Name] {
			return nil, model.Errorf(model.Invalid, "%q is not a name for a reporter, or that of two", r.Name).
				WithHint("names have neither dots nor slashes nor blanks")
		}
		seen[r.Name] = true
		r.Retries = cmp.Or(r.Retries, defaultRetries)
		c.tellers = append(c.tellers, &teller{Config: r, crew: c, bell: make(chan struct{}, 1)})
	}
	return c, nil
}

// Committed has reporters be told soon of what this process has committed. It keeps
// nothing of the batch.
func (c *Crew) Committed(b *store.Batch) {
	if len(b.Events) == 0 {
		return
	}
	for _, t := range c.tellers {
		select {
		case t.bell <- struct{}{}:
		default: // it is to look already
		}
	}
}

// Run tells reporters until ctx ends, whenever it is this process's turn. It is called
// once, and closes the reporters that hold something.
func (c *Crew) Run(ctx context.Context) {
	mine := turns.Turn{Leases: c.options.Store, Owner: c.options.Owner, Lease: c.options.Lease, Clock: c.options.Clock}
	mine.Run(ctx, c.work, func(err error) { c.options.Log.Warn("reporters are not told for a moment", "error", err) })
	for _, t := range c.tellers {
		if held, ok := t.Reporter.(Closer); ok {
			held.Close()
		}
	}
}

// Step tells all reporters, one after the other, of what there is to tell.
func (c *Crew) Step(ctx context.Context) error {
	for _, t := range c.tellers {
		if err := t.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, unless ctx ends, which is false.
func (c *Crew) pause(ctx context.Context, wait time.Duration) bool {
	if c.options.Stepped {
		return ctx.Err() == nil
	}
	return clock.Pause(ctx, c.options.Clock, wait)
}

// work tells all reporters until ctx ends.
func (c *Crew) work(ctx context.Context) error {
	var all sync.WaitGroup
	for _, t := range c.tellers {
		all.Go(func() { t.run(ctx) })
	}
	all.Wait()
	return nil
}
