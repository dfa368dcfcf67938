// Package kafka feeds messages of Kafka to a store, and relays what tasks send
// from a store to Kafka. Positions are kept by the store, in the transaction that
// takes the messages; Kafka is told them for those who look at lags there.
//
// Only this package and those below it know the client of Kafka.
package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
)

// Connection says how to reach a Kafka.
type Connection struct {
	// Brokers are addresses of some of its brokers, "HOST:PORT". Required.
	Brokers []string
	// TLS is for encrypted connections; nil is for others.
	TLS *tls.Config
	// SASL is one of Mechanisms with which User and Password are proven, or
	// empty.
	SASL, User, Password string
	// Log receives what goes wrong and is tried again. Required.
	Log *slog.Logger
	// Meter defaults to feed.Unmetered.
	Meter feed.Meter
	// Clock is for the times of messages and of further tries. It defaults to
	// clock.System.
	Clock clock.Clock
}

// Mechanisms are the ways in which a password is proven.
var Mechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}

func (c Connection) withDefaults() Connection {
	if c.Meter == nil {
		c.Meter = feed.Unmetered{}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	return c
}

// client connects with these options besides those of the connection.
func (c *Connection) client(more ...kgo.Opt) (*kgo.Client, error) {
	if len(c.Brokers) == 0 {
		return nil, model.Errorf(model.Invalid, "no broker of Kafka is named")
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...), kgo.ClientID("pawl"),
		kgo.WithLogger(logger{c.Log}), kgo.DisableClientMetrics(),
		kgo.MetadataMinAge(time.Second),
	}
	if c.TLS != nil {
		options = append(options, kgo.DialTLSConfig(c.TLS))
	}
	switch c.SASL {
	case "":
	case "plain":
		options = append(options, kgo.SASL(plain.Auth{User: c.User, Pass: c.Password}.AsMechanism()))
	case "scram-sha-256":
		options = append(options, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password}.AsSha256Mechanism()))
	case "scram-sha-512":
		options = append(options, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password}.AsSha512Mechanism()))
	default:
		return nil, model.Errorf(model.Invalid, "there is no mechanism %q to prove a password", c.SASL).
			WithHint("%s", document.DidYouMean(c.SASL, Mechanisms))
	}
	client, err := kgo.NewClient(append(options, more...)...)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "kafka: %w", err)
	}
	return client, nil
}

// reach waits until Kafka answers. It is Forbidden if it does not let us in.
func (c *Connection) reach(ctx context.Context, client *kgo.Client) error {
	again := pauses{clock: c.Clock}
	for {
		try, done := context.WithTimeout(ctx, answerWithin)
		err := client.Ping(try)
		done()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, kerr.SaslAuthenticationFailed):
			return model.Errorf(model.Forbidden, "kafka does not let %s in: %w", c.User, err)
		}
		c.Log.Warn("Kafka can't be reached", "brokers", c.Brokers, "error", err)
		if !again.wait(ctx) {
			return context.Cause(ctx)
		}
	}
}

const answerWithin = 10 * time.Second

// logger takes what the client has to say about connections, of which each that
// fails is told; what a feeder or relay can't do for it is told by them.
type logger struct{ to *slog.Logger }

// Level implements kgo.Logger.
func (logger) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log implements kgo.Logger.
func (l logger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	at := slog.LevelDebug
	if level == kgo.LogLevelError {
		at = slog.LevelWarn
	}
	l.to.Log(context.Background(), at, "kafka client: "+msg, keyvals...)
}

// Pauses between tries of what failed.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 10 * time.Second
)

// pauses are those between the tries of one thing: each is twice the last.
type pauses struct {
	clock clock.Clock
	next  time.Duration
}

// wait reports false once ctx has ended.
func (p *pauses) wait(ctx context.Context) bool {
	p.next = min(max(firstPause, 2*p.next), longPause)
	c, stop := p.clock.After(p.next)
	defer stop()
	select {
	case <-c:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
