package engine

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
)

// runAgain opens a new round of a task that has ended, in a group that has not, or
// runs one that is held because its runner was lost.
func (a *Attempt) runAgain(id model.TaskID) error {
	if a.at(id).held() {
		a.dispatch(id)
		return nil
	}
	if err := a.canRunAgain(id); err != nil {
		return err
	}
	parent := a.at(id).parent
	anew := a.renew(id)
	a.reopen(parent)
	if !a.crowded(anew) {
		a.openAt(anew) // else it is the first to be admitted
	}
	a.refresh(parent)
	return nil
}

// canRunAgain returns an error unless a task that has ended can have a new round.
func (a *Attempt) canRunAgain(id model.TaskID) error {
	if s := a.state(id); !s.Final() || a.at(id).parent == model.NoTask {
		return model.Errorf(model.Conflict, "task %s is %s: only a task that has ended can run again", a.name(id), s)
	}
	parent := a.at(id).parent
	if p := a.at(parent); p.state != model.Open || p.pending == 0 || p.asked() || !a.counts(parent, id) {
		return model.Errorf(model.Conflict, "task %s can't run again: its group is over", a.name(id))
	}
	return nil
}

// renew puts a fresh copy of a task that has ended in its place.
func (a *Attempt) renew(id model.TaskID) model.TaskID {
	parent, index := a.at(id).parent, a.at(id).index
	a.cancel(id, CancelAsked)
	a.hushTree(id)
	if t := a.at(id); a.onPage(t) {
		a.uncount(a.items(t), a.pages[parent].index[index], t.state)
	}
	a.grow(Growth{Kind: GrowAgain, Parent: parent, Replaces: id})
	return a.at(parent).kids[index]
}

// reopen decides anew which tasks of a group wait for others, after one of
// them was put in anew: those that were not reached may be now.
func (a *Attempt) reopen(id model.TaskID) {
	p := a.at(id)
	p.flags &^= Closed
	for _, kid := range p.kids {
		if a.at(kid).closes() {
			p.flags |= Closed
		}
	}
	a.touch(id)
	if p.made == GrowPage {
		a.at(p.parent).next += p.next
	}
	p.pending, p.next = 0, 0
	for _, kid := range p.kids {
		k := a.at(kid)
		if k.state == model.NotReached {
			k.state = model.Blocked
			if a.audience != nil {
				a.audience.fresh = append(a.audience.fresh, kid)
			}
		}
		if k.state == model.Blocked && a.recount(p, kid) {
			a.schedule(errandOpen, kid)
		}
		if !k.state.Final() {
			p.pending++
		}
	}
}

// recount decides the edges of a blocked child of p anew, and reports whether
// none is left to wait for, and no room either.
func (a *Attempt) recount(p *task, id model.TaskID) bool {
	k := a.at(id)
	k.pending, k.gate = 0, 0
	if !p.defines(k) {
		return !a.crowded(id)
	}
	for _, e := range k.node.After {
		from := a.at(p.kids[e.From])
		if !from.state.Final() && from.flags&Late == 0 {
			k.pending++
			continue
		}
		k.gate |= decide(from, e.On, e.Output)
	}
	return k.pending == 0
}

// lasting reports whether a task that has ended takes messages even so.
func (t *task) lasting() bool {
	return t.listens() && (t.state == model.Success && t.node.Wait.Again != workflow.AgainNever ||
		t.state == model.Skipped && t.node.Wait.Early == workflow.JumpEarly)
}

// goesOn reports whether the group of a task that has ended can run it again.
func (a *Attempt) goesOn(id model.TaskID) bool {
	parent := a.at(id).parent
	if parent == model.NoTask {
		return false
	}
	p := a.at(parent)
	return p.state == model.Open && !p.asked() && p.winner == 0 && a.counts(parent, id)
}

// again opens a new round of a task that has ended well or was skipped, because
// of late messages. Others that wait for the task do not wait for the round: it
// stands for the one before it until it ends.
func (a *Attempt) again(id model.TaskID, why Flags, inbox []Message) {
	old := a.at(id).detail
	anew := a.renew(id)
	t := a.at(anew)
	t.flags |= why
	if w := t.node.Wait; w != nil && w.Again == workflow.AgainDownstream && len(inbox) > 0 {
		t.flags |= Onward
	}
	if old != nil {
		d := a.change(anew)
		d.Outputs = old.Outputs
		if t.listens() && a.def.Scope == workflow.Tree {
			d.Export, d.Store, d.Reset = old.Export, old.Store, old.Reset
		}
	}
	for i := range inbox {
		a.keepMessage(anew, &inbox[i])
	}
	a.at(t.parent).pending++
	a.openAt(anew)
	if d := a.at(anew).detail; d != nil && (d.Store.Len() > 0 || len(d.Reset) > 0) {
		a.markGives(anew)
	}
	a.refreshAfter(anew)
}

// standsIn reports whether a late round of a listener stands for the one before
// it, whose parameters it passes on.
func (t *task) standsIn() bool { return t.flags&Late != 0 && t.listens() && !t.state.Final() }

// refreshAfter decides anew what those see that come after a task.
func (a *Attempt) refreshAfter(id model.TaskID) {
	t := a.at(id)
	p := a.at(t.parent)
	if a.def.Scope == workflow.Shared || !p.defines(t) || len(p.node.Next(int(t.index))) == 0 {
		return
	}
	a.refresh(t.parent)
}

// onward runs those siblings again that come after a task, have ended well and
// say that they are to, once none of those before them is about to.
func (a *Attempt) onward(id model.TaskID) {
	t := a.at(id)
	parent := t.parent
	if !a.goesOn(id) || !a.at(parent).defines(t) {
		return
	}
	children := a.at(parent).node.Children
	after, held := make([]bool, len(children)), make([]bool, len(children))
	after[t.index] = true
	for i, c := range children {
		for _, e := range c.After {
			after[i] = after[i] || after[e.From]
			held[i] = held[i] || held[e.From]
		}
		kid := a.at(parent).kids[i]
		k := a.at(kid)
		if c.Again && after[i] && !held[i] && kid != id && k.state.Final() && k.state.Passed() {
			a.again(kid, Late|Onward, nil)
			held[i] = true
		}
		held[i] = held[i] || k.flags&Onward != 0 && !a.at(a.at(parent).kids[i]).state.Final()
	}
}
