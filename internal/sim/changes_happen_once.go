package sim

import (
	"context"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/runner"
)

// State changes happen once: a final row never changes, an event is written
// once and in its place, a try is handed over once and gives one result, a
// task that has ended does not run again. Task bodies run at least once.

// try is what became of one run of one task.
type try struct {
	at      model.Instant   // when it was handed over
	outcome *engine.Command // nil until the body has run
}

// submitted is called when a job is handed to a runner: the store says that
// this try is to run, unless the process has lost the attempt since, and it was
// never handed over before.
func (c *checks) submitted(p *process, j *runner.Job) {
	if c.tries[j.ID] != nil {
		c.sim.fail("promise 2: try %v was submitted twice", j.ID)
	}
	c.tries[j.ID] = &try{at: c.sim.now}
	if !c.owns(p, j.ID.Attempt) {
		return
	}
	if r := c.attempts[j.ID.Attempt].rows[j.ID.Task]; r.State != model.Running || r.Try != j.ID.Try {
		c.sim.fail("promise 2: try %v was submitted, but the store has %s", j.ID, rowText(&r))
	}
	c.takesSlots(p, j)
}

// ran is called when the body of a try has run.
func (c *checks) ran(id model.TryID, outcome *engine.Command) {
	t := c.tries[id]
	if t.outcome != nil {
		c.sim.fail("promise 2: try %v ran twice", id)
	}
	t.outcome = outcome
	c.sim.log.note(c.sim.now, "%v ran: command %d", id, outcome.Kind)
}

// again returns the attempts of which the store has the batch already, because
// its writer did not hear so.
func (c *checks) again(b *store.Batch) map[model.AttemptID]bool {
	again := make(map[model.AttemptID]bool)
	for i := range b.Events {
		e := &b.Events[i]
		if _, seen := again[e.Attempt]; !seen {
			again[e.Attempt] = e.Seq <= int64(len(c.attempts[e.Attempt].events))
		}
	}
	return again
}

// event checks an event that is written: it is the next one, or the very one
// that was written before.
func (c *checks) event(e *engine.Event, again map[model.AttemptID]bool) {
	w, text := c.attempts[e.Attempt], eventText(e)
	if again[e.Attempt] {
		if e.Seq > int64(len(w.events)) || w.events[e.Seq-1] != text {
			c.sim.fail("promise 2: event %s was written another time, and differently", text)
		}
		return
	}
	c.sim.log.note(c.sim.now, "  %s", text)
	if e.Seq != int64(len(w.events))+1 {
		c.sim.fail("promise 2: event %s comes after %d events", text, len(w.events))
	}
	w.events = append(w.events, text)
	c.told(w, e)
	c.begins(w, e)
	c.applied(e)
}

// task checks a row that is written.
func (c *checks) task(r *engine.TaskRow, again map[model.AttemptID]bool) {
	w, text := c.attempts[r.Attempt], rowText(r)
	old, known := w.rows[r.ID]
	switch {
	case again[r.Attempt]:
		return
	case known && old.State.Final() && w.texts[r.ID] != text:
		c.sim.fail("promise 2: a final row changed\nfrom %s\nto   %s", w.texts[r.ID], text)
	case known && (old.Try > r.Try || old.Retries > r.Retries || old.Flags&engine.CancelAsked > r.Flags&engine.CancelAsked):
		c.sim.fail("promise 2: a row went back\nfrom %s\nto   %s", w.texts[r.ID], text)
	case known && !r.State.Final() && !c.succeeded(&old) && !c.burying[taskKey{r.Attempt, r.ID}] && !inboxFollows(&old, r):
		c.sim.fail("promise 2: a message was lost\nfrom %s\nto   %s", w.texts[r.ID], text)
	}
	if known {
		c.inTime(&old, r)
	}
	c.sim.log.note(c.sim.now, "  a%d/%s", r.Attempt, text)
	w.rows[r.ID], w.texts[r.ID] = *r, text
	c.beginsWith(r)
	c.accepted(r)
}

// inboxFollows reports whether an inbox has lost at most the message that was
// being handled, and else only gained some.
func inboxFollows(old, now *engine.TaskRow) bool {
	var before, after []engine.Message
	if old.Detail != nil {
		before = old.Detail.Inbox
	}
	if now.Detail != nil {
		after = now.Detail.Inbox
	}
	return startsWith(after, before) || old.Flags&engine.Handling != 0 && startsWith(after, before[1:])
}

// succeeded reports whether the running try of a task has ended well: the
// messages that it left are void then.
func (c *checks) succeeded(r *engine.TaskRow) bool {
	t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}]
	return r.State == model.Running && t != nil && t.outcome != nil && t.outcome.Kind == engine.Succeed
}

func startsWith(all, first []engine.Message) bool {
	if len(all) < len(first) {
		return false
	}
	for i := range first {
		if all[i].Source != first[i].Source {
			return false
		}
	}
	return true
}

// accepted checks that what a task ended with is what its last try gave.
func (c *checks) accepted(r *engine.TaskRow) {
	if r.Try == 0 || r.State != model.Success && r.State != model.Stopped || r.Flags&engine.Late != 0 {
		return // a late round ends well for a message that is buried, too, and adds to the one before
	}
	t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}]
	switch {
	case t == nil || t.outcome == nil:
		c.sim.fail("promise 2: %s has ended, but its body never ran", rowText(r))
	case t.outcome.Kind != engine.Succeed:
		c.sim.fail("promise 2: %s has ended well, but its body gave command %d", rowText(r), t.outcome.Kind)
	case !storeOf(r.Detail).Equal(t.outcome.Result.Store):
		c.sim.fail("promise 2: %s has not the result of its try, %v", rowText(r), t.outcome.Result.Store)
	}
}

func storeOf(d *engine.Detail) params.Map {
	if d == nil {
		return params.Map{}
	}
	return d.Store
}

// storedAsCommitted checks at the end that the store has what was committed,
// and nothing that changed under its hands.
func (c *checks) storedAsCommitted(w *witness) {
	s, err := c.sim.store.Load(context.Background(), w.row.ID)
	if err != nil {
		c.sim.fail("load attempt %d: %v", w.row.ID, err)
		return
	}
	if got, want := attemptText(&s.Attempt.AttemptRow), attemptText(&w.row); got != want {
		c.sim.fail("promise 2: the store has %s, committed was %s", got, want)
	}
	if len(s.Tasks) != len(w.texts) || s.Seq != int64(len(w.events)) {
		c.sim.fail("promise 2: the store has %d tasks and %d events of attempt %d, committed were %d and %d",
			len(s.Tasks), s.Seq, w.row.ID, len(w.texts), len(w.events))
	}
	for i := range s.Tasks {
		if got, want := rowText(&s.Tasks[i]), w.texts[s.Tasks[i].ID]; got != want {
			c.sim.fail("promise 2: the store has %s, committed was %s", got, want)
		}
	}
}
