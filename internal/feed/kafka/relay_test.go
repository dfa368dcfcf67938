package kafka_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

// outbox is one in memory, with the leases of a store.
type outbox struct {
	store.Owners

	mu      sync.Mutex
	last    store.OutboxID
	list    []store.Outgoing
	changed chan struct{}
	// fail is what Sent answers, if it is not nil.
	fail error
}

func newOutbox() *outbox {
	return &outbox{Owners: memory.New(), changed: make(chan struct{})}
}

func (o *outbox) put(records ...engine.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range records {
		o.last++
		r.Attempt, r.Task, r.Try = model.AttemptID(o.last), 2, 1
		o.list = append(o.list, store.Outgoing{ID: o.last, Record: r})
	}
}

func (o *outbox) Outbox(ctx context.Context, after store.OutboxID, n int) (page []store.Outgoing, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.list {
		if r.ID > after && len(page) < n {
			page = append(page, r)
		}
	}
	return page, nil
}

func (o *outbox) Sent(_ context.Context, ids []store.OutboxID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.list = slices.DeleteFunc(o.list, func(r store.Outgoing) bool { return slices.Contains(ids, r.ID) })
	close(o.changed)
	o.changed = make(chan struct{})
	return nil
}

// left waits until the outbox has n records, and returns their topics.
func (o *outbox) left(t *testing.T, n int) (topics []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		o.mu.Lock()
		changed := o.changed
		topics = nil
		for _, r := range o.list {
			topics = append(topics, r.Topic)
		}
		o.mu.Unlock()
		if len(topics) == n {
			return topics
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d records are left instead of %d", len(topics), n)
		}
	}
}

func relayOptions(t *testing.T, addresses []string) kafka.RelayOptions {
	return kafka.RelayOptions{
		Connection: kafka.Connection{Brokers: addresses, Log: logOf(t)}, Instance: "shop",
		Lease: 2 * time.Second, Idle: 20 * time.Millisecond,
	}
}

// relay runs one, and returns what ends it and waits for that.
func relay(t *testing.T, o kafka.RelayOptions, of kafka.RelayStore) (stop func()) {
	t.Helper()
	r, err := kafka.NewRelay(o, of)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }() // stop waits for it
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the relay ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// read returns the first n records of a topic, those of a partition in order.
func read(t *testing.T, addresses []string, topic string, n int) (records []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.ConsumeTopics(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%d records came instead of %d", len(records), n)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func TestRecordsArriveInOrderWithTheirNames(t *testing.T) {
	t.Parallel()
	addresses := fake(t, kfake.SeedTopics(3, "orders"))
	box := newOutbox()
	for n := range 1000 {
		box.put(engine.Record{Topic: "orders", Key: fmt.Sprint("key", n%7), Value: params.Of("n", int64(n)), Index: 5})
	}
	relay(t, relayOptions(t, addresses), box)
	box.left(t, 0)
	next := make(map[string]int64)
	partitions := make(map[string]int32)
	for _, r := range read(t, addresses, "orders", 1000) {
		v, err := params.ParseJSON(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := v.(params.Map).Int("n")
		key := string(r.Key)
		if last, ok := next[key]; ok && (n != last+7 || partitions[key] != r.Partition) {
			t.Fatalf("%d of %s came after %d, in partition %d", n, key, last, r.Partition)
		}
		next[key], partitions[key] = n, r.Partition
		if want := fmt.Sprintf("shop/%d/2/1/5", n+1); len(r.Headers) != 1 || r.Headers[0].Key != kafka.RecordID || string(r.Headers[0].Value) != want {
			t.Fatalf("the headers of %d are %v, not %s", n, r.Headers, want)
		}
	}
}

func TestHeadersCodecsAndTracesOfRecords(t *testing.T) {
	t.Parallel()
	addresses := fake(t, kfake.SeedTopics(1, "text"))
	box := newOutbox()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	box.put(
		engine.Record{Topic: "text", Value: "hello", Headers: params.Of("type", "greeting", "n", int64(1), "many", []params.Value{"a", "b"}, kafka.RecordID, "forged")},
		engine.Record{Topic: "text", Key: "k", Headers: params.Of("traceparent", "own")},
	)
	o := relayOptions(t, addresses)
	o.Topics = []feed.Topic{{Name: "text", Body: feed.Text{}}}
	o.Trace = func(store.Outgoing) string { return parent }
	relay(t, o, box)
	box.left(t, 0)
	got := read(t, addresses, "text", 2)
	var headers []string
	for _, h := range got[0].Headers {
		headers = append(headers, h.Key+"="+string(h.Value))
	}
	want := []string{"pawl-record-id=shop/1/2/1/0", "type=greeting", "n=1", "many=a", "many=b", "traceparent=" + parent}
	if diff := cmp.Diff(want, headers); diff != "" || string(got[0].Value) != "hello" || got[0].Key != nil {
		t.Errorf("got %q of %q\n%s", got[0].Value, got[0].Key, diff)
	}
	if r := got[1]; r.Value != nil || string(r.Key) != "k" || string(r.Headers[1].Value) != "own" || len(r.Headers) != 2 {
		t.Errorf("got %+v", r)
	}
}

// A topic that is not there keeps its records, and only those, and they are sent
// once it is.
func TestATopicThatRefusesHoldsBackOnlyItsOwn(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	good := kafkatest.Topic(t, addresses, 1)
	missing := good + "-missing"
	box := newOutbox()
	for range 300 {
		box.put(engine.Record{Topic: missing, Key: "k", Value: "x"}, engine.Record{Topic: good, Key: "k", Value: "x"})
	}
	relay(t, relayOptions(t, addresses), box)
	for _, topic := range box.left(t, 300) {
		if topic != missing {
			t.Fatalf("a record of %s is left", topic)
		}
	}
	box.put(engine.Record{Topic: good, Key: "k", Value: "later"})
	box.left(t, 300)
	create(t, addresses, missing, nil)
	box.left(t, 0)
	inOrder(t, read(t, addresses, missing, 300))
}

func create(t *testing.T, addresses []string, topic string, configs map[string]*string) *kadm.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(t.Context(), 1, 1, configs, topic); err != nil {
		t.Fatal(err)
	}
	return admin
}

// inOrder checks that records, each of which may have come twice, came in order.
func inOrder(t *testing.T, records []*kgo.Record) {
	t.Helper()
	last := 0
	for _, r := range records {
		var n int
		if _, err := fmt.Sscanf(string(r.Headers[0].Value), "shop/%d/", &n); err != nil {
			t.Fatal(err)
		}
		if n < last {
			t.Fatalf("record %d came after %d", n, last)
		}
		last = n
	}
}

// A record that is too large for its topic is not overtaken by those of its key
// that come after it.
func TestARefusedRecordIsNotOvertaken(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	topic := kafkatest.Topic(t, addresses, 1) + "-small"
	limit, enough := "2000", "200000"
	admin := create(t, addresses, topic, map[string]*string{"max.message.bytes": &limit})
	box := newOutbox()
	large := strings.Repeat("0123456789abcdef", 10_000)
	for n := range 100 {
		value := params.Value("small")
		if n == 50 {
			value = large
		}
		box.put(engine.Record{Topic: topic, Key: "k", Value: value})
	}
	o := relayOptions(t, addresses)
	refused := make(chan struct{}, 1000)
	o.Meter = meter{refused: refused}
	relay(t, o, box)
	<-refused
	if _, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &enough}}, topic); err != nil {
		t.Fatal(err)
	}
	box.left(t, 0)
	inOrder(t, read(t, addresses, topic, 100))
}

// meter tells of what is refused.
type meter struct {
	feed.Unmetered
	refused chan struct{}
}

func (m meter) Refused(string, int) {
	select {
	case m.refused <- struct{}{}:
	default: // nobody counts
	}
}

// A topic that does not answer keeps back no other, and loses nothing.
func TestATopicThatIsSilentHoldsBackOnlyItsOwn(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "silent", "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	silent := cluster.TopicInfo("silent").TopicID
	speak := make(chan struct{})
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if slices.ContainsFunc(r.(*kmsg.ProduceRequest).Topics, func(t kmsg.ProduceRequestTopic) bool { return t.Topic == "silent" || t.TopicID == silent }) {
			cluster.SleepControl(func() { <-speak })
		}
		return nil, nil, false
	})
	addresses := cluster.ListenAddrs()
	box := newOutbox()
	o := relayOptions(t, addresses)
	o.Patience = time.Hour
	for range 300 {
		box.put(engine.Record{Topic: "silent", Key: "k", Value: "x"}, engine.Record{Topic: "orders", Key: "k", Value: "x"})
	}
	relay(t, o, box)
	box.left(t, 300)
	box.put(engine.Record{Topic: "orders", Key: "k", Value: "later"})
	box.left(t, 300)
	close(speak)
	box.left(t, 0)
	inOrder(t, read(t, addresses, "silent", 300))
}

// Of two relays, one sends; when it is gone, the other does.
func TestOneRelayAtATimeSends(t *testing.T) {
	t.Parallel()
	addresses := fake(t, kfake.SeedTopics(1, "orders"))
	box := newOutbox()
	o := relayOptions(t, addresses)
	first := relay(t, o, box)
	box.put(engine.Record{Topic: "orders", Value: "a"})
	box.left(t, 0)
	relay(t, o, box)
	for n := range 20 {
		box.put(engine.Record{Topic: "orders", Value: "b"})
		if n == 10 {
			first()
		}
	}
	box.left(t, 0)
	if got := read(t, addresses, "orders", 21); len(got) != 21 {
		t.Errorf("%d records arrived", len(got))
	}
}

// What could not be removed is sent again, under its name.
func TestRecordsThatAreSentAgainKeepTheirNames(t *testing.T) {
	t.Parallel()
	addresses := fake(t, kfake.SeedTopics(1, "orders"))
	box := newOutbox()
	box.fail = model.Errorf(model.Unavailable, "the store is away")
	box.put(engine.Record{Topic: "orders", Value: "a"})
	relay(t, relayOptions(t, addresses), box)
	got := read(t, addresses, "orders", 2)
	if a, b := string(got[0].Headers[0].Value), string(got[1].Headers[0].Value); a != b {
		t.Errorf("a record came as %s and as %s", a, b)
	}
	box.mu.Lock()
	box.fail = nil
	box.mu.Unlock()
	box.left(t, 0)
}
