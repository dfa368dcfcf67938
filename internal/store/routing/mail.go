// Package routing decides what becomes of messages, in the same way for all
// stores: a store finds what a call asks about, lets it decide with the ledger,
// and writes what that has then. It knows no database, and no time but what it
// is told.
package routing

import (
	"cmp"
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// Partition is one of those whose offsets a feeder keeps.
type Partition struct {
	Feeder, Topic string
	Number        int32
}

// Mail is what one call has routed. What it asks about is to be found before it
// decides.
type Mail struct {
	Keys       []Key
	Sources    []Key
	Partitions []Partition
	// Letters are dead letters that may be gone, and Attempts those that may
	// have ended.
	Letters  []store.LetterID
	Attempts []model.AttemptID
	// Decide puts what is to be written into a ledger, or refuses with an error
	// that carries a code. It may be called more than once, each time with
	// another ledger.
	Decide func(*Ledger) error
	// Outcomes are those of the last decision.
	Outcomes []store.Delivered
	// To is who is given attempts that get messages and that nobody owns. Given are
	// those that it was, as the store has found after the last decision.
	To    store.Claimant
	Given []model.AttemptID
	// getting are the attempts that get messages, in order; where nobody is given
	// any, they are not known.
	getting []model.AttemptID
}

// Claimed are the attempts that are to be given, as far as they may be.
func (m *Mail) Claimed() []model.AttemptID { return m.getting[:max(0, min(m.To.Most, len(m.getting)))] }

// Wakes reports whether what was decided leaves others something to do.
func (m *Mail) Wakes() bool {
	given := len(m.getting) > 0 && len(m.Given) == len(m.getting)
	return slices.ContainsFunc(m.Outcomes, func(d store.Delivered) bool {
		return d.Outcome == store.Taken && !given || d.Outcome == store.KeptEarly
	})
}

// Deliver returns the mail of a delivery by somebody who can take up attempts, or by
// nobody.
func Deliver(d store.Delivery, to store.Claimant) *Mail {
	m := &Mail{To: to, Outcomes: make([]store.Delivered, len(d.Messages))}
	items := make([]item, len(d.Messages))
	for i := range d.Messages {
		items[i] = m.add(&d.Messages[i])
		if d.Messages[i].Remember != 0 {
			m.Sources = append(m.Sources, items[i].source)
		}
	}
	for _, o := range d.Offsets {
		m.Partitions = append(m.Partitions, Partition{d.Feeder, o.Topic, o.Partition})
	}
	m.Decide = func(l *Ledger) error {
		m.getting, m.Given = nil, nil
		if err := l.advance(d.Feeder, d.Offsets); err != nil {
			return err
		}
		others := len(l.Posts)
		for i := range items {
			m.Outcomes[i] = l.deliver(&items[i], d.Now)
		}
		if to.Most > 0 {
			m.getting = attemptsOf(l.Posts[others:])
		}
		return nil
	}
	return m
}

// attemptsOf returns the attempts that posts are for, each once, in order.
func attemptsOf(posts []Post) []model.AttemptID {
	ids := make([]model.AttemptID, len(posts))
	for i := range posts {
		ids[i] = posts[i].Attempt
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Resend returns the mail of dead letters with these ids, of which those that
// were found are given.
func Resend(ids []store.LetterID, found []store.Letter, early store.Early, now model.Instant) *Mail {
	m := &Mail{Letters: ids, Outcomes: make([]store.Delivered, len(ids))}
	letters := make(map[store.LetterID]*store.Letter, len(found))
	items := make(map[store.LetterID]item, len(found))
	for i := range found {
		f := &found[i]
		letters[f.ID] = f
		items[f.ID] = m.add(&store.Message{Topic: f.Topic, Source: f.Source, Keys: f.Keys, Body: f.Body, Trace: f.Trace, Early: early})
		if f.Attempt != 0 {
			m.Attempts = append(m.Attempts, f.Attempt)
		}
	}
	m.Decide = func(l *Ledger) error {
		for i, id := range ids {
			it := items[id]
			m.Outcomes[i] = l.resend(id, letters[id], &it, now)
		}
		return nil
	}
	return m
}

// item is a message with what it is known by.
type item struct {
	*store.Message
	source Key
	// about are its keys, each once, in order of param and value, and keys what
	// stands for them.
	about []store.MessageKey
	keys  []Key
	// all is about, in what is left of an item without the keys to drop.
	all []store.MessageKey
	// whole is set when nobody has got it yet.
	whole bool
	// returned is why a task has returned it, or empty.
	returned string
	// copied is the message for those who do not get it alone.
	copied *engine.Message
}

// message returns what a task gets, which alone gets it under these keys.
func (it *item) message(alone []store.MessageKey) *engine.Message {
	if len(alone) == 0 && it.copied != nil {
		return it.copied
	}
	m := &engine.Message{Source: it.Source, Topic: it.Topic, Body: it.Body, Trace: it.Trace}
	if len(alone) == 0 {
		it.copied = m
	} else {
		m.Share = &engine.Share{Keys: alone, Early: it.Early}
	}
	return m
}

func (m *Mail) add(of *store.Message) item {
	it := item{Message: of, source: SourceOf(of.Topic, of.Source), about: slices.Clone(of.Keys), whole: true}
	slices.SortFunc(it.about, compareKeys)
	it.about = slices.CompactFunc(it.about, func(a, b store.MessageKey) bool { return a.Param == b.Param && a.Value == b.Value })
	for _, k := range it.about {
		it.keys = append(it.keys, KeyOf(of.Topic, k.Param, k.Value))
	}
	it.all = it.about
	m.Keys = append(m.Keys, it.keys...)
	return it
}

// compareKeys has a key that is to be kept before the same one that is not.
func compareKeys(a, b store.MessageKey) int {
	dropped := func(k store.MessageKey) int {
		if k.Drop {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.Param, b.Param), cmp.Compare(a.Value, b.Value), cmp.Compare(dropped(a), dropped(b)))
}

// Asked gathers what calls that share a transaction ask, each thing once.
func Asked(mail []*Mail) (all Mail) {
	for _, m := range mail {
		all.Keys = append(all.Keys, m.Keys...)
		all.Sources = append(all.Sources, m.Sources...)
		all.Partitions = append(all.Partitions, m.Partitions...)
		all.Letters = append(all.Letters, m.Letters...)
		all.Attempts = append(all.Attempts, m.Attempts...)
	}
	all.Keys, all.Sources = once(all.Keys), once(all.Sources)
	return all
}

func once(keys []Key) []Key {
	slices.SortFunc(keys, func(a, b Key) int { return cmp.Compare(string(a[:]), string(b[:])) })
	return slices.Compact(keys)
}
