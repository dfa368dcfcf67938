package kafka_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/feed/relay/relaytest"
	"github.com/pawlhq/pawl/internal/params"
)

// What a relay sends and a feeder reads goes through a broker that is killed
// again and again: every record comes, each once, as its name tells, and those of
// one key in order.
func TestNothingIsLostWhenTheBrokerIsKilled(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.Own(t, 1)
	through(t, cluster, 2, func() {
		if err := cluster.Kill(0); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Restart(0); err != nil {
			t.Fatal(err)
		}
	})
}

// The same with three brokers, of which two are always there.
func TestNothingIsLostWhenOneBrokerOfThreeIsKilled(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.Own(t, 3)
	down := 0
	through(t, cluster, 1, func() {
		if err := cluster.Kill(down); err != nil {
			t.Fatal(err)
		}
		down = (down + 1) % 3
	}, func() {
		if err := cluster.Restart((down + 2) % 3); err != nil {
			t.Fatal(err)
		}
	})
}

// through sends records and reads them, while faults happen in between.
func through(t *testing.T, cluster *kafkatest.Cluster, rounds int, faults ...func()) {
	t.Helper()
	addresses := cluster.Addresses()
	topic := kafkatest.Topic(t, addresses, 2)
	box, sink := relaytest.NewOutbox(), feedtest.NewSink()
	relayTo(t, kafka.Connection{Brokers: addresses}, box)
	s := newSource(t, addresses, topic)
	o := s.options(t)
	o.Topics[0].ID = feed.AtHeader(kafka.RecordID)
	o.Topics[0].Keys = find(t, "key", "key")
	run(t, newFeeder(t, o), sink)

	sent := 0
	send := func(n int) {
		for range n {
			sent++
			box.Put(engine.Record{Topic: topic, Key: fmt.Sprint("k", sent%5), Value: int64(sent)})
		}
	}
	for range rounds {
		for _, fault := range faults {
			send(200)
			awaitSome(t, sink)
			send(200)
			fault()
			send(200)
		}
	}
	box.Left(t, 0)
	distinct := awaitDistinct(t, sink, sent)
	last := make(map[string]int64)
	for _, m := range distinct {
		n, key := m.Body.(int64), m.Keys[0].Value
		if n < last[key] {
			t.Fatalf("%d of %s came after %d", n, key, last[key])
		}
		last[key] = n
	}
}

func find(t *testing.T, param, from string) feed.Extractor {
	t.Helper()
	e, err := feed.Find(param, from)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A topic that was made anew is not read on from where the old one was, nor from
// its start as if nothing had been read.
func TestATopicThatIsShorterThanItWasIsNotRead(t *testing.T) {
	t.Parallel()
	addresses := kafkatest.Brokers(t)
	topic := kafkatest.Topic(t, addresses, 2)
	s, sink := newSource(t, addresses, topic), feedtest.NewSink()
	s.Send(t, 0, "1", "2")
	s.Send(t, 1, "3")
	o := s.options(t)
	var said strings.Builder
	o.Log = logTo(&said)
	sink.Set(o.Group, storeOffset(topic, 0, 1000))
	feedOnce(t, newFeeder(t, o), sink, 1)
	if got := sink.Messages(); len(got) != 1 || !params.Equal(got[0].Body, int64(3)) {
		t.Errorf("read %v", got)
	}
	if !strings.Contains(said.String(), "shorter than it was") || !strings.Contains(said.String(), "position=1000 end=2") {
		t.Errorf("the log says %s", &said)
	}
}
