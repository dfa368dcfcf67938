package kafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed/feedtest"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/feed/relay/relaytest"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

func parseJSON(t *testing.T, text string) params.Value {
	t.Helper()
	v, err := params.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// certificate returns one that is good for the loopback interface, and who
// trusts it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.TLS.Certificates[0], pool
}

func TestConnectionsAreEncryptedAndProven(t *testing.T) {
	t.Parallel()
	own, trusted := certificate(t)
	for sasl, mechanism := range map[string]string{"plain": "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512"} {
		addresses := fake(t, kfake.SeedTopics(2, "topic"), kfake.EnableSASL(), kfake.Superuser(mechanism, "user", "secret"),
			kfake.TLS(&tls.Config{Certificates: []tls.Certificate{own}}))
		connection := kafka.Connection{Brokers: addresses, Log: logOf(t), TLS: &tls.Config{RootCAs: trusted}, SASL: sasl, User: "user", Password: "secret"}
		box := relaytest.NewOutbox()
		box.Put(record("topic", "hello"))
		relayTo(t, connection, box)
		box.Left(t, 0)

		sink := feedtest.NewSink()
		o := kafka.FeederOptions{Connection: connection, Group: "g", Topics: (&source{topic: "topic"}).options(t).Topics}
		run(t, newFeeder(t, o), sink)
		await(t, sink, 1)
	}
}

func TestAWrongPasswordIsTold(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.Shared(t)
	topic := kafkatest.Topic(t, cluster.Addresses(), 2)
	o := (&source{addresses: []string{cluster.Guarded()}, topic: topic}).options(t)
	o.SASL, o.User, o.Password = "plain", kafkatest.User, "wrong"
	err := newFeeder(t, o).Run(t.Context(), feedtest.NewSink())
	if model.CodeOf(err) != model.Forbidden || strings.Contains(err.Error(), o.Password) {
		t.Errorf("it ended with %v", err)
	}
	o.Password = kafkatest.Password
	newSource(t, cluster.Addresses(), topic).Send(t, 0, "1")
	sink := feedtest.NewSink()
	run(t, newFeeder(t, o), sink)
	await(t, sink, 1)
}

func TestWrongOptionsAreInvalid(t *testing.T) {
	t.Parallel()
	good := (&source{addresses: []string{"127.0.0.1:1"}, topic: "topic"}).options(t)
	for name, change := range map[string]func(*kafka.FeederOptions){
		"no brokers":   func(o *kafka.FeederOptions) { o.Brokers = nil },
		"no group":     func(o *kafka.FeederOptions) { o.Group = "" },
		"no topics":    func(o *kafka.FeederOptions) { o.Topics = nil },
		"no session":   func(o *kafka.FeederOptions) { o.Session = -1 },
		"no mechanism": func(o *kafka.FeederOptions) { o.SASL = "plan" },
	} {
		o := good
		change(&o)
		if _, err := kafka.NewFeeder(o); model.CodeOf(err) != model.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What came before a feeder that begins with the latest is never read, and what
// comes after it is, although another feeder reads it.
func TestTheLatestBeginsWhereItBegan(t *testing.T) {
	t.Parallel()
	s, sink := newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic"), feedtest.NewSink()
	s.Send(t, 0, "1", "2")
	o := s.options(t)
	o.Topics[0].Latest = true
	stop := run(t, newFeeder(t, o), sink)
	// The other partition tells that the feeder has begun.
	for n := 0; len(sink.Messages()) == 0; n++ {
		s.Send(t, 1, "0")
	}
	stop()
	began := len(sink.Messages())
	s.Send(t, 0, "3")
	run(t, newFeeder(t, o), sink)
	await(t, sink, began+1)
	for _, m := range sink.Messages() {
		if n := m.Body.(int64); n == 1 || n == 2 {
			t.Errorf("%d was read", n)
		}
	}
}

func TestLagIsWhatIsNotDelivered(t *testing.T) {
	t.Parallel()
	s, sink := newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic"), feedtest.NewSink()
	f := newFeeder(t, s.options(t))
	if got, err := f.Lag(t.Context()); len(got) > 0 || err != nil {
		t.Errorf("a feeder that does not run has %v, %v", got, err)
	}
	s.Send(t, 0, "1", "2", "3")
	run(t, f, sink)
	await(t, sink, 3)
	held := make(chan struct{})
	defer close(held)
	sink.Next(hold(held))
	s.Send(t, 0, "4", "5")
	s.Send(t, 1, "6")
	for {
		got, err := f.Lag(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 2 && got[0].Behind == 2 && got[1].Behind == 1 {
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("the lag is %v", got)
		}
	}
}

// Kafka is told the positions, for those who look at lags there.
func TestKafkaIsToldThePositions(t *testing.T) {
	t.Parallel()
	s, sink := newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic"), feedtest.NewSink()
	s.Send(t, 0, "1", "2", "3")
	o := s.options(t)
	feedOnce(t, newFeeder(t, o), sink, 3)
	client, err := kgo.NewClient(kgo.SeedBrokers(s.addresses...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if at := committed(t, client, o.Group, "topic", 0); at != 3 {
		t.Errorf("Kafka has the position %d", at)
	}
}

// Another feeder that has delivered the first half of what this one is about to
// leaves it the second half.
func TestWhoIsOvertakenHalfwayDeliversTheRest(t *testing.T) {
	t.Parallel()
	s, sink := newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic"), feedtest.NewSink()
	s.Send(t, 0, "0", "1", "2", "3", "4", "5")
	sink.Next(feedtest.Fault{Before: func(_ context.Context, d store.Delivery) error {
		half := d
		o := d.Offsets[0]
		o.Next = o.From + int64(len(d.Messages)/2)
		half.Offsets, half.Messages = []store.Offset{o}, d.Messages[:len(d.Messages)/2]
		_, err := sink.Write(half)
		return err
	}})
	run(t, newFeeder(t, s.options(t)), sink)
	await(t, sink, 6)
	s.Send(t, 0, "6")
	await(t, sink, 7)
	for i, m := range sink.Messages() {
		if m.Body != int64(i) {
			t.Errorf("message %d is %v", i, m.Body)
		}
	}
	if sink.Conflicts != 1 {
		t.Errorf("there were %d conflicts", sink.Conflicts)
	}
}

// Where the store and Kafka have different positions, the store's count.
func TestPositionsAreThoseOfTheStore(t *testing.T) {
	t.Parallel()
	s, first := newSource(t, fake(t, kfake.SeedTopics(2, "topic")), "topic"), feedtest.NewSink()
	s.Send(t, 0, "0", "1", "2")
	o := s.options(t)
	feedOnce(t, newFeeder(t, o), first, 3) // Kafka has the position 3 now
	for _, at := range []int64{0, 2} {
		sink := feedtest.NewSink()
		sink.Set(o.Group, storeOffset("topic", 0, at))
		feedOnce(t, newFeeder(t, o), sink, 3-int(at))
		if got := sink.Messages(); got[0].Body != at {
			t.Errorf("from %d on, %v was read first", at, got[0].Body)
		}
	}
}
