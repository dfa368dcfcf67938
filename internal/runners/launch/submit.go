package launch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pawlhq/pawl/runner"
)

func (r *Runner) prefix() string { return prefixOf(r.cfg.Instance) }

// busy counts the programs that are out.
func (r *Runner) busy() int { return len(r.jobs) - len(r.waiting) }

// wait puts a program behind those of its priority.
func (r *Runner) wait(p *program) {
	at, _ := slices.BinarySearchFunc(r.waiting, p, func(q, p *program) int {
		return cmp.Or(cmp.Compare(p.priority, q.priority), -1)
	})
	r.jobs[p.id] = p
	r.waiting = slices.Insert(r.waiting, at, p)
}

// take removes a program from those that wait.
func (r *Runner) take(p *program) {
	i := slices.Index(r.waiting, p)
	r.waiting = slices.Delete(r.waiting, i, i+1)
}

// next returns the next program to launch, or nil when there will be none.
func (r *Runner) next() *program {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		can := len(r.waiting) > 0 && (r.cfg.Slots == 0 || r.busy() < r.cfg.Slots)
		switch {
		case r.calls.Err() != nil, r.closed && !can:
			return nil
		case r.surplus > 0:
			r.surplus--
			return nil
		case can:
			p := r.waiting[0]
			r.take(p)
			p.stage = launches
			p.launching, p.end = context.WithCancel(r.calls)
			return p
		}
		r.ready.Wait()
	}
}

// launchAll launches one program after the other.
func (r *Runner) launchAll() {
	for p := r.next(); p != nil; p = r.next() {
		r.launch(p)
	}
}

// launch launches one program, as often as it takes.
func (r *Runner) launch(p *program) {
	defer p.end()
	o, err := r.cfg.Order(p.job)
	if err != nil {
		r.giveUp(p, err)
		return
	}
	o.Name = p.name
	err = r.order(p, &o)
	for pause := firstPause; err != nil && !final(err) && !errors.Is(err, runner.ErrCancelled); pause = min(2*pause, mostPause) {
		r.cfg.Log.Warn("a task was not launched", "task", p.job.Task, "job", p.id.String(), "error", err)
		if _, ok := rest(r.calls, pause, p.launching.Done()); !ok {
			return
		}
		err = r.relaunch(p, &o)
	}
	switch {
	case errors.Is(err, runner.ErrCancelled):
		r.forgo(p)
	case err != nil:
		r.giveUp(p, failure(err))
	default:
		r.launched(p)
	}
}

// order has the launcher launch a program. Where that takes long, another launcher
// begins, so that what is behind it does not wait.
func (r *Runner) order(p *program, o *runner.Order) error {
	over, relieved := false, false
	relief := time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if relieved = !over && !r.closed; relieved {
			r.launchers.Go(r.launchAll)
		}
	})
	defer func() {
		relief.Stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		if over = true; relieved {
			r.surplus++
			r.ready.Broadcast()
		}
	}()
	ctx, cancel := context.WithTimeout(p.launching, launchWithin)
	defer cancel()
	return r.cfg.Launcher.Launch(ctx, *o)
}

// relaunch launches a program again, unless it was called off, or was launched
// although that had failed.
func (r *Runner) relaunch(p *program, o *runner.Order) error {
	if r.isCancelled(p) {
		return runner.ErrCancelled
	}
	listed, err := r.list(r.calls, p.name)
	if err != nil || slices.ContainsFunc(listed, func(s runner.Status) bool { return s.Name == p.name }) {
		return err
	}
	return r.order(p, o)
}

func (r *Runner) isCancelled(p *program) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return p.cancelled
}

// launched leaves a program to the launcher.
func (r *Runner) launched(p *program) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.stage, p.since, p.job = out, r.round, nil
	if p.cancelled {
		r.off = append(r.off, p.name)
		wake(r.errands)
	}
	wake(r.hurry)
}

// forgo reports a program that was called off before it is known to be launched. If
// it was, or is later, all the same, it is called off once the launcher shows it.
func (r *Runner) forgo(p *program) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.jobs, p.id)
	r.refused = append(r.refused, cancelled(p.id))
	r.off = append(r.off, p.name)
	r.forgone[p.name] = time.Now()
	wake(r.refusals)
	wake(r.errands)
	r.ready.Broadcast()
}

// giveUp reports a program that can't be launched.
func (r *Runner) giveUp(p *program, why error) {
	report := runner.Report{ID: p.id, Outcome: r.cfg.Failed(why)}
	if r.isCancelled(p) {
		report = cancelled(p.id)
	}
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := r.cfg.Deliver(r.calls, report)
		if err == nil {
			break
		}
		r.cfg.Log.Warn("the failure of a task was not delivered", "job", p.id.String(), "error", err)
		if _, ok := rest(r.calls, pause, nil); !ok {
			return
		}
	}
	r.drop(p.id)
}

// drop forgets a program that was reported.
func (r *Runner) drop(id runner.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.jobs, id)
	r.ready.Broadcast()
}

// call makes a call of the launcher.
func (r *Runner) call(f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.calls, patience)
	defer cancel()
	return f(ctx)
}
