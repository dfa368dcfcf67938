package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// open begins the work of the office, which ends some time after all trouble.
func (of *office) open() {
	of.sim.after(of.dice.between(0, 3*time.Second), func() {
		of.push()
		of.look()
	})
	of.sim.at(of.sim.peace.Add(of.dice.between(10*time.Second, time.Minute)), of.close)
	of.sim.after(time.Second, of.sim.checks.inspect)
}

// look lets somebody do something now and then.
func (of *office) look() {
	if of.sim.now >= of.sim.peace {
		return
	}
	of.sim.after(of.dice.between(2*time.Second, 20*time.Second), of.look)
	if of.requests > 3 {
		return
	}
	line := of.sim.checks.anyLine(of.dice)
	switch {
	case line == nil:
	case of.dice.chance(0.15):
		of.push()
	case of.dice.chance(0.2):
		of.disable(line.at.ID)
	case of.dice.chance(0.3):
		of.enable(line)
	case of.dice.chance(0.3):
		of.skip(line)
	case !of.sim.steady && of.dice.chance(0.2):
		of.kill()
	case of.dice.chance(0.5):
		of.backfill(line)
	default:
		of.start(line)
	}
}

// ask has a process do something and notes the answer.
func (of *office) ask(what string, do func(*process) error, answered func(error)) {
	of.requests++
	of.sim.call(of.dice, do, func(err error) {
		of.requests--
		of.sim.log.note(of.sim.now, "%s: %v", what, err)
		answered(err)
	})
}

func ignore(error) {}

// push pushes a revision, as the service does.
func (of *office) push() {
	r := of.newRevision()
	back := pick(of.dice, 0, 0, time.Minute, 10*time.Minute)
	r.clear = of.dice.chance(0.2)
	of.ask("push of "+r.name, func(p *process) error {
		now := model.InstantOf(p.machine.watch.Now())
		push := r.push
		r.from, push.Revision.Created = now.Add(-back), now
		push.Schedules = r.reschedule
		_, err := p.link.Push(context.Background(), push)
		return err
	}, func(err error) {
		if err != nil && model.CodeOf(err) != model.Conflict {
			of.sim.fail("push of %s: %v", r.name, err)
		}
		of.sim.checks.keptRevision(r)
	})
}

// reschedule says when a workflow runs next after the push.
func (r *revision) reschedule(w *store.Workflow, last *store.Schedule) *store.Schedule {
	if r.clear {
		last = nil
	}
	return conductor.Reschedule(r.plans[w.Name], last, r.from.Time())
}

func (of *office) disable(id model.ScheduleID) {
	of.ask("disable", func(p *process) error {
		_, err := p.server.service.Disable(context.Background(), id)
		return err
	}, ignore)
}

func (of *office) enable(l *line) {
	skip := of.dice.chance(0.5)
	of.ask("enable", func(p *process) error {
		_, err := p.server.service.Enable(context.Background(), l.at.ID, skip, time.Time{})
		return err
	}, ignore)
}

// skip passes some slots over, by their number or up to a time.
func (of *office) skip(l *line) {
	r := service.Skip{From: l.at.NextTime.Add(l.rule.delay).Time(), Count: 1 + of.dice.IntN(3)}
	if of.dice.chance(0.5) {
		r = service.Skip{To: of.sim.now.Add(of.dice.between(-time.Minute, time.Minute)).Time()}
	}
	if of.dice.chance(0.3) {
		r.Run = of.sim.now.Add(of.dice.between(0, time.Minute)).Time()
	}
	of.ask("skip", func(p *process) error {
		_, err := p.server.service.Skip(context.Background(), l.at.ID, r)
		return err
	}, ignore)
}

// backfill starts past sessions.
func (of *office) backfill(l *line) {
	r := service.Backfill{Name: pick(of.dice, "one", "two"), Count: of.dice.IntN(4)}
	period := l.rule.next(l.at.NextTime).Sub(l.at.NextTime)
	r.From = l.at.NextTime.Add(l.rule.delay - time.Duration(1+r.Count+of.dice.IntN(3))*period).Time()
	var list []store.Attempt
	of.ask("backfill", func(p *process) (err error) {
		_, list, err = p.server.service.Backfill(context.Background(), l.at.ID, r)
		return err
	}, func(err error) {
		if err == nil {
			of.sim.checks.filled(model.InstantOf(r.From), r.Count, list)
		}
	})
}

// start starts the session of a slot by hand, sometimes one that the schedule
// will come to.
func (of *office) start(l *line) {
	slot := pick(of.dice, l.at.LastTime, l.at.NextTime, of.sim.now)
	r := service.Start{Session: slot.Time(), Name: pick(of.dice, "", "again")}
	if slot == 0 {
		return
	}
	of.ask("start", func(p *process) error {
		w, err := p.link.Workflow(context.Background(), l.at.Workflow)
		if err != nil {
			return err
		}
		r.Workflow = &w
		a, err := p.server.service.Start(context.Background(), r)
		if err == nil {
			of.sim.checks.attempts[a.ID].acknowledged = true
		}
		return err
	}, ignore)
}

// kill asks one of the newest attempts to end that run.
func (of *office) kill() {
	running := of.sim.checks.running()
	if len(running) == 0 {
		return
	}
	w := running[len(running)-1-of.dice.IntN(min(3, len(running)))]
	of.ask(fmt.Sprintf("kill of a%d", w.row.ID), func(p *process) error {
		_, err := p.server.service.Kill(context.Background(), w.row.ID, "")
		return err
	}, func(err error) { of.sim.checks.killed(w, err) })
}

// close disables all schedules, so that everything can come to rest.
func (of *office) close() {
	enabled := slices.ContainsFunc(of.sim.checks.schedules(), func(l *line) bool { return l.at.Disabled == 0 })
	switch {
	case of.requests > 0:
	case !enabled:
		of.closed = true
		of.sim.log.note(of.sim.now, "the office is closed")
		return
	default:
		for _, l := range of.sim.checks.schedules() {
			if l.at.Disabled == 0 {
				of.disable(l.at.ID)
			}
		}
	}
	of.sim.after(time.Second, of.close)
}
