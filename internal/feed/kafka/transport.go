package kafka

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed/relay"
)

// transport is a relay.Transport. Each topic has a client of its own, so that none
// waits for another's brokers.
type transport struct {
	Connection
	patience time.Duration
}

const defaultPatience = 10 * time.Second

// NewTransport returns what sends records to Kafka, acknowledged by all replicas
// that are in sync. Patience is how long brokers may take for what is sent at once;
// then it counts as refused. It defaults to 10 s. What is wrong with the connection
// is Invalid; it connects to nothing yet.
func NewTransport(c Connection, patience time.Duration) (relay.Transport, error) {
	c = c.withDefaults()
	client, err := c.client() // finds what is wrong
	if err != nil {
		return nil, err
	}
	client.Close()
	return &transport{c, cmp.Or(patience, defaultPatience)}, nil
}

// Reach implements relay.Transport.
func (t *transport) Reach(ctx context.Context) error {
	client, err := t.client()
	if err != nil {
		return err
	}
	defer client.Close()
	return t.reach(ctx, client)
}

// maxBuffered is above what a relay sends at once.
const maxBuffered = 1024

// Line implements relay.Transport.
func (t *transport) Line(topic string) (relay.Line, error) {
	client, err := t.client(
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.AllowIdempotentProduceCancellation(),
		kgo.ManualFlushing(), kgo.MaxBufferedRecords(maxBuffered), kgo.UnknownTopicRetries(2),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
	)
	if err != nil {
		return nil, err
	}
	return &line{client, topic, t.patience}, nil
}

// line is a relay.Line.
type line struct {
	client   *kgo.Client
	topic    string
	patience time.Duration
}

// Close implements relay.Line.
func (l *line) Close() { l.client.Close() }

// Send implements relay.Line. All messages are handed to the client before it
// sends the first: it fails those of a partition from the first on that is
// refused.
func (l *line) Send(ctx context.Context, list []relay.Message) []error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.patience, fmt.Errorf("no answer within %v", l.patience))
	defer cancel()
	errs := make([]error, len(list))
	var pending sync.WaitGroup
	pending.Add(len(list))
	for i := range list {
		l.client.Produce(ctx, l.record(&list[i]), func(_ *kgo.Record, err error) {
			errs[i] = err
			pending.Done()
		})
	}
	if err := l.client.Flush(ctx); err != nil {
		// What is not sent by now is given up, and so is what waits for an answer:
		// without a flush nobody would ask for it again.
		cancel()
		_ = l.client.AbortBufferedRecords(context.WithoutCancel(ctx)) // it waits, and can't fail
	}
	pending.Wait()
	return errs
}

// record returns a message as the client wants it.
func (l *line) record(m *relay.Message) *kgo.Record {
	r := &kgo.Record{Topic: l.topic, Key: m.Key, Value: m.Value, Headers: []kgo.RecordHeader{{Key: RecordID, Value: []byte(m.Name)}}}
	for _, h := range m.Headers {
		if h.Name != RecordID {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Name, Value: h.Value})
		}
	}
	return r
}
