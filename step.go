package pawl

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Step is a part of a process over parameters of type P: a function to call, a
// message or a time to wait for, or a group of other steps. It is a value: its
// methods return changed copies, and one step may stand in any number of
// processes. What is wrong with it is an error of Define.
type Step[P any] struct{ of *step }

// kind says what a step does.
type kind uint8

const (
	executes kind = iota + 1
	sends
	listens
	waits
	polls
	calls
	lists
	decides
	sequence
	parallel
	dynamic
)

// group reports whether steps of the kind have others below them.
func (k kind) group() bool { return k >= decides }

// step is a Step without the type of its parameters.
type step struct {
	kind kind
	name string
	call function // nil of groups but those that decide
	kids []*step

	topic    Topic
	to       Subscription
	when     When
	interval Interval
	// items says how the items are run that are listed, and item is called for each.
	items Items
	item  function
	// child is what a call starts, and leave lets it go on without the step.
	child *process
	leave bool
	join  Join
	// beside is set for a dynamic place whose steps do not wait for each other.
	beside bool

	retry      retry
	deadline   *deadline
	onDeadline *step
	onFailure  *step
	onSuccess  *step
	optional   bool
	onStop     *step
	lost       workflow.Redrive
	rerun      bool
	memo       *Memo

	faults []string
}

type retry struct {
	set         bool
	times       int
	first, most time.Duration
}

type deadline struct {
	when When
	then Effect
}

// with returns a changed copy of the step.
func (s Step[P]) with(change func(*step)) Step[P] {
	var c step
	if s.of != nil {
		c = *s.of
		c.faults = slices.Clip(c.faults) // which the other keeps
	}
	change(&c)
	return Step[P]{&c}
}

// untyped returns steps without the type of their parameters.
func untyped[P any](steps []Step[P]) []*step {
	list := make([]*step, len(steps))
	for i, s := range steps {
		list[i] = s.of
	}
	return list
}

// Execute returns a step that calls do. What do changes in the parameters counts
// for the steps that follow once do has returned nil. An error fails the step,
// which is tried again as Retry says.
//
// Like all functions of steps, do may be called more than once, also where it
// has done its work already: when its program dies, it is called again
// somewhere else. ID tells repetitions of a call from new ones.
func Execute[P any](name string, do func(ctx context.Context, p *P) error) Step[P] {
	s := &step{kind: executes, name: name}
	if do != nil {
		s.call = typed(func(ctx context.Context, p *P, _ *operator.Task) (operator.Result, error) {
			return operator.Result{}, do(ctx, p)
		})
	}
	return Step[P]{s}
}

// Command returns a step that sends to a topic what do returns, as many records
// as that are. They are stored together with the end of the step, so that they
// are sent if and only if the process goes on: at least once, in their order.
// Package kafka sends them, or a server of pawl with the same database; until
// then they are kept.
func Command[P any](name string, to Topic, do func(ctx context.Context, p *P) ([]Record, error)) Step[P] {
	s := &step{kind: sends, name: name, topic: to}
	if do != nil {
		s.call = typed(func(ctx context.Context, p *P, _ *operator.Task) (operator.Result, error) {
			list, err := do(ctx, p)
			if err != nil {
				return operator.Result{}, err
			}
			records, err := outgoing(to, list)
			return operator.Result{Records: records}, err
		})
	}
	return Step[P]{s}
}

// Listen returns a step that waits for messages. Each that matches is decoded
// from JSON and given to handle, one after the other, until handle returns true:
// then the process goes on. With false the step waits for the next, and what
// handle changed in the parameters is kept. A message that can't be decoded becomes
// a dead letter (see Engine.Letters), and the step waits on. One on which handle
// fails does so, too, with Subscription.Bury; else the step fails. M may be
// json.RawMessage.
func Listen[P, M any](name string, to Subscription, handle func(ctx context.Context, p *P, message M) (done bool, err error)) Step[P] {
	s := &step{kind: listens, name: name, to: to}
	if handle != nil {
		s.call = typed(func(ctx context.Context, p *P, t *operator.Task) (r operator.Result, err error) {
			if t.Message == nil {
				return operator.Result{Wait: &operator.Wait{}}, nil
			}
			var m M
			if err := decode(t.Message.Body, &m); err != nil {
				return r, &operator.Error{Message: fmt.Sprintf("the message on %s can't be read as %T: %v", t.Message.Topic, m, err), Bury: true}
			}
			done, err := handle(ctx, p, m)
			if err == nil && !done {
				r.Wait = &operator.Wait{}
			}
			return r, err
		})
	}
	return Step[P]{s}
}

// Timer returns a step that waits until its time has come and then calls do. A
// time that has passed when the step is reached is not waited for.
func Timer[P any](name string, at When, do func(ctx context.Context, p *P) error) Step[P] {
	s := Execute(name, do)
	s.of.kind, s.of.when = waits, at
	return s
}

// Interval says how often, from when on and for how long a step is run.
type Interval struct {
	// Period is how long to wait after each call before the next. Required, unless
	// PeriodParam names a parameter that has it: a number of seconds, or text such
	// as "1m30s". The parameter is read after each call.
	Period      time.Duration
	PeriodParam string
	// From is when the first call is; the zero value is at once.
	From When
	// Until is when to give up: the step counts as skipped then, and the process
	// goes on. To have it fail instead, give the step a Deadline. The zero value is
	// never.
	Until When
}

// Every returns a step that calls poll again and again until it returns true.
// What poll changes in the parameters counts after each call.
func Every[P any](name string, each Interval, poll func(ctx context.Context, p *P) (done bool, err error)) Step[P] {
	s := &step{kind: polls, name: name, interval: each}
	if poll != nil {
		s.call = typed(func(ctx context.Context, p *P, t *operator.Task) (r operator.Result, err error) {
			done, err := poll(ctx, p)
			if err != nil || done {
				return r, err
			}
			period, err := each.period(p)
			if err != nil {
				return r, err
			}
			r.Wait = &operator.Wait{Until: t.Now().Add(period), Reason: "runs again every " + period.String()}
			return r, nil
		})
	}
	return Step[P]{s}
}

// Choice is what a decision gives: the name of a step, or any number of them.
type Choice interface{ string | []string }

// Decide returns a group of which those steps are run whose names choose returns:
// one, or of a list all, side by side. With "" or an empty list none is. The
// others are skipped, and the process goes on after the group.
func Decide[P any, C Choice](name string, choose func(ctx context.Context, p *P) (steps C, err error), steps ...Step[P]) Step[P] {
	s := &step{kind: decides, name: name, kids: untyped(steps)}
	if choose != nil {
		s.call = typed(func(ctx context.Context, p *P, _ *operator.Task) (r operator.Result, err error) {
			choice, err := choose(ctx, p)
			if err != nil {
				return r, err
			}
			r.Outputs = chosenBy(choice)
			for _, name := range r.Outputs {
				if !named(s.kids, name) {
					return r, Permanent(fmt.Errorf("the decision is %q, which is none of its steps: %s", name, quoted(s.kids)))
				}
			}
			return r, nil
		})
	}
	return Step[P]{s}
}

// chosenBy returns the names of a choice.
func chosenBy[C Choice](c C) []string {
	if list, ok := any(c).([]string); ok {
		return list
	}
	if name, _ := any(c).(string); name != "" {
		return []string{name}
	}
	return nil
}

// Sequence returns a group of steps that are run one after the other. One that
// fails ends it.
func Sequence[P any](name string, steps ...Step[P]) Step[P] {
	return Step[P]{&step{kind: sequence, name: name, kids: untyped(steps)}}
}

// Parallel returns a group of steps that are run side by side. Each sees the
// parameters as they were when it began; of those that change the same field, the
// last one to end counts.
func Parallel[P any](name string, until Join, steps ...Step[P]) Step[P] {
	return Step[P]{&step{kind: parallel, name: name, join: until, kids: untyped(steps)}}
}

// Join says when steps that run side by side are over.
type Join uint8

const (
	// All waits for all of them. The group fails if one did.
	All Join = iota
	// Any waits for the first that ends well; the others are called off. The group
	// fails if none ends well.
	Any
	// AnyLeave is Any, but the others run on beside what follows.
	AnyLeave
)

// Dynamic returns a place for steps that are chosen when a run is started: With
// names those of the given ones to be run there, one after the other, any of
// them more than once. Without it none is.
func Dynamic[P any](name string, options ...Step[P]) Step[P] {
	return Step[P]{&step{kind: dynamic, name: name, kids: untyped(options)}}
}

// DynamicParallel is Dynamic with steps that are run side by side, as by
// Parallel.
func DynamicParallel[P any](name string, until Join, options ...Step[P]) Step[P] {
	return Step[P]{&step{kind: dynamic, name: name, beside: true, join: until, kids: untyped(options)}}
}

// Retry tries the step again after a failure, up to so many times, and waits in
// between. A group is run again as a whole.
func (s Step[P]) Retry(times int, wait time.Duration) Step[P] {
	return s.with(func(s *step) { s.retry = retry{set: true, times: times, first: wait} })
}

// RetryDoubling is Retry with a wait that doubles each time, up to most.
func (s Step[P]) RetryDoubling(times int, first, most time.Duration) Step[P] {
	return s.with(func(s *step) { s.retry = retry{set: true, times: times, first: first, most: most} })
}

// Effect says what happens when a time limit passes.
type Effect uint8

const (
	// Fail fails the step.
	Fail Effect = iota + 1
	// Skip ends the step as skipped, and the process goes on with what follows.
	Skip
	// Continue lets the step go on; see OnDeadline.
	Continue
)

// Deadline bounds how long the step may take, from when it is reached: waits and
// retries count. What runs of it then is called off through its context. A step
// has one deadline; for another, put it into a Sequence that has that.
func (s Step[P]) Deadline(at When, then Effect) Step[P] {
	return s.with(func(s *step) {
		if s.deadline != nil {
			s.faults = append(s.faults, "has two deadlines; put it into a Sequence for the second")
		}
		s.deadline = &deadline{at, then}
	})
}

// OnDeadline runs a step once the deadline has passed. With Continue it is run
// beside what goes on. With Skip or Fail it is run in the stead of what was called
// off: the process goes on, or fails, when it is over. It may be another way to
// the same end, then.
func (s Step[P]) OnDeadline(run Step[P]) Step[P] {
	return s.with(func(s *step) {
		if s.onDeadline != nil {
			s.faults = append(s.faults, "has OnDeadline twice; make it one Sequence")
		}
		s.onDeadline = orMissing(run.of)
	})
}

// OnFailure runs a step when this one has failed for good, such as one that
// undoes what was done. It does not change that this one has failed. Failure
// tells it why.
func (s Step[P]) OnFailure(run Step[P]) Step[P] {
	return s.with(func(s *step) {
		if s.onFailure != nil {
			s.faults = append(s.faults, "has OnFailure twice; make it one Sequence")
		}
		s.onFailure = orMissing(run.of)
	})
}

// OnSuccess runs a step once this one has ended well, such as one that tells others,
// beside what comes after. Whether that fails changes nothing: the history has it. A
// step that was passed over has ended well, too. Of the steps of a Parallel that the
// first ends (Any), it is run for the one that was first.
func (s Step[P]) OnSuccess(run Step[P]) Step[P] {
	return s.with(func(s *step) {
		if s.onSuccess != nil {
			s.faults = append(s.faults, "has OnSuccess twice; make it one Sequence")
		}
		s.onSuccess = orMissing(run.of)
	})
}

// orMissing makes a step that nothing has made be noticed.
func orMissing(s *step) *step {
	if s == nil {
		return &step{}
	}
	return s
}

// Optional lets the process go on after the step as if it had ended well,
// however it ended.
func (s Step[P]) Optional() Step[P] { return s.with(func(s *step) { s.optional = true }) }

// OnStop runs a step when Run.Stop ends this one while it runs or waits, once it
// has ended, such as one that tells others. It does not change that the run is
// stopped.
func (s Step[P]) OnStop(run Step[P]) Step[P] {
	return s.with(func(s *step) {
		if s.onStop != nil {
			s.faults = append(s.faults, "has OnStop twice; make it one Sequence")
		}
		s.onStop = orMissing(run.of)
	})
}

// AtMostOnce fails the step, instead of calling its function again, when the
// program that ran it is lost. A Retry counts then, too.
func (s Step[P]) AtMostOnce() Step[P] { return s.whenLost(workflow.FailLost) }

// HoldWhenLost has the step wait for Run.Resume, instead of calling its function
// again, when the program that ran it is lost: somebody is to find out first how
// far it got.
func (s Step[P]) HoldWhenLost() Step[P] { return s.whenLost(workflow.HoldLost) }

func (s Step[P]) whenLost(then workflow.Redrive) Step[P] {
	return s.with(func(s *step) {
		if s.lost != workflow.Rerun && s.lost != then {
			s.faults = append(s.faults, "AtMostOnce and HoldWhenLost contradict each other: give one")
		}
		s.lost = then
	})
}

// Rerun has the step run again after a listener before it in the same group has
// handled a late message with Late(Downstream).
func (s Step[P]) Rerun() Step[P] { return s.with(func(s *step) { s.rerun = true }) }

// decode reads a value of a workflow as Go does JSON.
func decode(v operator.Value, to any) error {
	return json.Unmarshal(jsonOf(v), to)
}
