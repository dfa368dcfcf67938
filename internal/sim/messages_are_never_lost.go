package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// A message that the store took is handled by each task that was to get it, once,
// or is told of as dead: whoever it was for, and whenever it came. Of those who
// share a key one begins with it, and none of them waits while it is there. Each
// message of a partition is taken once, and those of one partition in order. The
// store's subscriptions are those of the tasks that live. What a try sends is sent
// if its result counts, and once.

// mailroom is what the checks know of messages and records.
type mailroom struct {
	// came has the messages that were taken in, by source, with how many tasks
	// were to get each. early are those that nobody waited for.
	came  map[string]int
	early map[string]bool
	sent  map[recordName]bool
	// offsets are up to where each partition was taken.
	offsets map[int32]int64
	// begun has who was given a try for each message, by source, and shares who
	// was to get it alone, by source and key.
	begun  map[string]map[holder]bool
	shares map[share]map[holder]bool
}

// holder is a task with all its rounds.
type holder struct {
	attempt model.AttemptID
	name    string
}

// share is a key of a message.
type share struct {
	source string
	key    store.MessageKey
}

// recordName tells a record from all others.
type recordName struct {
	attempt    model.AttemptID
	task       model.TaskID
	try, index int32
}

func newMailroom() mailroom {
	return mailroom{
		came: make(map[string]int), early: make(map[string]bool), sent: make(map[recordName]bool), offsets: make(map[int32]int64),
		begun: make(map[string]map[holder]bool), shares: make(map[share]map[holder]bool),
	}
}

// delivered is called when the store has routed messages.
func (c *checks) delivered(who string, d *store.Delivery, outcomes []store.Delivered) {
	for _, o := range d.Offsets {
		if at := c.mail.offsets[o.Partition]; o.From != at {
			c.sim.fail("promise 1: partition %d was taken from %d on, and up to %d before", o.Partition, o.From, at)
		}
		c.mail.offsets[o.Partition] = o.Next
	}
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
	if len(b.Listening)+len(b.Buried)+len(b.Attempts) > 0 {
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
			c.shared(w, &p.Command)
			one := &post{id: p.ID, attempt: w.row.ID, command: p.Command}
			c.posts[p.ID] = one
			w.posts = append(w.posts, one)
			c.sim.log.note(c.sim.now, "the store posts %d to a%d: %s", p.ID, w.row.ID, p.Command.Message.Source)
		}
	}
}

// shared notes who is to get a message alone.
func (c *checks) shared(w *witness, command *engine.Command) {
	s := command.Message.Share
	if s == nil {
		return
	}
	for _, k := range s.Keys {
		put(c.mail.shares, share{command.Message.Source, k}, holder{w.row.ID, w.nameOf(command.Task)})
	}
}

// nameOf returns the name of a task that has a row, or one of its own.
func (w *witness) nameOf(id model.TaskID) string {
	if r, ok := w.rows[id]; ok {
		return r.Name
	}
	return fmt.Sprint("task ", id)
}

// beginsWith notes that a task was given a try for a message.
func (c *checks) beginsWith(r *engine.TaskRow) {
	if r.Flags&engine.Handling != 0 && r.State == model.Running {
		put(c.mail.begun, r.Detail.Inbox[0].Source, holder{r.Attempt, r.Name})
	}
}

func put[K comparable](m map[K]map[holder]bool, k K, h holder) {
	if m[k] == nil {
		m[k] = make(map[holder]bool)
	}
	m[k][h] = true
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
			v := a.Task(l.Task)
			for _, k := range l.Keys {
				want = append(want, store.Subscription{Attempt: l.Attempt, Task: l.Task, Key: k, Since: l.Since, Name: v.Name, Deadline: v.Deadline})
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
// a task that began with it, on its way to one, or among those that are kept.
func (c *checks) noMessageIsLost() {
	found := make(map[string]bool)
	for source := range c.mail.begun {
		found[source] = true
	}
	for _, w := range c.running() {
		for _, p := range w.posts {
			if m := p.command.Message; m != nil {
				found[m.Source] = true
			}
		}
		for _, r := range w.rows {
			if r.Detail != nil {
				for _, m := range r.Detail.Inbox {
					found[m.Source] = true
				}
			}
		}
	}
	for _, dead := range []bool{false, true} {
		for _, l := range c.letters(dead) {
			found[l.Source] = true
			if !dead {
				c.nobodyWaitsFor(&l)
			}
		}
	}
	for source, tasks := range c.mail.came {
		if tasks > 0 && !found[source] {
			c.sim.fail("promise 1: message %s was taken for %d tasks, and is nowhere", source, tasks)
		}
	}
	for s, holders := range c.mail.shares {
		c.oneBegins(s, holders)
	}
}

// letters returns the messages that are kept.
func (c *checks) letters(dead bool) (all []store.Letter) {
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, next, err := c.sim.store.ListLetters(context.Background(), store.LetterFilter{Dead: dead}, page)
		if err != nil {
			c.sim.fail("list letters: %v", err)
			return nil
		}
		all = append(all, list...)
		if next == "" {
			return all
		}
		page.Cursor = next
	}
}

// nobodyWaitsFor checks that no task waits for an early message that it alone is
// to get. Those who are not alone may have had it, and some listen only to what
// comes later.
func (c *checks) nobodyWaitsFor(l *store.Letter) {
	for _, k := range l.Keys {
		f := store.SubscriptionFilter{Topic: l.Topic, Param: k.Param, Value: k.Value}
		list, _, err := c.sim.store.ListSubscriptions(context.Background(), f, store.Page{Limit: store.MaxLimit})
		if err != nil {
			c.sim.fail("list subscriptions: %v", err)
		}
		for _, s := range list {
			if s.Key.One && !c.listensAfresh(&s) {
				c.sim.fail("promise 5: a%d/%d waits for message %s, which is there", s.Attempt, s.Task, l.Source)
			}
		}
	}
}

// listensAfresh reports whether a task gets nothing that came before it listened.
func (c *checks) listensAfresh(s *store.Subscription) bool {
	l, err := c.sim.store.Load(context.Background(), s.Attempt)
	if err != nil {
		c.sim.fail("load attempt %d: %v", s.Attempt, err)
		return false
	}
	a, err := engine.Restore(l.Definition, l.Attempt.AttemptRow, l.Growths, l.Tasks, l.Seq)
	if err != nil {
		c.sim.fail("restore attempt %d: %v", s.Attempt, err)
		return false
	}
	return slices.ContainsFunc(a.Listening(), func(l engine.Listening) bool { return l.Task == s.Task && l.Fresh })
}

// oneBegins checks that of those who were to get a message alone under a key, one
// began with it at most.
func (c *checks) oneBegins(s share, holders map[holder]bool) {
	n := 0
	for h := range holders {
		if c.mail.begun[s.source][h] {
			n++
		}
	}
	if n > 1 {
		c.sim.fail("promise 2: %d tasks began with message %s, which was for one of them as %s %s", n, s.source, s.key.Param, s.key.Value)
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
