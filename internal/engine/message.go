package engine

import (
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/workflow"
)

// deliver gives a message to a task that listens: one that waits runs with it,
// one that has ended does once more, one that is not reached keeps it or is
// jumped to.
func (a *Attempt) deliver(id model.TaskID, m *Message) error {
	if m == nil {
		return model.Errorf(model.Invalid, "a signal needs a message")
	}
	id = a.latest(id)
	if !a.hears(id) {
		return model.Errorf(model.Conflict, "task %s is %s and takes no messages", a.name(id), a.state(id))
	}
	t := a.at(id)
	jumps := t.state == model.Blocked && t.node.Wait.Early == workflow.JumpEarly
	if jumps {
		if _, err := a.wayTo(id); err != nil {
			return err
		}
	}
	switch {
	case t.has(m):
	case t.state.Final():
		a.again(id, Late, []Message{*m})
	case jumps:
		a.keepMessage(id, m)
		return a.skipTo(id, "")
	default:
		a.keepMessage(id, m)
		a.handleNext(id)
	}
	return nil
}

// latest returns the round of a task for which a message is that was on its way
// while another one had the task run again.
func (a *Attempt) latest(id model.TaskID) model.TaskID {
	t := a.at(id)
	if !t.lasting() || t.parent == model.NoTask {
		return id
	}
	if kids := a.at(t.parent).kids; int(t.index) < len(kids) && a.at(kids[t.index]).flags&Late != 0 {
		return kids[t.index]
	}
	return id
}

// has reports whether a message is in the inbox already.
func (t *task) has(m *Message) bool {
	return t.detail != nil && m.Source != "" &&
		slices.ContainsFunc(t.detail.Inbox, func(other Message) bool { return other.Source == m.Source })
}

func (a *Attempt) keepMessage(id model.TaskID, m *Message) {
	d := a.change(id)
	d.Inbox = append(slices.Clip(d.Inbox), *m)
	a.event(SignalKept, id, params.Of("topic", m.Topic, "source", m.Source))
}

// handleNext runs a task that waits with the first message of its inbox.
func (a *Attempt) handleNext(id model.TaskID) {
	t := a.at(id)
	if t.state != model.Waiting || t.flags&(Handling|RoundAsked) != 0 || !t.hasMail() {
		return
	}
	a.dispatchNext(id)
}

// hasMail reports whether messages wait for a task.
func (t *task) hasMail() bool { return t.detail != nil && len(t.detail.Inbox) > 0 }

// dispatchNext hands a try to a runner, with the first message of the inbox if
// there is one.
func (a *Attempt) dispatchNext(id model.TaskID) {
	t := a.at(id)
	if t.hasMail() {
		a.claim(id)
		t.flags |= Handling
		if t.wake != 0 {
			h := t.hearing()
			h.Due = t.wake
			a.setHearing(id, h)
		}
	}
	a.dispatch(id)
}

// claim makes the first message of the inbox the task's own: nobody else is to
// get what a try may have done something with.
func (a *Attempt) claim(id model.TaskID) {
	if a.at(id).detail.Inbox[0].Share == nil {
		return
	}
	d := a.change(id)
	d.Inbox = slices.Clone(d.Inbox)
	d.Inbox[0].Share = nil
}

// handled takes the message that a try handled off the inbox.
func (a *Attempt) handled(id model.TaskID) {
	t := a.at(id)
	if t.flags&Handling == 0 {
		return
	}
	t.flags &^= Handling
	d := a.change(id)
	d.Inbox = d.Inbox[1:]
	h := t.hearing()
	a.setHearing(id, Hearing{Since: h.Since, Forgiven: h.Forgiven})
}

// forgive lets a task that goes on to the next message have all retries for it.
func (a *Attempt) forgive(id model.TaskID) {
	if t := a.at(id); t.spent() > 0 && t.listens() {
		h := t.hearing()
		h.Forgiven = t.retries
		a.setHearing(id, h)
	}
}

// spent is how many of its policy's retries a task has used.
func (t *task) spent() int { return int(t.retries - t.hearing().Forgiven) }

// buries reports whether the message that fails a try is buried, instead of
// failing the task.
func (t *task) buries() bool {
	return t.listens() && t.node.Wait.OnBadMessage == workflow.BuryMessage
}

// over reports whether a round for late messages has nothing to wait for but
// more of them: each has a round of its own.
func (t *task) over(until model.Instant) bool { return t.flags&Late != 0 && until == 0 && t.listens() }

// Bury returns a message, or puts it among the dead letters, that was on its way
// to a task when that ceased to take any, as err says, and appends that to step.
// It changes nothing else, and may be called when the attempt is done.
func (a *Attempt) Bury(now model.Instant, id model.TaskID, m Message, err error, step *Step) {
	a.now, a.step = now, step
	if a.isTold(id) {
		m.Share = nil // it would come back
	}
	if a.row.State.Done() || !a.has(id) {
		step.Buried = append(step.Buried, Buried{Attempt: a.row.ID, Task: id, Message: m, Reason: err.Error(), At: now})
	} else {
		a.bury(id, m, err.Error())
	}
	a.step = nil
}

func (a *Attempt) bury(id model.TaskID, m Message, reason string) {
	kind := SignalBuried
	if m.Share != nil {
		kind = SignalReturned
	}
	a.event(kind, id, params.Of("topic", m.Topic, "source", m.Source, "reason", reason))
	a.step.Buried = append(a.step.Buried, Buried{
		Attempt: a.row.ID, Task: id, Message: m, Reason: reason, At: a.now,
	})
}

// buryAll returns or buries what a task has kept that handles no more.
func (a *Attempt) buryAll(id model.TaskID, rest []Message) {
	reason := "task " + a.name(id) + " was not reached"
	if s := a.at(id).state; s.Final() && s != model.NotReached {
		reason = "task " + a.name(id) + " ended as " + s.String() + " before it handled the message"
	}
	for _, m := range rest {
		a.bury(id, m, reason)
	}
}

// closeInbox takes from a task that ends what it leaves unhandled.
func (a *Attempt) closeInbox(id model.TaskID) []Message {
	t := a.at(id)
	t.flags &^= Handling
	if t.detail == nil || len(t.detail.Inbox) == 0 && len(t.detail.Keys) == 0 && t.detail.Hearing == nil {
		return nil
	}
	d := a.change(id)
	rest := d.Inbox
	d.Keys, d.Inbox, d.Hearing = nil, nil, nil
	return rest
}

// leaveMail runs a task that has ended once more with the messages that it left,
// or buries them.
func (a *Attempt) leaveMail(id model.TaskID, rest []Message) {
	switch {
	case len(rest) == 0:
	case a.at(id).lasting() && a.goesOn(id):
		a.again(id, Late, rest)
	default:
		a.buryAll(id, rest)
	}
}

// send gives out what a try sends that has ended well.
func (a *Attempt) send(id model.TaskID, records []Record) {
	for i, r := range records {
		r.Attempt, r.Task, r.Try, r.Index, r.At = a.row.ID, id, a.at(id).try, int32(i), a.now
		a.step.Records = append(a.step.Records, r)
	}
}
