package routing

import (
	"cmp"
	"maps"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
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
	// Listeners are, of each key, all without One, and First is the one with it
	// that has listened for longest.
	Listeners map[Key][]Listener
	First     map[Key]Listener
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

// Found takes in a task that listens to a key, with One or without.
func (l *Ledger) Found(k Key, to Listener, one bool) {
	if one {
		l.First[k] = to
		return
	}
	l.Listeners[k] = append(l.Listeners[k], to)
}

func compareListeners(a, b Listener) int {
	return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Task, b.Task))
}

// Post is a message for the inbox of a task.
type Post struct {
	Listener
	Message *engine.Message
}

// Letter is a message to be kept, with what stands for its Keys, and as a task
// gets it. There is no Message if that can't be read.
type Letter struct {
	store.Letter
	Marks   []Key
	Message *engine.Message
}

// NewLedger returns a ledger that has found nothing.
func NewLedger() *Ledger {
	return &Ledger{
		Offsets:    make(map[Partition]int64),
		Remembered: make(map[Key]model.Instant),
		Listeners:  make(map[Key][]Listener),
		First:      make(map[Key]Listener),
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
	if l.knows(it, now) {
		return store.Delivered{Outcome: store.Duplicate}
	}
	if it.Unreadable != "" {
		unread := it.kept()
		l.keep(&unread, store.Letter{Raw: append([]byte{}, it.Raw...), Came: now, Died: now, Reason: it.Unreadable})
		return store.Delivered{Outcome: store.Dead}
	}
	return l.route(it, now)
}

// knows reports whether a message has come before, and remembers it.
func (l *Ledger) knows(it *item, now model.Instant) bool {
	if it.Remember == 0 {
		return false
	}
	if l.Remembered[it.source] > now {
		return true
	}
	l.Remembered[it.source] = it.Remember
	l.noted[it.source] = true
	return false
}

// resend routes a dead letter anew, if it is there.
func (l *Ledger) resend(id store.LetterID, of *store.Letter, it *item, now model.Instant) (done store.Delivered) {
	switch {
	case of == nil || !l.Letters[id]:
		return store.Delivered{Outcome: store.Missing}
	case of.Raw != nil, of.Attempt != 0 && !l.Running[of.Attempt]:
		return store.Delivered{Outcome: store.Dead}
	case of.Attempt != 0:
		l.Posts = append(l.Posts, Post{Listener{of.Attempt, of.Task}, it.message(nil)})
		done = store.Delivered{Outcome: store.Taken, Tasks: 1}
	default:
		done = l.route(it, now)
	}
	delete(l.Letters, id)
	l.Gone = append(l.Gone, id)
	return done
}

func (l *Ledger) route(it *item, now model.Instant) store.Delivered {
	to := l.getters(it)
	if len(to) == 0 {
		return store.Delivered{Outcome: l.wait(it, now)}
	}
	for _, g := range to {
		l.Posts = append(l.Posts, Post{g.Listener, it.message(g.alone)})
	}
	return store.Delivered{Outcome: store.Taken, Tasks: len(to)}
}

// getter is a task that gets a message, with the keys under which it alone does.
type getter struct {
	Listener
	alone []store.MessageKey
}

// getters returns who gets a message, each once, in order. Those without One
// have got what is not whole.
func (l *Ledger) getters(it *item) (all []getter) {
	for i, k := range it.keys {
		if it.whole {
			for _, to := range l.Listeners[k] {
				all = append(all, getter{Listener: to})
			}
		}
		if to, found := l.First[k]; found {
			all = append(all, getter{to, it.about[i : i+1 : i+1]})
		}
	}
	if len(all) < 2 {
		return all
	}
	slices.SortStableFunc(all, func(a, b getter) int { return compareListeners(a.Listener, b.Listener) })
	last := 0
	for _, g := range all[1:] {
		if g.Listener == all[last].Listener {
			all[last].alone = append(all[last].alone, g.alone...)
			continue
		}
		last++
		all[last] = g
	}
	return all[:last+1]
}

// wait keeps a message that nobody listens to, where it may be. One that a task
// has returned is not dropped.
func (l *Ledger) wait(it *item, now model.Instant) store.Outcome {
	early := it.kept()
	reason := l.crowds(&early)
	switch {
	case it.Early.Expires != 0 && len(early.keys) > 0 && reason == "":
		for _, k := range early.keys {
			l.Early[k]++
		}
		l.keep(&early, store.Letter{Body: it.Body, Came: now, Expires: it.Early.Expires})
		return store.KeptEarly
	case it.returned != "":
		l.keep(it, store.Letter{Body: it.Body, Came: now, Died: now, Reason: it.returned})
		return store.Dead
	case reason == "" || it.Early.Expires == 0:
		return store.Dropped
	}
	l.keep(&early, store.Letter{Body: it.Body, Came: now, Died: now, Reason: reason})
	return store.Dead
}

// crowds tells for which of its keys there are too many early messages for
// another, if any.
func (l *Ledger) crowds(early *item) string {
	most := cmp.Or(early.Early.Most, store.DefaultEarly)
	for i, k := range early.keys {
		if l.Early[k] >= most {
			return "there were too many early messages with " + early.about[i].Param + " " + early.about[i].Value
		}
	}
	return ""
}

// kept returns the message with the keys under which it may be early.
func (it *item) kept() item {
	early := item{Message: it.Message, whole: it.whole, all: it.about}
	for i, k := range it.about {
		if !k.Drop {
			early.about, early.keys = append(early.about, k), append(early.keys, it.keys[i])
		}
	}
	return early
}

// keep has a message kept in the form of a letter. Whoever gets an early one gets
// it alone, under all its keys.
func (l *Ledger) keep(it *item, as store.Letter) {
	l.Last++
	as.ID, as.Topic, as.Source, as.Keys, as.Trace = l.Last, it.Topic, it.Source, it.about, it.Trace
	letter := Letter{Letter: as, Marks: it.keys}
	switch {
	case as.Died == 0:
		letter.Message = it.message(it.all)
		letter.Message.Share.Whole = it.whole
	case as.Raw == nil:
		letter.Message = it.message(nil)
	}
	l.Kept = append(l.Kept, letter)
}
