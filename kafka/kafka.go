// Package kafka connects an engine with Kafka: messages of topics come to the
// steps that listen, and what steps send goes out. How far a topic was read is
// kept in the engine's database, in the transaction that takes the messages, so
// that each is handled once whatever is killed; what is sent may be sent more than
// once, with the header "pawl-record-id" as its name.
//
// A server of pawl on the same database can do this in place of the program.
package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/host"
	"github.com/pawlhq/pawl/internal/store"
)

// Config says how to reach Kafka and what to read.
type Config struct {
	// Brokers are addresses of some of its brokers, "HOST:PORT". Required.
	Brokers []string
	// Group names the consumer group: all processes with the name share the
	// partitions. Under another name, topics are read from their beginning.
	// Required.
	Group string
	// Topics are those that are read, and how their messages are understood. None
	// reads nothing; what steps send goes out in any case, as JSON unless the topic
	// says otherwise.
	Topics map[pawl.Topic]Topic
	// Registry has the schemas of topics that are of Avro or Protobuf. They need it.
	Registry Registry
	// Session is after how long without a sign of life Kafka gives the partitions
	// of a process to others: of one that was killed, nothing is read until then,
	// not even by itself when it is back. Brokers allow 6 s to 30 min unless they
	// are told otherwise. Defaults to 20 s.
	Session time.Duration
	// TLS is for encrypted connections.
	TLS *tls.Config
	// SASL is "plain", "scram-sha-256" or "scram-sha-512", with which User and
	// Password are proven, or empty.
	SASL, User, Password string
	// Log receives what goes wrong and is tried again. Defaults to slog's default.
	Log *slog.Logger
}

// Topic says what the messages of a topic mean.
type Topic struct {
	// Codec says how messages are written, those that are read as those that are
	// sent. Defaults to JSON.
	Codec Codec
	// Key says how the keys of records are written. Defaults to text, of which what
	// is none is read as no key.
	Key Codec
	// Keys say where in a message the value of a parameter is that steps listen by:
	// "body.order.id", "body.items[*].id", "key" or "header.NAME". What is a number
	// in one and a text in the other is made alike with "text(body.id)" or
	// "number(key)". Required, unless the topic is only sent to.
	Keys map[string]string
	// ID is a header that names a message: one that comes again, wherever in the
	// topic, is a duplicate. Empty tells them by their places alone.
	ID string
	// Latest begins with what comes from now on where the topic was not read yet,
	// instead of with what Kafka has.
	Latest bool
	// EarlyFor, EarlyMost and Remember are as in pawl.TopicConfig.
	EarlyFor  time.Duration
	EarlyMost int
	Remember  time.Duration
}

// Connection is an engine's with Kafka.
type Connection struct {
	cfg   Config
	store store.Store
	sink  feed.Sink
	feed  kafka.FeederOptions
	relay *relay.Relay
	stop  context.CancelFunc
	loops sync.WaitGroup
}

// Connect begins to read and to send. It does not wait for Kafka: while that can't
// be reached, it is tried again. Close the connection before the engine.
func Connect(eng *pawl.Engine, cfg Config) (*Connection, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	inside := host.Of(eng)
	c := &Connection{cfg: cfg, store: inside.Store, sink: inside.Host}
	at := kafka.Connection{
		Brokers: cfg.Brokers, TLS: cfg.TLS, SASL: cfg.SASL, User: cfg.User, Password: cfg.Password, Log: cfg.Log,
	}
	topics, sources, err := cfg.topics()
	if err == nil {
		c.feed = kafka.FeederOptions{Connection: at, Group: cfg.Group, Session: cfg.Session, Topics: sources}
		c.relay, err = kafka.NewRelay(kafka.RelayOptions{Connection: at, Instance: cfg.Group, Topics: topics, Mine: inside.Claims.Free}, c.store)
	}
	if err == nil && len(sources) > 0 {
		_, err = kafka.NewFeeder(c.feed) // which says what is wrong
	}
	if err != nil {
		return nil, fmt.Errorf("connect with kafka: %w", err)
	}
	c.start()
	return c, nil
}

// topics returns what is known of topics, and those that are read.
func (c *Config) topics() (all []feed.Topic, read []kafka.Source, err error) {
	if c.Group == "" {
		return nil, nil, errors.New("the group has no name")
	}
	schemas, err := c.Registry.open()
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Topics)) {
		t := c.Topics[name]
		of, err := t.topic(string(name), schemas)
		if err != nil {
			return nil, nil, fmt.Errorf("topic %s: %w", name, err)
		}
		all = append(all, of)
		if of.Keys != nil {
			read = append(read, kafka.Source{Latest: t.Latest, Topic: of})
		}
	}
	return all, read, nil
}

// topic returns a topic as feeders and relays know it.
func (t *Topic) topic(name string, schemas *registry.Registry) (of feed.Topic, err error) {
	of = feed.Topic{Name: name, Early: t.EarlyFor, MostEarly: t.EarlyMost, Remember: t.Remember}
	if of.Body, err = t.Codec.codec(schemas, name+"-value"); err != nil {
		return of, fmt.Errorf("its Codec %w", err)
	}
	if of.Key, err = t.Key.codec(schemas, name+"-key"); err != nil {
		return of, fmt.Errorf("its Key %w", err)
	}
	if t.ID != "" {
		of.ID = feed.AtHeader(t.ID)
	}
	if len(t.Keys) == 0 && t.Codec == (Codec{}) && t.Key == (Codec{}) {
		return of, errors.New("it has no keys, so that nobody could listen to it")
	}
	if len(t.Keys) > 0 {
		of.Keys, err = feed.FindEach(t.Keys)
	}
	return of, err
}

func (c *Connection) start() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	unwatch := c.store.Watch(c.relay.Wake)
	c.loops.Go(func() {
		defer unwatch()
		c.again(ctx, "nothing is sent to Kafka for a moment", c.relay.Run)
	})
	if len(c.feed.Topics) == 0 {
		return
	}
	c.loops.Go(func() {
		c.again(ctx, "nothing is read from Kafka for a moment", func(ctx context.Context) error {
			f, err := kafka.NewFeeder(c.feed)
			if err != nil {
				return err
			}
			return f.Run(ctx, c.sink)
		})
	})
}

// restAfter is how long what has failed rests.
const restAfter = 5 * time.Second

// again calls run until ctx is done.
func (c *Connection) again(ctx context.Context, failing string, run func(context.Context) error) {
	for ctx.Err() == nil {
		err := run(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		c.cfg.Log.Error(failing, "error", err, "again", restAfter.String())
		select {
		case <-ctx.Done():
		case <-time.After(restAfter):
		}
	}
}

// Close ends reading and sending, within some seconds.
func (c *Connection) Close() {
	c.stop()
	c.loops.Wait()
}
