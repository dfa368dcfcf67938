package kafkatest_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
)

func send(t *testing.T, addresses []string, topic, value string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.DefaultProduceTopic(topic))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := client.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, addresses []string, topic string, n int) (values []string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.ConsumeTopics(topic),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(values) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("after %d records: %v", len(values), ctx.Err())
		}
		fetches.EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	return values
}

// What was acknowledged before a crash is there after it.
func TestBrokersKeepWhatTheyHaveWhenTheyAreKilled(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.Own(t, 1)
	topic := kafkatest.Topic(t, cluster.Addresses(), 1)
	send(t, cluster.Addresses(), topic, "before")
	if err := cluster.Kill(0); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Restart(0); err != nil {
		t.Fatal(err)
	}
	send(t, cluster.Addresses(), topic, "after")
	if got := read(t, cluster.Addresses(), topic, 2); got[0] != "before" || got[1] != "after" {
		t.Errorf("read %q", got)
	}
}

func TestTopicsAreTheirTestsOwn(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	a, b := kafkatest.Topic(t, addresses, 1), kafkatest.Topic(t, addresses, 2)
	send(t, addresses, a, "a")
	send(t, addresses, b, "b")
	if got := read(t, addresses, b, 1); a == b || got[0] != "b" {
		t.Errorf("read %q from %s, beside %s", got, b, a)
	}
}
