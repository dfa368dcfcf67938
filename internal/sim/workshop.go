package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// workshop is where servers put their tries: a queue, and workers that run
// what is on it. It outlives every server.
type workshop struct {
	sim  *simulation
	dice dice
	// tickets are the tries whose end nobody has acknowledged, as they came.
	tickets []*ticket
	// seen has all that ever came.
	seen    map[runner.ID]bool
	workers []*worker
}

// ticket is a try on the queue.
type ticket struct {
	runner.Job
	worker *worker // who took it; nil while nobody has
	// calledOff is set once its end was asked for.
	calledOff bool
}

func newWorkshop(s *simulation, d dice) *workshop {
	shop := &workshop{sim: s, dice: d, seen: make(map[runner.ID]bool)}
	for place := range 1 + d.IntN(3) {
		s.after(d.between(0, time.Second), func() { shop.hire(place, 1) })
	}
	return shop
}

// put takes a try, unless it came before.
func (w *workshop) put(j runner.Job) {
	if w.seen[j.ID] {
		return
	}
	w.seen[j.ID] = true
	t := &ticket{Job: j}
	w.tickets = append(w.tickets, t)
	w.sim.after(w.dice.between(0, 200*time.Millisecond), func() { w.offer(t) })
}

// offer gives a try to some worker, as soon as there is one.
func (w *workshop) offer(t *ticket) {
	switch {
	case !slices.Contains(w.tickets, t): // it was called off
	case len(w.workers) == 0 || w.sim.now < w.sim.outage:
		w.sim.after(time.Second, func() { w.offer(t) })
	default:
		t.worker = w.workers[w.dice.IntN(len(w.workers))]
		t.worker.jobs.Submit([]runner.Job{t.Job})
	}
}

// ticket returns that of a try, or nil.
func (w *workshop) ticket(id runner.ID) *ticket {
	for _, t := range w.tickets {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// callOff asks for the end of a try. It reports whether it is over with that,
// because nobody has taken it.
func (w *workshop) callOff(id runner.ID) bool {
	t := w.ticket(id)
	if t == nil {
		return false
	}
	if t.worker == nil {
		w.settle(id)
		return true
	}
	t.calledOff = true
	t.worker.jobs.Cancel(id)
	return false
}

// lose has a server tell of a try that no worker will.
func (w *workshop) lose(t *ticket) {
	if !slices.Contains(w.tickets, t) {
		return
	}
	lost := engine.Command{Kind: engine.Lose, Task: t.ID.Task, Try: t.ID.Try}
	w.sim.post(w.dice, t.ID.Attempt, lost, func(error) { w.settle(t.ID) })
}

// settle takes a try from the queue: what became of it is in the store.
func (w *workshop) settle(id runner.ID) {
	w.tickets = slices.DeleteFunc(w.tickets, func(t *ticket) bool { return t.ID == id })
}

// worker is a process that runs tries, from its start to its death.
type worker struct {
	shop        *workshop
	name        string
	place, life int
	dice        dice
	jobs        *jobs
	dead        bool
}

// hire begins the life of a worker, at a place where nobody is.
func (w *workshop) hire(place, life int) {
	name := fmt.Sprintf("worker%d.%d", place+1, life)
	k := &worker{shop: w, name: name, place: place, life: life, dice: newDice(w.sim.seed, name)}
	k.jobs = newJobs(&w.sim.world, newDice(w.sim.seed, name+" runner"), w.sim.faults)
	_ = k.jobs.Start(k.deliver) // the model's Start never fails
	w.workers = append(w.workers, k)
	k.note("starts")
	k.look()
}

func (k *worker) note(format string, args ...any) {
	k.shop.sim.log.note(k.shop.sim.now, "%s %s", k.name, fmt.Sprintf(format, args...))
}

// look lets the worker die, now and then.
func (k *worker) look() {
	s := k.shop.sim
	if k.dead || s.now >= s.peace {
		return
	}
	s.after(troubleEvery, k.look)
	if k.dice.chance(s.faults().crash) {
		k.die("crash")
	}
}

// die ends the worker, or what others take for its life: some of its tries may
// go on and be reported. Sometime after, each is told to be lost that was not
// settled, and another worker begins.
func (k *worker) die(why string) {
	if k.dead {
		return
	}
	k.note("dies: %s", why)
	k.dead = true
	w := k.shop
	w.workers = slices.DeleteFunc(w.workers, func(other *worker) bool { return other == k })
	k.jobs.crash(k.deliver)
	for _, t := range w.tickets {
		if t.worker == k {
			w.sim.after(k.dice.between(10*time.Millisecond, 20*time.Second), func() { w.lose(t) })
		}
	}
	w.sim.after(k.dice.between(10*time.Millisecond, 20*time.Second), func() { w.hire(k.place, k.life+1) })
}

// deliver posts how tries ended.
func (k *worker) deliver(reports []runner.Report) {
	for _, s := range conductor.Stimuli(nil, reports) {
		k.send(s)
	}
}

// send posts a report, again and again until the store has answered, and
// settles its try after that.
func (k *worker) send(report conductor.Stimulus) {
	s := k.shop.sim
	f := s.faults()
	again := func() { s.after(k.dice.between(retryAfter, time.Second), func() { k.send(report) }) }
	if s.now < s.outage || k.dice.chance(f.requestLost) {
		again()
		return
	}
	posts := []store.Post{{Attempt: report.Attempt, Command: report.Command}}
	err := s.store.Post(context.Background(), posts)
	if err == nil {
		s.checks.posted(k.name, posts)
	} else if model.CodeOf(err) != model.Conflict { // the attempt is not over
		s.fail("%s posts to a%d: %v", k.name, report.Attempt, err)
	}
	switch {
	case k.dice.chance(f.replyLost):
		again()
	case k.dice.chance(f.dieAfter):
		k.die("after it posted a report")
	default:
		k.shop.settle(runner.ID{Attempt: report.Attempt, Task: report.Command.Task, Try: report.Command.Try})
	}
}
