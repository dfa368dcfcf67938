package kafka_test

import (
	"log/slog"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
)

// fake starts a Kafka in this process, and returns its address.
func fake(t *testing.T, options ...kfake.Opt) []string {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"group.min.session.timeout.ms": "500"})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()
}

// source is a topic as feedtest wants it.
type source struct {
	addresses []string
	topic     string
	client    *kgo.Client
}

func newSource(t *testing.T, addresses []string, topic string) *source {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addresses...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &source{addresses, topic, client}
}

func (s *source) Send(t *testing.T, partition int, values ...string) {
	t.Helper()
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Topic: s.topic, Partition: int32(partition), Value: []byte(v)}
	}
	s.produce(t, records...)
}

func (s *source) produce(t *testing.T, records ...*kgo.Record) {
	t.Helper()
	if err := s.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// options are those of a feeder of the source.
func (s *source) options(t *testing.T) kafka.FeederOptions {
	return kafka.FeederOptions{
		Connection: kafka.Connection{Brokers: s.addresses, Log: logOf(t)},
		Group:      "group-" + s.topic, Topics: []kafka.Source{{Topic: feed.Topic{Name: s.topic}}},
		Batch: feedtest.Batch,
	}
}

func (s *source) Feeder(t *testing.T) feed.Feeder { return newFeeder(t, s.options(t)) }

func newFeeder(t *testing.T, o kafka.FeederOptions) *kafka.Feeder {
	t.Helper()
	f, err := kafka.NewFeeder(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// logOf writes to the output of a test, if that is wanted.
func logOf(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func TestFeederOfAFake(t *testing.T) {
	t.Parallel()
	feedtest.Run(t, func(t *testing.T) feedtest.Source {
		return newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic")
	})
}

func TestFeederOfAKafka(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	feedtest.Run(t, func(t *testing.T) feedtest.Source {
		return newSource(t, addresses, kafkatest.Topic(t, addresses, 2))
	})
}
