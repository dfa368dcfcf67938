package relay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/store"
)

// turn is a relay whose turn it is.
type turn struct {
	*Relay
	// lines has one for each topic, so that none waits for another.
	lines   map[string]Line
	flights sync.WaitGroup
	// seen is the record up to which all were sent, but those of held topics.
	seen store.OutboxID
	held map[string]*held
}

// held is a topic whose records after one wait, as it refused the next or has not
// answered yet.
type held struct {
	before store.OutboxID
	until  time.Time
	// pause is how long it rests, and after how long it asked to be left alone.
	pause, after time.Duration
	// most is how many records are sent at first when it goes on.
	most int
	// out is what it has not answered yet, or nil.
	out *flight
}

const (
	firstHold = time.Second
	longHold  = time.Minute
	// together is how long the topics of a round are waited for: one that takes
	// longer goes on by itself.
	together = time.Second
)

// rest has a topic wait from now on.
func (t *turn) rest(h *held) { h.until = t.options.Clock.Now().Add(max(h.pause, h.after)) }

// round sends some records, and reports whether there may be more to send now.
func (t *turn) round(ctx context.Context) (more bool, err error) {
	for _, topic := range slices.Sorted(maps.Keys(t.held)) {
		if err := t.land(ctx, topic); err != nil {
			return false, err
		}
		if h := t.held[topic]; h == nil || h.out != nil || t.options.Clock.Now().Before(h.until) {
			continue
		}
		if err := t.retry(ctx, topic); err != nil {
			return false, err
		}
	}
	page, err := t.store.Outbox(ctx, t.seen, roundRecords)
	if err != nil || len(page) == 0 {
		return false, err
	}
	list := slices.DeleteFunc(slices.Clone(page), func(o store.Outgoing) bool { return t.held[o.Topic] != nil || !t.options.Mine(o.Topic) })
	if err := t.send(ctx, list); err != nil {
		return false, err
	}
	t.seen = page[len(page)-1].ID
	return true, nil
}

// retry sends what was left of a topic that refused a record: one first, as a
// topic that refuses it need not be sent more, then ever more at once, and fewer
// again where they are refused together.
func (t *turn) retry(ctx context.Context, topic string) error {
	h := t.held[topic]
	most := h.most
	for after := h.before; after < t.seen && t.options.Mine(topic); {
		list, last, err := t.left(ctx, topic, after, most)
		if err == nil {
			delete(t.held, topic)
			err = t.send(ctx, list)
		}
		if err != nil {
			t.held[topic] = h
			return err
		}
		switch again := t.held[topic]; {
		case again == nil:
			after, most = last, min(2*most, roundRecords)
		case again.out != nil:
			again.pause = h.pause
			return nil
		case again.until.IsZero(): // it was more than goes at once
			after = again.before
		case most > 1 && again.after == 0:
			after, most = again.before, most/2
		default:
			again.pause = max(firstHold, min(2*h.pause, longHold))
			t.rest(again)
			return nil
		}
	}
	delete(t.held, topic)
	return nil
}

// left returns up to so many records of a topic that were left after one, and
// the last record that it looked at.
func (t *turn) left(ctx context.Context, topic string, after store.OutboxID, most int) (list []store.Outgoing, last store.OutboxID, err error) {
	page, err := t.store.Outbox(ctx, after, roundRecords)
	if err != nil {
		return nil, after, err
	}
	last = t.seen // unless the page ends before it
	for i, o := range page {
		if o.ID > t.seen || len(list) == most {
			break
		}
		if o.Topic == topic {
			list = append(list, o)
		}
		if len(list) == most || i == roundRecords-1 {
			last = o.ID
		}
	}
	return list, last, nil
}

// send sends records, and removes those that arrived. Topics of others are held
// from the first on that did not, and those that do not answer for now after what
// they got.
func (t *turn) send(ctx context.Context, list []store.Outgoing) error {
	var all []*flight
	for _, topic := range topicsOf(list) {
		f, err := t.launch(ctx, topic, slices.DeleteFunc(slices.Clone(list), func(o store.Outgoing) bool { return o.Topic != topic }))
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	enough, stop := t.options.Clock.After(together)
	defer stop()
	for i, late := 0, false; i < len(all) && !late; i++ {
		select {
		case <-all[i].landed:
		case <-enough:
			late = true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var arrived []store.Outgoing
	for _, f := range all {
		if f.isOut() {
			t.held[f.topic] = &held{before: f.list[len(f.list)-1].ID, most: roundRecords, out: f}
		} else {
			arrived = append(arrived, t.settle(ctx, f)...)
		}
	}
	if err := t.remove(ctx, arrived); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// topicsOf returns the topics of records, in the order in which they first come.
func topicsOf(list []store.Outgoing) (topics []string) {
	for _, o := range list {
		if !slices.Contains(topics, o.Topic) {
			topics = append(topics, o.Topic)
		}
	}
	return topics
}

// land takes in what a topic has answered at last, if it has. Its records go on.
func (t *turn) land(ctx context.Context, topic string) error {
	h := t.held[topic]
	if h.out == nil || h.out.isOut() {
		return nil
	}
	delete(t.held, topic)
	arrived := t.settle(ctx, h.out)
	switch again := t.held[topic]; {
	case again == nil:
		t.held[topic] = &held{before: h.before, most: roundRecords}
	case !again.until.IsZero():
		again.pause = max(firstHold, min(2*h.pause, longHold))
		t.rest(again)
	}
	return t.remove(ctx, arrived)
}

// remove forgets records that arrived. Where the store can't, they are sent
// again.
func (t *turn) remove(ctx context.Context, arrived []store.Outgoing) error {
	if len(arrived) == 0 {
		return nil
	}
	ids := make([]store.OutboxID, len(arrived))
	counts := make(map[string]int)
	for i, o := range arrived {
		ids[i] = o.ID
		counts[o.Topic]++
	}
	for topic, n := range counts {
		t.options.Meter.Relayed(topic, n)
	}
	call, done := context.WithTimeout(context.WithoutCancel(ctx), t.options.Lease/5)
	defer done()
	if err := t.store.Sent(call, ids); err != nil {
		return fmt.Errorf("remove what was sent: %w", err)
	}
	return nil
}

// settle holds a topic from the first record on that did not arrive, and returns
// what arrived.
func (t *turn) settle(ctx context.Context, f *flight) (arrived []store.Outgoing) {
	h := held{most: roundRecords}
	stuck, refused := false, 0
	for i := range f.list {
		o, err := &f.list[i], f.outcome(i)
		if err == nil {
			arrived = append(arrived, *o)
			continue
		}
		if !stuck {
			stuck, h.before = true, o.ID-1
		}
		if errors.Is(err, ErrUnsent) {
			continue
		}
		if refused++; refused == 1 {
			h.most = 1
			var later *Later
			if errors.As(err, &later) {
				h.after = later.After
			}
			if ctx.Err() == nil { // else it is not the topic's fault
				t.options.Log.Warn("a topic refuses a record: what comes after it waits",
					"topic", o.Topic, "record", o.Name(t.options.Instance), "error", err)
			}
		}
	}
	if !stuck || ctx.Err() != nil {
		return arrived
	}
	if refused > 0 {
		h.pause = firstHold
		t.rest(&h)
		t.options.Meter.Refused(f.topic, refused)
	}
	t.held[f.topic] = &h
	return arrived
}
