package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/store"
)

// flight is what is sent to a topic at once.
type flight struct {
	topic string
	list  []store.Outgoing
	// landed is closed when errs say of the first records why each did not arrive,
	// or nil. Those without were not sent.
	landed chan struct{}
	errs   []error
}

// isOut reports whether there is no answer yet.
func (f *flight) isOut() bool {
	select {
	case <-f.landed:
		return false
	default:
		return true
	}
}

// launch begins to send records of one topic, and wakes the relay when it knows
// what became of them.
func (s *sending) launch(ctx context.Context, topic string, list []store.Outgoing) (*flight, error) {
	client := s.clients[topic]
	if client == nil {
		var err error
		if client, err = s.producer(); err != nil {
			return nil, err
		}
		s.clients[topic] = client
	}
	f := &flight{topic: topic, list: list, landed: make(chan struct{})}
	s.flights.Go(func() {
		f.errs = s.produce(ctx, client, list)
		close(f.landed)
		s.Wake()
	})
	return f, nil
}

// producer returns a client for one topic.
func (s *sending) producer() (*kgo.Client, error) {
	return s.options.client(
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.AllowIdempotentProduceCancellation(),
		kgo.ManualFlushing(), kgo.MaxBufferedRecords(2*roundRecords), kgo.UnknownTopicRetries(2),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
	)
}

// close waits for what is under way, which its context has ended.
func (s *sending) close() {
	s.flights.Wait()
	for _, client := range s.clients {
		client.Close()
	}
}

// produce sends as many of some records as go at once, and returns why each of
// them did not arrive, or nil. All are handed to the client before it sends the
// first: it fails those of a partition from the first on that is refused.
func (s *sending) produce(ctx context.Context, client *kgo.Client, list []store.Outgoing) []error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Patience, fmt.Errorf("no answer within %v", s.options.Patience))
	defer cancel()
	errs := make([]error, len(list))
	n, refused := 0, false
	var pending sync.WaitGroup
	for size := 0; n < len(list) && size < roundBytes; n++ {
		if refused {
			errs[n] = errBehind
			continue
		}
		record, err := s.record(ctx, list[n])
		if err != nil {
			errs[n], refused = err, true
			continue
		}
		size += len(record.Key) + len(record.Value)
		pending.Add(1)
		at := n
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			errs[at] = err
			pending.Done()
		})
	}
	if err := client.Flush(ctx); err != nil {
		// What is not sent by now is given up, and so is what waits for an answer:
		// without a flush nobody would ask for it again.
		cancel()
		_ = client.AbortBufferedRecords(context.WithoutCancel(ctx)) // it waits, and can't fail
	}
	pending.Wait()
	return errs[:n]
}

// errBehind is of records that were not sent as one before was refused.
var errBehind = errors.New("a record before it was refused")
