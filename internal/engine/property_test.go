package engine_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/internal/workflow"
	"pgregory.net/rapid"
)

// TestRandomHistories drives random workflows with random commands. After
// every step the rules of the oracle hold, every dispatched task sees what the
// slow walk says, and attempts that were restored at any earlier point have
// given the same answers since. In the end every attempt can be brought to its
// end.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	prop.Check(t, randomHistory)
}

func FuzzHistories(f *testing.F) { f.Fuzz(rapid.MakeFuzz(randomHistory)) }

func randomHistory(t *rapid.T) {
	def := randomWorkflow(t)
	start := params.Of("k", 1, "m", params.Of("a", 0))
	p := &trial{T: t, driver: newDriver(def, start), script: []string{definition(def, start) + dashes}}
	if chance(t, 98, "begin") {
		p.apply(engine.Command{Kind: engine.Begin})
	}
	for range uniform.Draw(t, "length") * 40 / 1024 {
		switch pick(t, "move", "command", "command", "command", "command", "tick", "crash") {
		case "command":
			p.apply(randomCommand(t, p.driver.attempt))
		case "tick":
			p.tick(pick(t, "by", time.Second, 5*time.Second, 20*time.Second))
		case "crash":
			p.crash()
		}
	}
	p.finish()
	p.repeat(def)
}

// trial is one random history.
type trial struct {
	*rapid.T
	driver *driver
	// followers were restored at earlier points and have followed since.
	followers []*engine.Attempt
	log       []exchange
	crashed   bool
	// script is the history in the notation of testdata.
	script []string
}

// Fatalf ends the test with the history that led to the failure.
func (p *trial) Fatalf(format string, args ...any) {
	p.T.Helper()
	p.T.Fatalf(format+"\n%s", append(args, strings.Join(p.script, "\n"))...)
}

func (p *trial) note(c engine.Command) {
	r := reporter{attempt: p.driver.attempt}
	p.script = append(p.script, r.command(c))
}

type exchange struct {
	at      model.Instant
	command engine.Command
	answer  *engine.Step
}

func (p *trial) apply(c engine.Command) {
	p.note(c)
	before := slices.Collect(p.driver.attempt.Tasks())
	step, err := p.driver.apply(c)
	p.took(c, before, step, err)
}

func (p *trial) tick(by time.Duration) {
	p.script = append(p.script, fmt.Sprint("tick ", by))
	before := slices.Collect(p.driver.attempt.Tasks())
	p.driver.tick(by, func(c engine.Command, step *engine.Step, err error) {
		p.took(c, before, step, err)
		before = slices.Collect(p.driver.attempt.Tasks())
	})
}

// took checks the answer to one command.
func (p *trial) took(c engine.Command, before []engine.View, step *engine.Step, err error) {
	var refused *model.Error
	switch {
	case errors.As(err, &refused):
		if diff := gocmp.Diff(&engine.Step{}, step, asStored); diff != "" {
			p.Fatalf("command %+v was refused with %v and changed:\n%s", c, err, diff)
		}
	case err != nil:
		p.Fatalf("command %+v: %v", c, err)
	}
	p.log = append(p.log, exchange{p.driver.now, c, step})
	for _, f := range p.followers {
		answer := &engine.Step{}
		if again := f.Apply(p.driver.now, c, answer); fmt.Sprint(again) != fmt.Sprint(err) {
			p.Fatalf("command %+v: %v live, %v restored", c, err, again)
		}
		p.same(c, step, answer)
		if err := sameViews(p.driver.attempt, f); err != nil {
			p.Fatalf("after %+v: %v", c, err)
		}
	}
	p.holds(c, before, step, err != nil)
	p.follow()
}

// same compares two answers. The order of rows within a step means nothing.
func (p *trial) same(c engine.Command, live, restored *engine.Step) {
	for _, s := range []*engine.Step{live, restored} {
		slices.SortFunc(s.Tasks, func(a, b engine.TaskRow) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortStableFunc(s.Listening, func(a, b engine.Listening) int { return cmp.Compare(a.Task, b.Task) })
	}
	if diff := gocmp.Diff(live, restored, asStored); diff != "" {
		p.Fatalf("answers to %+v differ (-live +restored):\n%s", c, diff)
	}
}

// arrived reports whether a task has started, or waits to.
func arrived(v engine.View) bool { return v.Started != 0 || v.State == model.Waiting }

// holds checks what is true after every step.
func (p *trial) holds(c engine.Command, before []engine.View, step *engine.Step, refused bool) {
	family := newFamily(p.driver.attempt, p.driver.ledger.growths)
	mail := keepsMail(c, before, family.views, step, refused)
	returns := returnsMail(before, family.views, p.driver.ledger.told, step)
	if err := errors.Join(family.check(), family.hears(p.driver.ledger.told), mail, returns); err != nil {
		p.Fatalf("after %+v: %v", c, err)
	}
	forced := forcedStarts(family, step)
	for id, v := range family.views {
		if !arrived(v) || v.Retired || forced[v.ID] || id < len(before) && arrived(before[id]) {
			continue
		}
		if err := family.mayStart(v.ID); err != nil {
			p.Fatalf("after %+v: %s started: %v", c, v.Name, err)
		}
		if family.won(v.ID, before) && !family.hook(v.ID) {
			p.Fatalf("after %+v: %s started and its group was won before", c, v.Name)
		}
	}
	for _, e := range step.Effects {
		if e.Kind != engine.Dispatch || family.views[e.Task].Retired || len(forced) > 0 {
			continue
		}
		if want := family.visible(e.Task); !want.Equal(e.Scope) {
			p.Fatalf("after %+v: %s sees %v, want %v", c, e.Name, e.Scope, want)
		}
	}
	p.driven(c, family)
}

// forcedStarts are the tasks that a command started whatever they come after.
func forcedStarts(f *family, step *engine.Step) map[model.TaskID]bool {
	forced := make(map[model.TaskID]bool)
	for _, g := range step.Grown {
		if g.Kind == engine.GrowAgain {
			forced[g.First] = true
		}
	}
	for _, e := range step.Events {
		if e.Kind == engine.SkippedTo {
			for at := e.Task; at != model.NoTask; at = f.views[at].Parent {
				forced[at] = true
			}
		}
	}
	return forced
}

// driven checks that all that is to happen was asked for: every running try
// was dispatched, every instant to wake at is armed.
func (p *trial) driven(c engine.Command, f *family) {
	idle := true
	for _, v := range f.views {
		switch v.State {
		case model.Running:
			idle = false
			if got := p.driver.dispatched[v.ID].Try; got != v.Try {
				p.Fatalf("after %+v: %s runs try %d and try %d was dispatched", c, v.Name, v.Try, got)
			}
		case model.Waiting:
			idle = false
			if v.Wake != 0 && !p.armed(v.Wake, engine.Wake, v.ID) {
				p.Fatalf("after %+v: %s is not woken at %s", c, v.Name, clock(v.Wake))
			}
		}
		limited := !v.State.Final() && v.Deadline != 0 && v.Flags&engine.LimitSeen == 0
		if limited && !p.armed(v.Deadline, engine.Expire, v.ID) {
			p.Fatalf("after %+v: %s does not expire at %s", c, v.Name, clock(v.Deadline))
		}
	}
	if f.row.Started != 0 && idle != f.row.State.Done() {
		p.Fatalf("after %+v: the attempt is %v, idle: %v", c, f.row.State, idle)
	}
}

// armed reports whether a timer will fire. Those that are due have fired.
func (p *trial) armed(at model.Instant, kind engine.CommandKind, id model.TaskID) bool {
	return at <= p.driver.now && kind == engine.Expire ||
		slices.Contains(p.alarms(), fmt.Sprint(at, kind, id))
}

func (p *trial) alarms() []string {
	var all []string
	for _, a := range p.driver.alarms {
		all = append(all, fmt.Sprint(a.at, a.command.Kind, a.command.Task))
	}
	return all
}

// follow restores the attempt now and then and keeps the newest few.
func (p *trial) follow() {
	restored, err := p.driver.ledger.restore()
	if err != nil {
		p.Fatalf("%v", err)
	}
	if err := sameViews(p.driver.attempt, restored); err != nil {
		p.Fatalf("%v", err)
	}
	if len(p.followers) == 3 {
		i := len(p.log) % 2
		p.followers = slices.Delete(p.followers, i, i+1)
	}
	p.followers = append(p.followers, restored)
}

func (p *trial) crash() {
	p.script = append(p.script, "crash")
	step, err := p.driver.crash()
	if err != nil {
		p.Fatalf("%v", err)
	}
	p.followers, p.crashed = nil, true
	p.driven(engine.Command{}, newFamily(p.driver.attempt, p.driver.ledger.growths))
	for _, e := range step.Effects {
		if e.Kind == engine.Dispatch && p.driver.dispatched[e.Task].Try != e.Try {
			p.Fatalf("%s was dispatched twice", e.Name)
		}
	}
}

// finish brings the attempt to its end: tries succeed, time passes and signals
// come.
func (p *trial) finish() {
	for range 1000 {
		a := p.driver.attempt
		running, waiting := tasksIn(a, model.Running), tasksIn(a, model.Waiting)
		switch {
		case a.Row().State.Done():
			return
		case a.Row().Started == 0:
			p.apply(engine.Command{Kind: engine.Begin})
		case len(running) > 0:
			p.apply(engine.Command{Kind: engine.Succeed, Task: running[0], Try: p.driver.try(running[0])})
		case len(p.driver.alarms) > 0:
			p.tick(max(0, p.driver.alarms[0].at.Sub(p.driver.now)))
		case len(waiting) > 0 && a.Task(waiting[0]).Held:
			p.apply(engine.Command{Kind: engine.Again, Task: waiting[0]})
		case len(waiting) > 0:
			p.apply(engine.Command{Kind: engine.Deliver, Task: waiting[0], Message: &engine.Message{Topic: "t"}})
		default:
			p.Fatalf("the attempt is stuck")
		}
	}
	p.Fatalf("the attempt does not end")
}

// repeat gives the same commands to another attempt, which answers the same.
func (p *trial) repeat(def *workflow.Workflow) {
	if p.crashed {
		return
	}
	a := engine.New(1, def, p.driver.ledger.row.Params)
	for _, x := range p.log {
		answer := &engine.Step{}
		_ = a.Apply(x.at, x.command, answer) // refused or not, the answers are the same
		p.same(x.command, x.answer, answer)
	}
}
