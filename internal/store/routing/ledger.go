package routing

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Ledger holds what a transaction has found, and what it is to write. It routes
// one message after the other, each as if those before it were written.
type Ledger struct {
	// Offsets are those that are stored.
	Offsets map[Partition]int64
	// Remembered has the sources that are, with their ends.
	Remembered map[Key]model.Instant
	// Listeners are, of each key, all without One, and the one with it that has
	// listened for longest.
	Listeners map[Key][]Listener
	// Early counts the early messages of each key.
	Early map[Key]int
	// Letters are the dead letters that are there.
	Letters map[store.LetterID]bool
	// Running has the attempts that have not ended, of those asked about.
	Running map[model.AttemptID]bool
	// Last is the id that was given out last.
	Last store.LetterID

	// Posts are to be written in order, and so are Kept, which are early messages
	// and dead letters.
	Posts []Post
	Kept  []Letter
	// Gone are dead letters that were sent again.
	Gone []store.LetterID

	moved map[Partition]bool
	noted map[Key]bool
}

// Listener is a task that gets messages.
type Listener struct {
	Attempt model.AttemptID
	Task    model.TaskID
}

func compareListeners(a, b Listener) int {
	return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
}

// Post is a message for the inbox of a task.
type Post struct {
	Listener
	Message *store.Message
}

// Letter is a message to be kept, with what stands for its Keys.
type Letter struct {
	store.Letter
	Marks []Key
}

// NewLedger returns a ledger that has found nothing.
func NewLedger() *Ledger {
	return &Ledger{
		Offsets:    make(map[Partition]int64),
		Remembered: make(map[Key]model.Instant),
		Listeners:  make(map[Key][]Listener),
		Early:      make(map[Key]int),
		Letters:    make(map[store.LetterID]bool),
		Running:    make(map[model.AttemptID]bool),
		moved:      make(map[Partition]bool),
		noted:      make(map[Key]bool),
	}
}

// Moved are the partitions whose offsets are to be written.
func (l *Ledger) Moved() []Partition {
	return slices.SortedFunc(maps.Keys(l.moved), func(a, b Partition) int {
		return cmp.Or(cmp.Compare(a.Feeder, b.Feeder), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Number, b.Number))
	})
}

// Noted are the sources to be written, in order.
func (l *Ledger) Noted() []Key { return once(slices.Collect(maps.Keys(l.noted))) }

// Idle reports whether there is nothing to write.
func (l *Ledger) Idle() bool {
	return len(l.Posts) == 0 && len(l.Kept) == 0 && len(l.Gone) == 0 && len(l.moved) == 0 && len(l.noted) == 0
}

// advance notes how far a feeder has come, unless another has gone on from there.
func (l *Ledger) advance(feeder string, offsets []store.Offset) error {
	next := make(map[Partition]int64, len(offsets))
	for _, o := range offsets {
		p := Partition{feeder, o.Topic, o.Partition}
		at, known := next[p]
		if !known {
			at, known = l.Offsets[p]
		}
		switch {
		case o.Next < o.From:
			return model.Errorf(model.Invalid, "partition %d of topic %s can't be read from %d to %d", o.Partition, o.Topic, o.From, o.Next)
		case known && at > o.From:
			return model.Errorf(model.Conflict, "partition %d of topic %s was read up to %d by another, and this is from %d", o.Partition, o.Topic, at, o.From)
		}
		next[p] = o.Next
	}
	for p, at := range next {
		l.Offsets[p] = at
		l.moved[p] = true
	}
	return nil
}

// deliver routes a message that has come, unless it has come before.
func (l *Ledger) deliver(it *item, now model.Instant) store.Delivered {
	if it.Remember != 0 {
		if l.Remembered[it.source] > now {
			return store.Delivered{Outcome: store.Duplicate}
		}
		l.Remembered[it.source] = it.Remember
		l.noted[it.source] = true
	}
	if it.Unreadable != "" {
		unread := it.kept()
		l.keep(&unread, store.Letter{Raw: append([]byte{}, it.Raw...), Came: now, Died: now, Reason: it.Unreadable})
		return store.Delivered{Outcome: store.Dead}
	}
	return l.route(it, now)
}

// resend routes a dead letter anew, if it is there.
func (l *Ledger) resend(id store.LetterID, of *store.Letter, it *item, now model.Instant) (done store.Delivered) {
	switch {
	case of == nil || !l.Letters[id]:
		return store.Delivered{Outcome: store.Missing}
	case of.Raw != nil, of.Attempt != 0 && !l.Running[of.Attempt]:
		return store.Delivered{Outcome: store.Dead}
	case of.Attempt != 0:
		l.Posts = append(l.Posts, Post{Listener{of.Attempt, of.Task}, it.Message})
		done = store.Delivered{Outcome: store.Taken, Tasks: 1}
	default:
		done = l.route(it, now)
	}
	delete(l.Letters, id)
	l.Gone = append(l.Gone, id)
	return done
}

func (l *Ledger) route(it *item, now model.Instant) store.Delivered {
	if to := l.listeners(it); len(to) > 0 {
		for _, one := range to {
			l.Posts = append(l.Posts, Post{one, it.Message})
		}
		return store.Delivered{Outcome: store.Taken, Tasks: len(to)}
	}
	return store.Delivered{Outcome: l.wait(it, now)}
}

// listeners returns who gets a message, each once, in order.
func (l *Ledger) listeners(it *item) []Listener {
	if len(it.keys) == 1 && len(l.Listeners[it.keys[0]]) < 2 {
		return l.Listeners[it.keys[0]]
	}
	var all []Listener
	for _, k := range it.keys {
		all = append(all, l.Listeners[k]...)
	}
	slices.SortFunc(all, compareListeners)
	return slices.Compact(all)
}

// wait keeps a message that nobody listens to, where it may be.
func (l *Ledger) wait(it *item, now model.Instant) store.Outcome {
	early := it.kept()
	if it.Early.Expires == 0 || len(early.keys) == 0 {
		return store.Dropped
	}
	most := cmp.Or(it.Early.Most, store.DefaultEarly)
	for i, k := range early.keys {
		if l.Early[k] >= most {
			reason := "there were too many early messages with " + early.about[i].Param + " " + early.about[i].Value
			l.keep(&early, store.Letter{Body: it.Body, Came: now, Died: now, Reason: reason})
			return store.Dead
		}
	}
	for _, k := range early.keys {
		l.Early[k]++
	}
	l.keep(&early, store.Letter{Body: it.Body, Came: now, Expires: it.Early.Expires})
	return store.KeptEarly
}

// kept returns the message with the keys under which it may be early.
func (it *item) kept() item {
	early := item{Message: it.Message}
	for i, k := range it.about {
		if !k.Drop {
			early.about, early.keys = append(early.about, k), append(early.keys, it.keys[i])
		}
	}
	return early
}

// keep has a message kept in the form of a letter.
func (l *Ledger) keep(it *item, as store.Letter) {
	l.Last++
	as.ID, as.Topic, as.Source, as.Keys = l.Last, it.Topic, it.Source, it.about
	l.Kept = append(l.Kept, Letter{as, it.keys})
}
