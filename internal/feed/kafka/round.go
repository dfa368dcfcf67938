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
	client *kgo.Client
	// seen is the record up to which all were sent, but those of held topics.
	seen store.OutboxID
	held map[string]*held
}

// held is a topic that refused a record.
type held struct {
	// before is the id below that of the record.
	before store.OutboxID
	until  time.Time
	pause  time.Duration
}

const (
	firstHold = time.Second
	longHold  = time.Minute
)

// round sends some records, and reports whether there may be more to send now.
func (s *sending) round(ctx context.Context) (more bool, err error) {
	for _, topic := range slices.Sorted(maps.Keys(s.held)) {
		if s.options.Clock.Now().Before(s.held[topic].until) {
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
	most := 1
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
// from the first on that did not.
func (s *sending) send(ctx context.Context, list []store.Outgoing) error {
	for len(list) > 0 {
		n, errs := s.produce(ctx, list)
		arrived := s.settle(ctx, list[:n], errs)
		if err := s.remove(ctx, arrived); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		list = slices.DeleteFunc(list[n:], func(o store.Outgoing) bool { return s.held[o.Topic] != nil })
	}
	return nil
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

// produce sends the first n of some records, and returns why each did not arrive,
// or nil. All are handed to the client before it sends the first: it fails those
// of a partition from the first on that is refused.
func (s *sending) produce(ctx context.Context, list []store.Outgoing) (n int, errs []error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Patience, fmt.Errorf("no answer within %v", s.options.Patience))
	defer cancel()
	errs = make([]error, len(list))
	refused := make(map[string]bool)
	var pending sync.WaitGroup
	for size := 0; n < len(list) && size < roundBytes; n++ {
		o := list[n]
		if refused[o.Topic] {
			errs[n] = errBehind
			continue
		}
		record, err := s.record(ctx, o)
		if err != nil {
			errs[n], refused[o.Topic] = err, true
			continue
		}
		size += len(record.Key) + len(record.Value)
		pending.Add(1)
		at := n
		s.client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			errs[at] = err
			pending.Done()
		})
	}
	if err := s.client.Flush(ctx); err != nil {
		// What is not sent by now is given up, and so is what waits for an answer:
		// without a flush nobody would ask for it again.
		cancel()
		_ = s.client.AbortBufferedRecords(context.WithoutCancel(ctx)) // it waits, and can't fail
	}
	pending.Wait()
	return n, errs
}

// errBehind is of records that were not sent as one before was refused.
var errBehind = fmt.Errorf("a record before it was refused")

// settle holds topics that refused a record, and returns what arrived.
func (s *sending) settle(ctx context.Context, list []store.Outgoing, errs []error) (arrived []store.Outgoing) {
	refused := make(map[string]int)
	for i, o := range list {
		if errs[i] == nil {
			arrived = append(arrived, o)
			continue
		}
		if ctx.Err() != nil {
			continue // it is not the topic's fault
		}
		refused[o.Topic]++
		if s.held[o.Topic] != nil {
			continue
		}
		s.held[o.Topic] = &held{before: o.ID - 1, pause: firstHold, until: s.options.Clock.Now().Add(firstHold)}
		s.options.Log.Warn("a topic of Kafka refuses a record: what comes after it waits", "topic", o.Topic, "record", s.name(o), "error", errs[i])
	}
	for topic, n := range refused {
		s.options.Meter.Refused(topic, n)
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
