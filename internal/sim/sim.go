// Package sim runs whole histories of pawl in one goroutine: the real engine
// and the real conductor's core, over virtual time, with models of the clients,
// the runner and the machines, and a store that loses what networks lose. With
// servers there are also the real scheduler and service, clocks that differ,
// processes that stand still for longer than their lease, and people who push
// revisions and change schedules; their tries may run in workers, which outlive
// them and die on their own. A seed decides everything; the same seed
// gives the same history. After every commit, every second, and at the end, the
// promises of pawl are checked, each in a file of its own.
//
// The package knows no disk, network or goroutine, and no clock but its own.
package sim

import (
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Options say what a run does beside what its seed decides.
type Options struct {
	// Faultless leaves out everything that goes wrong. Workflows, parameters
	// and what the tasks do stay as the seed has them.
	Faultless bool
	// Servers has the processes share the work as servers do: they patrol and
	// let go of what waits, fire schedules and take orders through posts.
	Servers bool
	// Workers has tries run in processes of their own, with which servers share
	// a queue. It counts for servers only.
	Workers bool
	// Queue has attempts wait in the run queue, and tasks for slots of pools. It
	// counts for servers only.
	Queue bool
	// Sensors has sensors look for what comes, and backfills cancelled and run again
	// where they failed. It counts for servers only.
	Sensors bool
	// Trace, when set, gets every line of the history.
	Trace io.Writer
}

// Result is what a run came to.
type Result struct {
	// Hash sums up the history: starts, commits, events, dispatches and
	// faults, in order.
	Hash uint64
	// Lines is how many lines the history has.
	Lines int
	// Steady tells that the outcome does not depend on who is faster, so that
	// it is the same with and without faults.
	Steady bool
	// Outcomes say how each attempt ended, in the order of the clients that
	// asked for them.
	Outcomes []string
	// Err is the first promise that was broken, with the end of the history;
	// nil when all were kept.
	Err error
}

// Run simulates one history.
func Run(seed uint64, o Options) (r Result) {
	s := newSimulation(seed, o)
	defer func() {
		if p := recover(); p != nil {
			s.fail("panic: %v\n%s", p, debug.Stack())
		}
		r.Hash, r.Lines, r.Steady = s.log.hash.Sum64(), s.log.count, s.steady && !s.stuck()
		if s.broken != nil {
			r.Err = fmt.Errorf("%w\nthe history ends with:\n%s", s.broken, s.log.tail())
		}
	}()
	s.run()
	s.checks.ended()
	r.Outcomes = s.outcomes()
	return r
}

// simulation is one run: the world, what is in it, and what is watched.
type simulation struct {
	world
	seed     uint64
	log      *history
	store    store.Store
	machines []*machine
	clients  []*client
	checks   *checks
	// steady workflows have an outcome that does not depend on timing, so no
	// command meddles with them.
	steady bool
	// trouble is what goes wrong until peace.
	trouble faults
	peace   model.Instant
	broken  error
	// office is who servers work for; nil where there are none.
	office *office
	// workshop is where servers have their tries run; nil where they run them
	// themselves.
	workshop *workshop
	// queue is what attempts and tasks wait for; nil where they need not.
	queue *queue
	// sensors look for what comes; nil where there are none.
	sensors *sensors
	// broker has messages for nobody by name; nil where there are none.
	broker *broker
	// outage is until when the store answers nobody, disturbed when something
	// last went wrong.
	outage, disturbed model.Instant
	// skewed says that the clocks of the machines differ.
	skewed bool
}

func newSimulation(seed uint64, o Options) *simulation {
	d := newDice(seed, "simulation")
	s := &simulation{
		seed: seed,
		log:  newHistory(o.Trace),
	}
	s.now = origin
	s.store = memory.NewWith(&watch{world: &s.world})
	s.checks = newChecks(s)
	s.steady = d.chance(0.5)
	s.peace = origin.Add(d.between(10*time.Second, 2*time.Minute))
	f := newFaults(d)
	machines := 1 + d.IntN(3)
	s.skewed = d.chance(0.3) && !o.Faultless
	if o.Servers {
		of := newDice(seed, "servers")
		s.office, f, machines = newOffice(s, of), newServerFaults(of, f), machines+1
	}
	if o.Servers && o.Queue {
		s.queue = newQueue(s, newDice(seed, "queue"))
	}
	if o.Servers && o.Sensors {
		s.sensors = newSensors(s, newDice(seed, "sensors"))
		s.after(time.Second, newBackfiller(s).look)
	}
	if !o.Faultless {
		s.trouble = f
	}
	for i := range machines {
		m := &machine{sim: s, name: fmt.Sprint("m", i+1), watch: watch{world: &s.world}}
		if s.skewed {
			m.watch.skew = d.between(0, maxSkew)
		}
		s.machines = append(s.machines, m)
		s.after(d.between(0, time.Second), m.start)
	}
	s.newClients(newDice(seed, "clients"))
	s.after(troubleEvery, newTroublemaker(s).look)
	s.after(time.Second, newMessenger(s).look)
	if !s.steady {
		s.after(time.Second, newMeddler(s).look)
	}
	if s.office != nil && o.Workers {
		s.workshop = newWorkshop(s, newDice(seed, "workshop"))
	}
	if s.office != nil {
		s.office.open()
	}
	if s.office != nil && !s.steady {
		s.broker = newBroker(s)
		s.after(time.Second, s.broker.look)
		for _, f := range s.broker.feeders {
			s.after(time.Second, f.look)
		}
	}
	return s
}

// stuck reports whether something may have kept others in the queue for ever: who that
// is depends on who was faster.
func (s *simulation) stuck() bool { return s.queue != nil && len(s.checks.running()) > 0 }

// A run that goes on for longer, or in which more happens, would never come to
// rest; these are far more than any needs that does.
const (
	maxTime  = 48 * time.Hour
	maxCount = 2_000_000
)

// run lets things happen until everything has come to rest.
func (s *simulation) run() {
	for s.broken == nil && !s.atRest() {
		switch {
		case s.now.Sub(origin) > maxTime || s.count > maxCount:
			s.fail("promise 1: no rest after %v and %d happenings", s.now.Sub(origin), s.count)
		case !s.next():
			s.fail("promise 1: nothing is planned any more")
		}
	}
}

// faults are what can go wrong now.
func (s *simulation) faults() faults {
	if s.now >= s.peace {
		return faults{}
	}
	return s.trouble
}

// fail notes the first promise that is broken.
func (s *simulation) fail(format string, args ...any) {
	if s.broken == nil {
		s.broken = fmt.Errorf(format, args...)
	}
}

func (s *simulation) definition(id model.AttemptID) *workflow.Workflow {
	return s.checks.attempts[id].def
}

// subtasks makes what a task generates.
func (s *simulation) subtasks(seed uint64) *workflow.Node {
	n := newSubtasks(seed, s.steady)
	s.slow(n)
	s.claim(n)
	if err := n.Finish(); err != nil {
		s.fail("generated tasks: %v", err)
	}
	return n
}

// anyAwake returns a process that can do something now, or nil.
func (s *simulation) anyAwake() *process {
	for _, m := range s.machines {
		if m.up != nil && m.up.awake() {
			return m.up
		}
	}
	return nil
}

// anyProcess returns one that is up, or nil.
func (s *simulation) anyProcess(d dice) *process {
	first := d.IntN(len(s.machines))
	for i := range s.machines {
		if p := s.machines[(first+i)%len(s.machines)].up; p != nil && (p.server == nil || p.awake()) {
			return p
		}
	}
	return nil
}

// ownerOf returns the process that drives an attempt, or any.
func (s *simulation) ownerOf(id model.AttemptID, d dice) *process {
	for _, m := range s.machines {
		if m.up == nil {
			continue
		}
		if _, ok := m.up.core.Attempt(id); ok {
			return m.up
		}
	}
	return s.anyProcess(d)
}
