package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// watch looks what has become of programs until the runner is closed: often while
// something happens, seldom while nothing does, and never for more than a tenth of
// the time.
func (r *Runner) watch() {
	pause := r.cfg.Poll
	for {
		early, ok := rest(r.calls, pause, r.hurry)
		if !ok {
			return
		}
		if early && pause > r.cfg.Poll {
			pause = r.cfg.Poll
			continue
		}
		began := time.Now()
		changed, err := r.look()
		if err != nil && r.calls.Err() == nil {
			r.cfg.Log.Warn("what has become of tasks is not known", "error", err)
		}
		pause = max(r.nextPause(pause, changed), 9*time.Since(began))
	}
}

// nextPause returns how long the launcher is left alone after a look.
func (r *Runner) nextPause(last time.Duration, changed bool) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case changed:
		return r.cfg.Poll
	case r.busy() > 0 || len(r.strays) > 0 || len(r.forgone) > 0:
		return min(2*last, seldom*r.cfg.Poll)
	}
	return max(idle, r.cfg.Poll)
}

// list asks the launcher for programs whose names begin with prefix.
func (r *Runner) list(ctx context.Context, prefix string) ([]runner.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.cfg.Launcher.List(ctx, prefix)
}

// look asks the launcher once what has become of all programs, and settles those
// that are over. It reports whether there was any.
func (r *Runner) look() (changed bool, err error) {
	r.mu.Lock()
	r.round++
	round := r.round
	r.mu.Unlock()
	listed, err := r.list(r.calls, r.prefix())
	if err != nil {
		return false, err
	}
	there := make(map[runner.ID]bool, len(listed))
	strays, settled := make(map[string]int), make(map[string]bool)
	var errs []error
	for _, s := range listed {
		id, ok := idOf(r.cfg.Instance, s.Name)
		if !ok {
			continue
		}
		there[id] = true
		r.checkForgone(&s)
		if !s.State.Over() || !r.ours(id, s.Name, strays) {
			continue
		}
		told, err := r.settle(id, &s)
		changed = changed || told
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.Name, err))
			settled[s.Name] = told || r.isSettled(s.Name)
		}
	}
	r.mu.Lock()
	r.strays, r.settled = strays, settled
	maps.DeleteFunc(r.forgone, func(_ string, since time.Time) bool { return time.Since(since) > launchWithin })
	r.mu.Unlock()
	lost, err := r.settleMissing(round, there)
	return changed || lost, errors.Join(append(errs, err)...)
}

// checkForgone calls a program off that runs although its launch was called off.
func (r *Runner) checkForgone(s *runner.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, forgone := r.forgone[s.Name]; !forgone {
		return
	}
	if s.State.Over() {
		delete(r.forgone, s.Name)
		return
	}
	if !slices.Contains(r.off, s.Name) {
		r.off = append(r.off, s.Name)
		wake(r.errands)
	}
}

// forsaken is after how many looks a program that ended and that nobody settled
// is anybody's.
const forsaken = 3

// ours reports whether this runner is to settle a program that is over. One that
// it does not know has lost its process, or is another's.
func (r *Runner) ours(id runner.ID, name string, strays map[string]int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.jobs[id]; p != nil {
		return p.stage == out
	}
	if r.settled[name] {
		return true
	}
	strays[name] = r.strays[name] + 1
	return strays[name] >= forsaken
}

// settle delivers what a program that is over did not, unless that was done, and has
// it forgotten. It reports whether it did the first, or all.
func (r *Runner) settle(id runner.ID, s *runner.Status) (told bool, err error) {
	if told = !r.isSettled(s.Name); told {
		if err := r.deliverFate(id, s); err != nil {
			return false, err
		}
	}
	err = r.call(func(ctx context.Context) error { return r.cfg.Launcher.Forget(ctx, s.Name) })
	r.drop(id)
	return told || err == nil, err
}

func (r *Runner) isSettled(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settled[name]
}

// deliverFate reports a job whose program did not.
func (r *Runner) deliverFate(id runner.ID, s *runner.Status) error {
	report := runner.Report{ID: id}
	switch p := r.known(id); {
	case s.State == runner.Exited && s.Code == 0:
		return nil // it delivered the report itself
	case p != nil && p.cancelled:
		report = cancelled(id)
	case s.State == runner.Exited && (s.Code == runner.ExitTold || s.Code == terminated):
		report.Lost = true
		r.cfg.Log.Warn("the program of a task was told to end", "job", id.String(), "reason", s.Reason)
	case s.State == runner.Exited:
		report.Outcome = r.cfg.Failed(because(fmt.Sprintf("the program of the task ended with exit code %d", s.Code), s.Reason))
	case s.State == runner.Failed:
		report.Outcome = r.cfg.Failed(because("the program of the task was ended", s.Reason))
	default:
		report.Lost = true
		r.cfg.Log.Warn("a task was lost with its program", "job", id.String(), "reason", s.Reason)
	}
	return r.cfg.Deliver(r.calls, report)
}

// terminated is the exit code of what SIGTERM ended, as shells have it.
const terminated = 128 + 15

func because(what, reason string) error {
	if reason != "" {
		what += ": " + reason
	}
	return model.Errorf(model.Unavailable, "%s", what)
}

func (r *Runner) known(id runner.ID) *program {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.jobs[id]; p != nil {
		copied := *p
		return &copied
	}
	return nil
}

// missing is in how many looks in a row a program is not listed that is lost.
const missing = 2

// settleMissing reports programs that should be listed, and are not, as lost.
func (r *Runner) settleMissing(round int, there map[runner.ID]bool) (any bool, err error) {
	var gone []*program
	r.mu.Lock()
	for id, p := range r.jobs {
		switch {
		case p.stage != out || p.since >= round:
		case there[id]:
			p.missed = 0
		default:
			if p.missed++; p.missed >= missing {
				gone = append(gone, p)
			}
		}
	}
	r.mu.Unlock()
	var errs []error
	for _, p := range gone {
		if err := r.deliverFate(p.id, &runner.Status{Name: p.name, State: runner.Lost, Reason: errUnlisted.Error()}); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
			continue
		}
		r.drop(p.id)
		any = true
	}
	return any, errors.Join(errs...)
}

// reportRefused reports programs that never began, until the runner is closed. It
// does not wait for the launcher, which may be away.
func (r *Runner) reportRefused() {
	for ok := true; ok; _, ok = rest(r.calls, idle, r.refusals) {
		r.mu.Lock()
		refused := r.refused
		r.refused = nil
		r.mu.Unlock()
		if len(refused) > 0 {
			r.report(refused)
		}
	}
}

// runErrands calls programs off until the runner is closed.
func (r *Runner) runErrands() {
	for pause := firstPause; ; {
		r.mu.Lock()
		off := r.off
		r.off = nil
		r.mu.Unlock()
		left := r.callOff(off)
		if len(off) == 0 {
			if _, ok := rest(r.calls, idle, r.errands); !ok {
				return
			}
			pause = firstPause
			continue
		}
		if len(left) == 0 {
			wake(r.hurry)
			continue
		}
		r.mu.Lock()
		r.off = append(left, r.off...)
		r.mu.Unlock()
		if _, ok := rest(r.calls, pause, nil); !ok {
			return
		}
		pause = min(2*pause, mostPause)
	}
}

// callOff calls programs off, and returns those of which the launcher does not
// know yet. A program that it will never call off is given up: it is reported when
// it ends.
func (r *Runner) callOff(names []string) (left []string) {
	for i, name := range names {
		err := r.call(func(ctx context.Context) error { return r.cfg.Launcher.Cancel(ctx, name) })
		if err == nil {
			continue
		}
		if r.calls.Err() != nil {
			return names[i:]
		}
		r.cfg.Log.Warn("a task was not called off", "program", name, "error", err)
		if !final(err) {
			left = append(left, name)
		}
	}
	return left
}
