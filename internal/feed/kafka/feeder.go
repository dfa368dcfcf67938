package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// FeederOptions say what is read, and as whom.
type FeederOptions struct {
	Connection
	// Group names the consumer group, and the feeder in the store. All that have
	// the name share the partitions. Required.
	Group string
	// Topics are those that are read. Required.
	Topics []Source
	// Batch is how many messages are delivered at once, at most. Defaults to
	// 1000.
	Batch int
	// Session is after how long without a sign of life Kafka gives the
	// partitions of a feeder to others. Defaults to 20 s.
	Session time.Duration
}

// Source is a topic that is read.
type Source struct {
	feed.Topic
	// Latest begins with what comes from now on where the store has no position
	// yet, instead of what Kafka has.
	Latest bool
}

// Bounds of what is read ahead of what is delivered, for each broker.
const (
	fetchBytes     = 8 << 20
	partitionBytes = 1 << 20
)

const (
	defaultBatch   = 1000
	defaultSession = 20 * time.Second
)

// Feeder is a feed.Feeder of topics of Kafka.
type Feeder struct {
	options FeederOptions
	topics  map[string]*Source
	lags    lags
}

var _ feed.Feeder = (*Feeder)(nil)

// NewFeeder returns a feeder. What is wrong with the options is Invalid; it
// connects to nothing yet.
func NewFeeder(o FeederOptions) (*Feeder, error) {
	o.Connection = o.Connection.withDefaults()
	if o.Batch == 0 {
		o.Batch = defaultBatch
	}
	if o.Session == 0 {
		o.Session = defaultSession
	}
	if o.Group == "" {
		return nil, model.Errorf(model.Invalid, "a feeder of Kafka needs the name of a group")
	}
	if o.Session < 0 {
		return nil, model.Errorf(model.Invalid, "a feeder of Kafka can't have a session of %v", o.Session)
	}
	if len(o.Topics) == 0 {
		return nil, model.Errorf(model.Invalid, "a feeder of Kafka needs a topic to read")
	}
	f := &Feeder{options: o, topics: make(map[string]*Source, len(o.Topics))}
	for i := range o.Topics {
		f.topics[o.Topics[i].Name] = &o.Topics[i]
	}
	client, err := o.client() // finds what is wrong with the connection
	if err != nil {
		return nil, err
	}
	client.Close()
	return f, nil
}

// running is a feeder while it runs.
type running struct {
	*Feeder
	client *kgo.Client
	opened chan struct{} // closed once there is a client, which may ask sooner
	sink   feed.Sink
}

// Run implements feed.Feeder.
func (f *Feeder) Run(ctx context.Context, sink feed.Sink) error {
	r := &running{Feeder: f, opened: make(chan struct{}), sink: sink}
	names := slices.Sorted(maps.Keys(f.topics))
	client, err := f.options.client(
		kgo.ConsumerGroup(f.options.Group), kgo.ConsumeTopics(names...),
		kgo.AdjustFetchOffsetsFn(r.seek), kgo.OnPartitionsRevoked(r.revoked), kgo.OnPartitionsLost(r.lost),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(f.options.Session), kgo.HeartbeatInterval(f.options.Session/6),
		kgo.AutoCommitMarks(), kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(partitionBytes),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		return err
	}
	r.client = client
	close(r.opened)
	f.lags.use(client)
	defer func() {
		f.lags.use(nil)
		client.CloseAllowingRebalance()
	}()
	for err = f.options.reach(ctx, client); err == nil && ctx.Err() == nil; {
		err = r.next(ctx)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// revoked tells Kafka how far partitions were read that go to others. A delivery
// of theirs that is under way may find another ahead of it.
func (r *running) revoked(ctx context.Context, client *kgo.Client, gone map[string][]int32) {
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		r.options.Log.Warn("tell Kafka the positions of a group", "group", r.options.Group, "error", err)
	}
	r.lost(ctx, client, gone)
}

func (r *running) lost(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	for topic, indexes := range gone {
		for _, index := range indexes {
			r.lags.left(partition{topic, index})
		}
	}
}

// next delivers what there is, and waits for it.
func (r *running) next(ctx context.Context) error {
	fetches := r.client.PollRecords(ctx, r.options.Batch)
	for _, failed := range fetches.Errors() {
		if err := r.judge(ctx, failed); err != nil {
			return err
		}
	}
	batch, err := r.read(ctx, fetches)
	if err != nil || len(batch.offsets) == 0 {
		return err
	}
	return r.deliver(ctx, batch)
}

// judge returns the error of a fetch if it is the end.
func (r *running) judge(ctx context.Context, failed kgo.FetchError) error {
	var lost *kgo.ErrDataLoss
	switch err := failed.Err; {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, kgo.ErrClientClosed):
		return model.Errorf(model.Unavailable, "the client of Kafka was closed")
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed), errors.Is(err, kerr.SaslAuthenticationFailed):
		return model.Errorf(model.Forbidden, "read %s: %w", failed.Topic, err)
	case errors.As(err, &lost):
		r.options.Log.Error("Kafka has lost messages that were there", "topic", failed.Topic, "partition", failed.Partition, "error", err)
	default:
		r.options.Log.Warn("read from Kafka", "topic", failed.Topic, "partition", failed.Partition, "error", err)
	}
	return nil
}

// batch is what is delivered at once: the messages of each partition, and how
// far they go.
type batch struct {
	messages []store.Message
	// places are where the messages are.
	places  []place
	offsets []store.Offset
}

// place is that of a message.
type place struct {
	topic     string
	partition int32
	offset    int64
}

// read makes messages of records, those of one partition in their order.
func (r *running) read(ctx context.Context, fetches kgo.Fetches) (batch, error) {
	var b batch
	now := model.InstantOf(r.options.Clock.Now())
	var err error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if err != nil || len(p.Records) == 0 {
			return
		}
		for _, record := range p.Records {
			var m store.Message
			if m, err = r.message(ctx, record, now); err != nil {
				return
			}
			b.messages = append(b.messages, m)
			b.places = append(b.places, place{p.Topic, p.Partition, record.Offset})
		}
		last := p.Records[len(p.Records)-1].Offset
		b.offsets = append(b.offsets, store.Offset{Topic: p.Topic, Partition: p.Partition, From: p.Records[0].Offset, Next: last + 1})
	})
	return b, err
}

// message makes one, and waits for what reads it if that is away.
func (r *running) message(ctx context.Context, record *kgo.Record, now model.Instant) (store.Message, error) {
	raw := feed.Raw{Place: fmt.Sprintf("%d/%d", record.Partition, record.Offset), Key: record.Key, Value: record.Value}
	for _, h := range record.Headers {
		raw.Headers = append(raw.Headers, feed.Header{Name: h.Key, Value: string(h.Value)})
	}
	again := pauses{clock: r.options.Clock}
	for {
		m, err := r.topics[record.Topic].Message(ctx, raw, now)
		if err == nil || ctx.Err() != nil {
			return m, err
		}
		r.options.Log.Warn("read a message", "topic", record.Topic, "place", raw.Place, "error", err)
		if !again.wait(ctx) {
			return m, context.Cause(ctx)
		}
	}
}

// deliver delivers a batch, for as long as it takes.
func (r *running) deliver(ctx context.Context, b batch) error {
	again := pauses{clock: r.options.Clock}
	for len(b.offsets) > 0 {
		done, err := r.sink.Deliver(ctx, store.Delivery{
			Feeder: r.options.Group, Offsets: b.offsets, Messages: b.messages, Now: model.InstantOf(r.options.Clock.Now()),
		})
		switch {
		case err == nil:
			r.delivered(b, done)
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case model.CodeOf(err) == model.Invalid:
			return fmt.Errorf("deliver messages of Kafka: %w", err)
		case model.CodeOf(err) == model.Conflict:
			if b, err = r.behind(ctx, b); err == nil {
				continue
			}
		}
		r.options.Meter.Failed()
		r.options.Log.Warn("deliver messages of Kafka", "error", err)
		if !again.wait(ctx) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// behind returns what is left of a batch after others have delivered some of
// it, or this feeder has without an answer.
func (r *running) behind(ctx context.Context, b batch) (batch, error) {
	stored, err := positions(ctx, r.sink, r.options.Group)
	if err != nil {
		return b, err
	}
	r.options.Meter.Fenced()
	var left batch
	for i, p := range b.places {
		if p.offset >= stored[partition{p.topic, p.partition}] {
			left.messages, left.places = append(left.messages, b.messages[i]), append(left.places, p)
		}
	}
	for _, o := range b.offsets {
		if o.From = max(o.From, stored[partition{o.Topic, o.Partition}]); o.From < o.Next {
			left.offsets = append(left.offsets, o)
		}
	}
	return left, nil
}

// delivered notes what became of a batch.
func (r *running) delivered(b batch, done []store.Delivered) {
	counts := make(map[string]map[store.Outcome]int)
	for i, d := range done {
		topic := b.places[i].topic
		if counts[topic] == nil {
			counts[topic] = make(map[store.Outcome]int)
		}
		counts[topic][d.Outcome]++
	}
	for topic, outcomes := range counts {
		for outcome, n := range outcomes {
			r.options.Meter.Delivered(topic, outcome, n)
		}
	}
	marks := make(map[string]map[int32]kgo.EpochOffset)
	for _, o := range b.offsets {
		if marks[o.Topic] == nil {
			marks[o.Topic] = make(map[int32]kgo.EpochOffset)
		}
		marks[o.Topic][o.Partition] = kgo.EpochOffset{Epoch: -1, Offset: o.Next}
		r.lags.reached(partition{o.Topic, o.Partition}, o.Next)
	}
	r.client.MarkCommitOffsets(marks)
}
