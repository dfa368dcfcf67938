package sim

import (
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Every slot of an enabled schedule gets one session, or is passed over for a
// reason, in order: each change of a schedule that the store takes leads to the
// very next slot, as it is worked out here, and is made for a reason.

// line is what the checks know of one schedule, all from what the store took.
type line struct {
	at   store.Schedule
	rule *rule
	// neglect is that it ought to be fired, if it ought to.
	neglect neglect
}

// schedules returns what there is, by id.
func (c *checks) schedules() []*line {
	var list []*line
	for _, l := range c.lines {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *line) int { return int(a.at.ID - b.at.ID) })
	return list
}

func (c *checks) anyLine(d dice) *line {
	list := c.schedules()
	if len(list) == 0 {
		return nil
	}
	return list[d.IntN(len(list))]
}

// stored reads a schedule as it is now, and checks that nobody changed it
// unseen.
func (c *checks) stored(id model.ScheduleID, before *line) store.Schedule {
	at, err := c.sim.store.Schedule(context.Background(), id)
	if err != nil || before != nil && at.Version != before.at.Version+1 {
		c.sim.fail("schedule: %d was changed unseen, or is gone (%v): %+v", id, err, at)
	}
	return at
}

// fired is called when the store has fired schedules.
func (c *checks) fired(p *process, firings []store.Firing, fired []store.Fired) {
	for i := range firings {
		f, l := &firings[i], c.lines[firings[i].Schedule.ID]
		if id := fired[i].Attempt.ID; id != 0 {
			c.fires[id] = f.Start.Session.Time
		}
		switch code := model.CodeOf(fired[i].Err); {
		case fired[i].Err != nil && code != model.Exhausted:
			p.note("fires schedule %d: %v", f.Schedule.ID, fired[i].Err)
		case l == nil || l.at.Disabled != 0:
			c.sim.fail("schedule: %d was fired, but is disabled or gone", f.Schedule.ID)
		case code == model.Exhausted:
			c.refused(p, l, f)
		default:
			c.slot(p, l, f)
		}
	}
}

// refused checks that a slot for which there was no room stays the next one.
func (c *checks) refused(p *process, l *line, f *store.Firing) {
	at := c.stored(l.at.ID, l)
	p.note("schedule %d has no room until %v", l.at.ID, at.NextRun.Time())
	if at.NextTime != c.passed(p, l, f) || at.LastTime != l.at.LastTime || at.NextRun <= l.at.NextRun || c.sim.office.maxRunning == 0 {
		c.sim.fail("schedule: from %+v to %+v without room", l.at, at)
	}
	l.at = at
}

// slot checks what became of a slot that was due.
func (c *checks) slot(p *process, l *line, f *store.Firing) {
	before, at := l.at, c.stored(l.at.ID, l)
	slot := c.passed(p, l, f)
	next := slot
	if f.Start != nil {
		next = l.rule.next(slot)
	}
	p.note("fires schedule %d at %v: start=%t", at.ID, slot.Time(), f.Start != nil)
	switch {
	case c.sim.now.Add(maxSkew) < before.NextRun:
		c.sim.fail("schedule: %d was fired at %d before it was due at %d", at.ID, c.sim.now, before.NextRun)
	case at.NextTime != next || at.NextRun != l.rule.due(next):
		c.sim.fail("schedule: after %v, %d goes on with %v at %v; the next slot is %v", slot.Time(), at.ID, at.NextTime.Time(), at.NextRun.Time(), next.Time())
	case f.Start == nil && (at.LastTime != before.LastTime || slot == before.NextTime):
		c.sim.fail("schedule: %d was fired at %v for nothing", at.ID, slot.Time())
	case f.Start == nil:
	case f.Start.Session.Time != slot:
		c.sim.fail("schedule: %d started %v, and not %v", at.ID, f.Start.Session.Time.Time(), slot.Time())
	case at.LastTime != slot || before.LastTime >= slot:
		c.sim.fail("schedule: %v was started after %v", slot.Time(), before.LastTime.Time())
	default:
		c.began(p, l, f)
	}
	l.at = at
}

// began checks that there is a session for a slot that is started, and no
// reason against it.
func (c *checks) began(p *process, l *line, f *store.Firing) {
	key := f.Start.Session.Key
	id, ok := c.names[attemptName{l.at.Project, l.at.WorkflowName, key, ""}]
	switch {
	case !ok || c.attempts[id].info.Session.Time != f.Start.Session.Time:
		c.sim.fail("schedule: the slot %s has no session", key)
		return
	case f.Start.Workflow != l.at.Workflow:
		c.sim.fail("schedule: the slot %s is of workflow %d, not of %d", key, f.Start.Workflow, l.at.Workflow)
	}
	c.attempts[id].acknowledged = true
	if l.rule.late > 0 && p.server.lookedAt.Add(-maxSkew) > f.Start.Due.Add(l.rule.late) {
		c.sim.fail("schedule: the slot %s is started too late", key)
	}
	if !l.rule.overtime {
		return
	}
	for _, w := range c.order {
		s := c.sessions[w.info.Session.ID]
		if w.row.ID != id && c.of(w, l) && w.born < p.server.lookedAt && s[len(s)-1] == w && !w.row.State.Done() && !w.row.CancelAsked {
			c.sim.fail("schedule: the slot %s is started, though a%d has not ended", key, w.row.ID)
		}
	}
}

// of reports whether an attempt is one of a schedule's workflow.
func (c *checks) of(w *witness, l *line) bool {
	return w.info.Session.Project == l.at.Project && w.info.Session.Workflow == l.at.WorkflowName
}

// passed checks that the slots that a firing passes over follow each other and had
// reasons to have no session, and returns the one after them.
func (c *checks) passed(p *process, l *line, f *store.Firing) model.Instant {
	busy := false
	for _, w := range c.order {
		busy = busy || l.rule.overtime && c.of(w, l) && (!w.row.State.Done() || w.gone >= p.server.lookedAt)
	}
	next := l.at.NextTime
	for i := range f.Ticks {
		t := &f.Ticks[i]
		if t.Outcome != store.TickSkipped || t.Slot != next || t.Name != l.at.WorkflowName || t.Reason == "" {
			c.sim.fail("schedule: %d is at %v, and told %+v", l.at.ID, next.Time(), t)
			return next
		}
		n := 0
		for last := max(t.Slot, t.Until); next <= last; next, n = l.rule.next(next), n+1 {
			due := l.rule.due(next)
			if next == l.at.NextTime {
				due = l.at.NextRun
			}
			now := c.sim.now.Add(maxSkew)
			late := l.rule.late > 0 && now > due.Add(l.rule.late)
			newer := l.rule.latest && now >= l.rule.due(l.rule.next(next))
			if !late && !newer && !busy {
				c.sim.fail("schedule: %d passed %v over for no reason", l.at.ID, next.Time())
				return next
			}
		}
		if n != t.Slots {
			c.sim.fail("schedule: %d passed %d slots over, and told %+v", l.at.ID, n, t)
		}
	}
	return next
}

// changed is called when the store has changed a schedule as somebody wanted.
func (c *checks) changed(p *process, to *store.Schedule) {
	l := c.lines[to.ID]
	if l == nil {
		c.sim.fail("schedule: %d was changed, but is gone", to.ID)
		return
	}
	at := c.stored(to.ID, l)
	p.note("changes schedule %d: disabled=%t next=%v", to.ID, at.Disabled != 0, at.NextTime.Time())
	moved := at.NextTime != l.at.NextTime
	if moved && (at.NextTime < l.at.NextTime || !l.rule.isSlot(at.NextTime)) || !moved && at.NextRun != l.at.NextRun || at.LastTime != l.at.LastTime {
		c.sim.fail("schedule: %d was moved from %+v to %+v", to.ID, l.at, at)
	}
	l.at = at
}

// pushed is called when the store has taken a revision: the schedules are those
// of its workflows, and go on where they were or begin anew.
func (c *checks) pushed(p *process, push *store.Push, project *store.Project) {
	r := c.sim.office.revision(push.Revision.Name)
	list, _, err := c.sim.store.ListSchedules(context.Background(), store.ScheduleFilter{Project: project.ID}, store.Page{})
	if err != nil || len(list) != len(r.rules) {
		c.sim.fail("schedule: revision %s has %d schedules, and there are %d (%v)", r.name, len(r.rules), len(list), err)
		return
	}
	before := c.lines
	c.lines = make(map[model.ScheduleID]*line)
	for _, at := range list {
		p.note("pushed %s: schedule %d of %s, next %v", r.name, at.ID, at.WorkflowName, at.NextTime.Time())
		rule, old := r.rules[at.WorkflowName], before[at.ID]
		next := rule.first(r.from)
		again := old != nil && old.at.Rule == at.Rule
		if old == nil {
			old = &line{}
		} else if old.at.WorkflowName != at.WorkflowName || old.at.Disabled != at.Disabled || old.at.Version+1 != at.Version {
			c.sim.fail("schedule: a push changed %+v to %+v", old.at, at)
		}
		if done := max(old.at.LastTime, old.at.Evaluated); done != 0 && !r.clear {
			if on := rule.next(done); again || on > next {
				next = on
			}
		}
		if at.NextTime != next || at.NextRun != rule.due(next) {
			c.sim.fail("schedule: after the push of %s, %d goes on with %v, not with %v", r.name, at.ID, at.NextTime.Time(), next.Time())
		}
		c.lines[at.ID] = &line{at: at, rule: rule}
		c.rules[at.Workflow] = rule
	}
	for id, old := range before {
		if c.lines[id] == nil && r.rules[old.at.WorkflowName] != nil {
			c.sim.fail("schedule: a push lost schedule %d of %s", id, old.at.WorkflowName)
		}
	}
}

// keptRevision checks that a revision whose push was acknowledged is there.
func (c *checks) keptRevision(r *revision) {
	p, err := c.sim.store.ProjectNamed(context.Background(), r.push.Project)
	if err == nil {
		_, err = c.sim.store.Revision(context.Background(), p.ID, r.name)
	}
	if err != nil {
		c.sim.fail("promise 1: the push of %s was acknowledged: %v", r.name, err)
	}
}
