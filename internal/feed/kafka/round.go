package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// sending is a relay whose turn it is.
type sending struct {
	*Relay
	// clients has one for each topic, so that none waits for another's brokers.
	clients map[string]*kgo.Client
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
	pause  time.Duration
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

// round sends some records, and reports whether there may be more to send now.
func (s *sending) round(ctx context.Context) (more bool, err error) {
	for _, topic := range slices.Sorted(maps.Keys(s.held)) {
		if err := s.land(ctx, topic); err != nil {
			return false, err
		}
		if h := s.held[topic]; h == nil || h.out != nil || s.options.Clock.Now().Before(h.until) {
			continue
		}
		if err := s.retry(ctx, topic); err != nil {
			return false, err
		}
	}
	page, err := s.store.Outbox(ctx, s.seen, roundRecords)
	if err != nil || len(page) == 0 {
		return false, err
	}
	list := slices.DeleteFunc(slices.Clone(page), func(o store.Outgoing) bool { return s.held[o.Topic] != nil })
	if err := s.send(ctx, list); err != nil {
		return false, err
	}
	s.seen = page[len(page)-1].ID
	return true, nil
}

// retry sends what was left of a topic that refused a record: one first, as a
// topic that refuses it need not be sent more, then ever more at once, and fewer
// again where they are refused together.
func (s *sending) retry(ctx context.Context, topic string) error {
	h := s.held[topic]
	most := h.most
	for after := h.before; after < s.seen; {
		list, last, err := s.left(ctx, topic, after, most)
		if err == nil {
			delete(s.held, topic)
			err = s.send(ctx, list)
		}
		if err != nil {
			s.held[topic] = h
			return err
		}
		switch again := s.held[topic]; {
		case again == nil:
			after, most = last, min(2*most, roundRecords)
		case again.out != nil:
			return nil
		case most > 1:
			after, most = again.before, most/2
		default:
			again.pause = min(2*h.pause, longHold)
			again.until = s.options.Clock.Now().Add(again.pause)
			return nil
		}
	}
	delete(s.held, topic)
	return nil
}

// left returns up to so many records of a topic that were left after one, and
// the last record that it looked at.
func (s *sending) left(ctx context.Context, topic string, after store.OutboxID, most int) (list []store.Outgoing, last store.OutboxID, err error) {
	page, err := s.store.Outbox(ctx, after, roundRecords)
	if err != nil {
		return nil, after, err
	}
	last = s.seen // unless the page ends before it
	for i, o := range page {
		if o.ID > s.seen || len(list) == most {
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
func (s *sending) send(ctx context.Context, list []store.Outgoing) error {
	var all []*flight
	for _, topic := range topicsOf(list) {
		f, err := s.launch(ctx, topic, slices.DeleteFunc(slices.Clone(list), func(o store.Outgoing) bool { return o.Topic != topic }))
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	enough, stop := s.options.Clock.After(together)
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
			s.held[f.topic] = &held{before: f.list[len(f.list)-1].ID, pause: firstHold, most: roundRecords, out: f}
		} else {
			arrived = append(arrived, s.settle(ctx, f)...)
		}
	}
	if err := s.remove(ctx, arrived); err != nil {
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
func (s *sending) land(ctx context.Context, topic string) error {
	h := s.held[topic]
	if h.out == nil || h.out.isOut() {
		return nil
	}
	delete(s.held, topic)
	arrived := s.settle(ctx, h.out)
	if s.held[topic] == nil {
		s.held[topic] = &held{before: h.before, pause: firstHold, most: roundRecords}
	}
	return s.remove(ctx, arrived)
}

// remove forgets records that arrived. Where the store can't, they are sent
// again.
func (s *sending) remove(ctx context.Context, arrived []store.Outgoing) error {
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
		s.options.Meter.Relayed(topic, n)
	}
	call, done := context.WithTimeout(context.WithoutCancel(ctx), s.options.Lease/5)
	defer done()
	if err := s.store.Sent(call, ids); err != nil {
		return fmt.Errorf("remove what was sent: %w", err)
	}
	return nil
}

// settle holds a topic that refused a record, and returns what arrived.
func (s *sending) settle(ctx context.Context, f *flight) (arrived []store.Outgoing) {
	refused := 0
	hold := func(before store.OutboxID, h held) {
		if h.before = before; s.held[f.topic] == nil {
			s.held[f.topic] = &h
		}
	}
	for i, err := range f.errs {
		o := f.list[i]
		switch {
		case err == nil:
			arrived = append(arrived, o)
		case ctx.Err() == nil: // else it is not the topic's fault
			if refused++; refused == 1 {
				s.options.Log.Warn("a topic of Kafka refuses a record: what comes after it waits", "topic", o.Topic, "record", s.name(o), "error", err)
			}
			hold(o.ID-1, held{pause: firstHold, most: 1, until: s.options.Clock.Now().Add(firstHold)})
		}
	}
	if n := len(f.errs); n < len(f.list) {
		hold(f.list[n].ID-1, held{pause: firstHold, most: roundRecords})
	}
	if refused > 0 {
		s.options.Meter.Refused(f.topic, refused)
	}
	return arrived
}

func (s *sending) name(o store.Outgoing) string {
	return fmt.Sprintf("%s/%d/%d/%d/%d", s.options.Instance, o.Attempt, o.Task, o.Try, o.Index)
}

const traceparent = "traceparent"

// record returns what is sent for a record.
func (s *sending) record(ctx context.Context, o store.Outgoing) (*kgo.Record, error) {
	topic := s.topics[o.Topic]
	if topic == nil {
		topic = &feed.Topic{Name: o.Topic}
	}
	key, value, err := topic.Encode(ctx, o.Key, o.Value)
	if err != nil {
		return nil, err
	}
	record := &kgo.Record{Topic: o.Topic, Key: key, Value: value, Headers: []kgo.RecordHeader{{Key: RecordID, Value: []byte(s.name(o))}}}
	for name, v := range o.Headers.All() {
		if name != RecordID {
			record.Headers = append(record.Headers, headers(name, v)...)
		}
	}
	if s.options.Trace != nil && !o.Headers.Has(traceparent) {
		if parent := s.options.Trace(o); parent != "" {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: traceparent, Value: []byte(parent)})
		}
	}
	return record, nil
}

// headers returns one header, or as many as a list has elements.
func headers(name string, v params.Value) (list []kgo.RecordHeader) {
	if values, ok := v.([]params.Value); ok {
		for _, v := range values {
			list = append(list, kgo.RecordHeader{Key: name, Value: headerValue(v)})
		}
		return list
	}
	return append(list, kgo.RecordHeader{Key: name, Value: headerValue(v)})
}

func headerValue(v params.Value) []byte {
	if text, ok := params.ToString(v); ok {
		return []byte(text)
	}
	if v == nil {
		return nil
	}
	return params.AppendJSON(nil, v)
}
