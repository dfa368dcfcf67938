package sim

import (
	"cmp"
	"context"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// A message that the store took is handled by each task that was to get it, once,
// or is told of as dead: whoever it was for, and whenever it came. The store's
// subscriptions are those of the tasks that live. What a try sends is sent if its
// result counts, and once.

// mailroom is what the checks know of messages and records.
type mailroom struct {
	// came has the messages that were taken in, by source, with how many tasks
	// were to get each. early are those that nobody waited for.
	came  map[string]int
	early map[string]bool
	sent  map[recordName]bool
}

// recordName tells a record from all others.
type recordName struct {
	attempt    model.AttemptID
	task       model.TaskID
	try, index int32
}

func newMailroom() mailroom {
	return mailroom{came: make(map[string]int), early: make(map[string]bool), sent: make(map[recordName]bool)}
}

// delivered is called when the store has routed messages.
func (c *checks) delivered(who string, d *store.Delivery, outcomes []store.Delivered) {
	for i, o := range outcomes {
		m := &d.Messages[i]
		_, known := c.mail.came[m.Source]
		c.sim.log.note(c.sim.now, "%s delivers %s: %v to %d", who, m.Source, o.Outcome, o.Tasks)
		if known != (o.Outcome == store.Duplicate) {
			c.sim.fail("promise 1: message %s came before: %t, and is %v", m.Source, known, o.Outcome)
		}
		switch o.Outcome {
		case store.Taken:
			c.mail.came[m.Source] = o.Tasks
		case store.KeptEarly:
			c.mail.came[m.Source], c.mail.early[m.Source] = 1, true
		case store.Dead, store.Dropped:
			c.mail.came[m.Source] = 0
		}
	}
	c.findPosts()
}

// heard takes in what a batch says of messages and records.
func (c *checks) heard(b *store.Batch) {
	c.burying = make(map[taskKey]bool)
	for i := range b.Buried {
		c.burying[taskKey{b.Buried[i].Attempt, b.Buried[i].Task}] = true
	}
	for _, r := range b.Records {
		c.mail.sent[recordName{r.Attempt, r.Task, r.Try, r.Index}] = true
	}
	if len(b.Listening) > 0 {
		c.findPosts()
	}
}

// findPosts takes in what the store has posted by itself.
func (c *checks) findPosts() {
	for _, w := range c.running() {
		s, err := c.sim.store.Load(context.Background(), w.row.ID)
		if err != nil {
			c.sim.fail("load attempt %d: %v", w.row.ID, err)
			return
		}
		for _, p := range s.Inbox {
			if c.posts[p.ID] != nil || p.Command.Message == nil || !fed(p.Command.Message.Source) {
				continue
			}
			one := &post{id: p.ID, attempt: w.row.ID, command: p.Command}
			c.posts[p.ID] = one
			w.posts = append(w.posts, one)
			c.sim.log.note(c.sim.now, "the store posts %d to a%d: %s", p.ID, w.row.ID, p.Command.Message.Source)
		}
	}
}

// takes reports whether the definition of a task has it wait for signals.
func (c *checks) takes(w *witness, r *engine.TaskRow) bool {
	for _, p := range c.sim.machines {
		if p.up == nil {
			continue
		}
		if a, ok := p.up.core.Attempt(w.row.ID); ok && int(r.ID) < a.Len() {
			n := a.Task(r.ID).Node
			return n.Wait != nil && len(n.Wait.Signals) > 0
		}
	}
	return true // nobody drives it: it was let go of, and looked at before that
}

// listensAsStored compares, now and then, who listens in an attempt of a process
// with the subscriptions that the store has.
func (c *checks) listensAsStored(p *process) {
	if !p.wrote || !c.dice.chance(0.3) {
		return
	}
	for _, w := range c.order {
		a, ok := p.core.Attempt(w.row.ID)
		if !ok || !c.owns(p, w.row.ID) {
			continue
		}
		var want []store.Subscription
		for _, l := range a.Listening() {
			for _, k := range l.Keys {
				want = append(want, store.Subscription{Attempt: l.Attempt, Task: l.Task, Key: k, Since: l.Since})
			}
		}
		got, _, err := c.sim.store.ListSubscriptions(context.Background(), store.SubscriptionFilter{Attempt: w.row.ID}, store.Page{Limit: store.MaxLimit})
		slices.SortFunc(want, compareSubscriptions)
		slices.SortFunc(got, compareSubscriptions)
		want = slices.CompactFunc(want, func(a, b store.Subscription) bool { return compareSubscriptions(a, b) == 0 })
		if err != nil || !slices.Equal(got, want) {
			c.sim.fail("promise 1: a%d listens to\n%v, the store says\n%v (%v)", w.row.ID, want, got, err)
		}
	}
}

func compareSubscriptions(a, b store.Subscription) int {
	return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Key.Topic, b.Key.Topic),
		cmp.Compare(a.Key.Param, b.Key.Param), cmp.Compare(a.Key.Value, b.Key.Value))
}

// noMessageIsLost checks at the end where each message is that was taken in: with
// as many tasks as were to get it, or among those that are kept.
func (c *checks) noMessageIsLost() {
	found := make(map[string]int)
	for _, w := range c.order {
		of := make(map[string]bool) // a message that is late goes from one round to the next
		for _, t := range w.tales {
			for source := range t.messages {
				of[source] = true
			}
		}
		for _, p := range w.posts { // it ended first, and what was in its inbox with it
			if m := p.command.Message; m != nil {
				of[m.Source] = true
			}
		}
		for source := range of {
			found[source]++
		}
	}
	for _, dead := range []bool{false, true} {
		for page := (store.Page{Limit: store.MaxLimit}); ; {
			letters, next, err := c.sim.store.ListLetters(context.Background(), store.LetterFilter{Dead: dead}, page)
			if err != nil {
				c.sim.fail("list letters: %v", err)
				return
			}
			for _, l := range letters {
				found[l.Source]++
			}
			if next == "" {
				break
			}
			page.Cursor = next
		}
	}
	for source, tasks := range c.mail.came {
		if tasks > 0 && found[source] == 0 {
			c.sim.fail("promise 1: message %s was taken for %d tasks, and is nowhere", source, tasks)
		}
	}
}

// recordsAreSentOnce checks at the end that the outbox has what was committed,
// each once, and that this is what the results say that counted.
func (c *checks) recordsAreSentOnce() {
	outbox, err := c.sim.store.Outbox(context.Background(), 0, len(c.mail.sent)+1)
	if err != nil || len(outbox) != len(c.mail.sent) {
		c.sim.fail("promise 2: the outbox has %d records, committed were %d (%v)", len(outbox), len(c.mail.sent), err)
		return
	}
	for _, r := range outbox {
		t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.Task, Try: r.Try}]
		if !c.mail.sent[recordName{r.Attempt, r.Task, r.Try, r.Index}] || t == nil || t.outcome == nil {
			c.sim.fail("promise 2: record %+v was never committed", r)
		}
	}
	for _, w := range c.order {
		for _, r := range w.rows {
			c.sendsAll(&r)
		}
	}
}

// sendsAll checks that the records of the try that a task ended well with were
// sent.
func (c *checks) sendsAll(r *engine.TaskRow) {
	t := c.tries[model.TryID{Attempt: r.Attempt, Task: r.ID, Try: r.Try}]
	if r.State != model.Success || t == nil || t.outcome == nil || t.outcome.Kind != engine.Succeed {
		return
	}
	for i := range t.outcome.Result.Records {
		if !c.mail.sent[recordName{r.Attempt, r.ID, r.Try, int32(i)}] {
			c.sim.fail("promise 2: record %d of %s was not sent", i, rowText(r))
		}
	}
}
