package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// Restore builds an attempt from its stored state: growths in the order in
// which they were recorded, tasks in any order, and the number of its newest
// event. Nothing is running in it as far as the engine can tell: see Revive.
func Restore(def *workflow.Workflow, row AttemptRow, growths []Growth, tasks []TaskRow, seq int64) (*Attempt, error) {
	a := New(row.ID, def, row.Params)
	a.row, a.seq = row, seq
	for _, g := range growths {
		if err := a.regrow(g); err != nil {
			return nil, err
		}
	}
	a.paged.skip(int(row.Tasks) - len(a.tasks))
	for i := range tasks {
		r := &tasks[i]
		if !a.has(r.ID) {
			return nil, model.Errorf(model.Internal, "attempt %d: stored task %d does not exist", row.ID, r.ID)
		}
		t := a.at(r.ID)
		t.state, t.flags, t.try, t.retries = r.State, r.Flags, r.Try, r.Retries
		t.started, t.ended, t.wake, t.deadline, t.detail = r.Started, r.Ended, r.Wake, r.Deadline, r.Detail
		if r.State != model.Blocked && !r.State.Final() {
			a.tally(r.ID, 1)
		}
	}
	a.over = a.over[:0]
	a.retirePages()
	a.recall(0)
	for id := range a.all() {
		if t := a.at(id); t.parent != model.NoTask && !a.counts(t.parent, id) {
			a.recall(id) // retired, but losers below it may still be ending
		}
	}
	a.refresh(0)
	a.hearAgain()
	return a, nil
}

// hearAgain works out who listens in a restored attempt, and to what. Those that
// are stored to listen, but not since when, were so by a version of pawl that
// told nobody: they are told of when the attempt is driven.
func (a *Attempt) hearAgain() {
	if a.row.Started == 0 {
		return // those that listen early do so from the beginning
	}
	for id := range a.all() {
		if t := a.at(id); t.node.Wait == nil && len(t.subscribed()) == 0 || !a.hears(id) {
			continue
		}
		h := a.listeners()
		a.countListener(id, 1)
		a.learn(id)
		h.told[id] = a.recollect(id)
	}
	if a.audience != nil {
		a.audience.fresh, a.audience.moved = a.audience.fresh[:0], a.audience.moved[:0]
	}
}

// recollect returns what was last told of a listener.
func (a *Attempt) recollect(id model.TaskID) told {
	t := a.at(id)
	switch {
	case t.state.Final():
		return told{keys: a.keys(id), since: t.ended}
	case t.hearing().Since == 0:
		return told{}
	}
	return told{keys: t.detail.Keys, since: t.hearing().Since}
}

// recall works out what the rows below a task leave out: which tasks stored
// something, which edges are decided and which blocked tasks are not reached.
func (a *Attempt) recall(id model.TaskID) {
	t := a.at(id)
	if d := t.detail; d != nil && a.def.Scope == workflow.Tree && (d.Store.Len() > 0 || len(d.Reset) > 0) {
		a.markGives(id)
	}
	if t.started == 0 && (t.node.Wait == nil || t.state == model.Blocked) {
		return
	}
	t.pending = 0
	for _, kid := range t.kids {
		k := a.at(kid)
		if k.state == model.Blocked && a.recount(t, kid) {
			k.state = model.NotReached
		}
		if k.flags&Won != 0 {
			t.winner = kid
		}
		if a.isAhead(t, k) {
			t.gate |= gateAhead
		}
		a.recall(kid)
		if !k.state.Final() {
			t.pending++
		}
	}
	if c := t.items(); c != nil {
		t.pending += int32(len(c.Again))
		if c.Next < c.Total {
			t.pending++
		}
	}
}

// regrow repeats a growth.
func (a *Attempt) regrow(g Growth) error {
	fits := g.First == a.nextID(g.Parent, g.Kind)
	if g.First >= firstPaged {
		if g.Parent >= firstPaged && !a.has(g.Parent) {
			return nil // of a page that was dropped since
		}
		fits = int(g.First-firstPaged) >= a.paged.given
		a.paged.skip(int(g.First - firstPaged))
	}
	if !fits || !a.has(g.Parent) {
		return model.Errorf(model.Internal, "attempt %d: stored growth at task %d does not fit %d tasks", a.row.ID, g.First, a.size())
	}
	a.sprout(g)
	return nil
}

// isAhead reports whether a child of p has started before those that it comes
// after had ended.
func (a *Attempt) isAhead(p, k *task) bool {
	return k.state != model.Blocked && k.state != model.NotReached && p.defines(k) && slices.ContainsFunc(k.node.After, func(e workflow.Edge) bool {
		return !a.at(p.kids[e.From]).state.Final()
	})
}

// Fate is what became of a running try whose conductor has died.
type Fate uint8

// Fates of tries.
const (
	// Lost means that nobody will report the try.
	Lost Fate = iota
	// Awaited means that it is to be reported yet.
	Awaited
	// Unsent means that no runner has had it.
	Unsent
)

// Revive begins to drive a restored attempt: it arms every timer, counts the running
// tries as lost of which fate says so, or all where that is nil, and dispatches those
// that were not sent, once more as the same. Of those that are awaited it interrupts
// again what was to end: whoever was to do so may have died before.
func (a *Attempt) Revive(now model.Instant, fate func(model.TaskID, int32) Fate, step *Step) {
	if fate == nil {
		fate = func(model.TaskID, int32) Fate { return Lost }
	}
	a.speakUp(now, step)
	var over []Command
	var asking, unsent []model.TaskID
	for id := range a.all() {
		t := a.at(id)
		if t.state.Final() || t.state == model.Blocked {
			continue
		}
		if t.wake != 0 {
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: Arm, Task: id, At: t.wake}})
		}
		if t.deadline != 0 && t.flags&LimitSeen == 0 {
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: ArmLimit, Task: id, At: t.deadline}})
		}
		if t.items() != nil && t.state == model.Open {
			asking = append(asking, id)
		}
		if t.state != model.Running {
			continue
		}
		switch f := fate(id, t.try); {
		case f == Lost:
			over = append(over, Command{Kind: Lose, Task: id, Try: t.try})
		case f == Unsent && t.asked():
			over = append(over, Command{Kind: TryCancelled, Task: id, Try: t.try})
		case f == Unsent:
			unsent = append(unsent, id)
		case t.asked():
			step.Effects = append(step.Effects, Owned{a.row.ID, Effect{Kind: Interrupt, Task: id, Try: t.try, Name: a.name(id)}})
		}
	}
	a.now, a.step = now, step
	for _, id := range asking {
		a.askAnew(id)
	}
	for _, id := range unsent {
		a.handOver(id)
	}
	for _, c := range over {
		_ = a.Apply(now, c, step) // a report never is an error
	}
}

// speakUp tells of listeners that were never told of.
func (a *Attempt) speakUp(now model.Instant, step *Step) {
	if a.audience == nil {
		return
	}
	a.now, a.step = now, step
	for id := range a.all() {
		if len(a.at(id).subscribed()) > 0 && a.at(id).hearing().Since == 0 {
			a.attune(id)
		}
	}
	a.flush()
	a.step = nil
}
