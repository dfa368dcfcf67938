package kafka_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/feed/relay/relaytest"
	"github.com/pawlhq/pawl/internal/params"
)

func TestTransportToAFake(t *testing.T) {
	t.Parallel()
	relaytest.Run(t, newFakePlace)
}

func TestTransportToAKafka(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	relaytest.Run(t, func(*testing.T) relaytest.Place { return &place{addresses: addresses} })
}

// place is a Kafka as relaytest wants it.
type place struct {
	addresses []string
	// silence keeps a topic from answering; nil if this Kafka can't be silent.
	silence func(topic string) (speak func())
}

// newFakePlace returns a Kafka in this process, whose topics can be silent.
func newFakePlace(t *testing.T) relaytest.Place {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return &place{cluster.ListenAddrs(), func(topic string) func() {
		id, closed := cluster.TopicInfo(topic).TopicID, make(chan struct{})
		cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if slices.ContainsFunc(r.(*kmsg.ProduceRequest).Topics, func(t kmsg.ProduceRequestTopic) bool { return t.Topic == topic || t.TopicID == id }) {
				cluster.SleepControl(func() { <-closed })
			}
			return nil, nil, false
		})
		return sync.OnceFunc(func() { close(closed) })
	}}
}

func (p *place) Transport(t *testing.T) (relay.Transport, string) {
	to, err := kafka.NewTransport(kafka.Connection{Brokers: p.addresses, Log: logOf(t)}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return to, kafka.RelayOwner
}

func (p *place) Read(t *testing.T, topic string, n int) (list []relay.Message) {
	for _, r := range read(t, p.addresses, topic, n) {
		m := relay.Message{Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			if h.Key == kafka.RecordID {
				m.Name = string(h.Value)
			} else {
				m.Headers = append(m.Headers, relay.Header{Name: h.Key, Value: h.Value})
			}
		}
		list = append(list, m)
	}
	return list
}

var made atomic.Int64

// name returns one that no topic has.
func (p *place) name() string { return fmt.Sprintf("sent-%d-%d", time.Now().UnixNano(), made.Add(1)) }

func (p *place) Topic(t *testing.T) string {
	topic := p.name()
	create(t, p.addresses, topic, nil)
	return topic
}

// Refusing returns a topic that is not there.
func (p *place) Refusing(t *testing.T) (string, func()) {
	topic := p.name()
	return topic, func() { create(t, p.addresses, topic, nil) }
}

// Picky returns a topic whose batches are short.
func (p *place) Picky(t *testing.T) (string, func()) {
	topic, limit, enough := p.name(), "10000", "200000"
	admin := create(t, p.addresses, topic, map[string]*string{"max.message.bytes": &limit})
	return topic, func() {
		if _, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &enough}}, topic); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *place) Silent(t *testing.T) (string, func()) {
	if p.silence == nil {
		t.Skip("this Kafka always answers")
	}
	topic := p.Topic(t)
	return topic, p.silence(topic)
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

// relayTo runs a relay of an outbox to a Kafka until the end of the test.
func relayTo(t *testing.T, c kafka.Connection, box *relaytest.Outbox) {
	t.Helper()
	c.Log = logOf(t)
	r, err := kafka.NewRelay(kafka.RelayOptions{
		Connection: c, Instance: "shop", Lease: 2 * time.Second, Idle: 20 * time.Millisecond,
	}, box)
	if err != nil {
		t.Fatal(err)
	}
	relaytest.Start(t, r)
}

// One header names a record, whatever others say.
func TestTheNameOfARecordIsNotForged(t *testing.T) {
	t.Parallel()
	addresses := fake(t, kfake.SeedTopics(1, "orders"))
	box := relaytest.NewOutbox()
	box.Put(engine.Record{Topic: "orders", Value: "a", Headers: params.Of(kafka.RecordID, "forged")})
	relayTo(t, kafka.Connection{Brokers: addresses}, box)
	box.Left(t, 0)
	if h := read(t, addresses, "orders", 1)[0].Headers; len(h) != 1 || string(h[0].Value) != "shop/1/2/1/0" {
		t.Errorf("its headers are %v", h)
	}
}
