// Package webhook connects an engine with others by HTTP: what steps send, and what
// is told of runs, goes out as POST requests, and requests of others come as
// messages to the steps that listen. Requests are signed as Standard Webhooks
// describes it; those that come may be signed in other ways, too.
//
// A server of pawl on the same database can do this in place of the program.
package webhook

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/feed/webhook"
	"github.com/pawlhq/pawl/internal/host"
)

// Config says what is sent where.
type Config struct {
	// Instance names the program in the ids of records, which are
	// "INSTANCE/RUN/STEP/TRY/INDEX" by their numbers. Required.
	Instance string
	// Topics are those whose records are sent. Those of others stay for a broker.
	// Required.
	Topics map[pawl.Topic]Target
	// Log receives what goes wrong and is tried again. Defaults to slog's default.
	Log *slog.Logger
}

// Target is where the records of a topic are sent to.
type Target struct {
	// URL gets a POST for each record, with its value as the body in JSON, its id as
	// the header "webhook-id", and its headers. Required.
	URL string
	// Secrets sign requests, each with a signature of its own, so that receivers can
	// be given another: "whsec_" with at least 24 bytes in base64 after it. None
	// sends requests that prove nothing.
	Secrets []string
	// Headers are added to requests.
	Headers map[string]string
	// Timeout is how long an answer may take. Defaults to 15 seconds.
	Timeout time.Duration
	// Parallel is how many requests there may be at once; those with one key come one
	// after the other in any case. Defaults to 8.
	Parallel int
	// TLS is for https. Nil trusts what the machine does.
	TLS *tls.Config
}

// Connection sends what an engine has to send.
type Connection struct {
	stop    context.CancelFunc
	release func()
	loops   sync.WaitGroup
}

// Connect begins to send. A record has arrived when it is answered with a status
// from 200 to 299; anything else keeps it and what comes after it in its topic,
// which is sent again after a second, then ever more seldom, up to once a minute, or
// when the receiver says. Redirects are not followed. Other topics go on.
//
// An engine that is connected with Kafka as well is connected with webhooks first:
// what they send is not sent to Kafka, not even while the connection is closed. That
// holds for this engine alone: connect all programs of a database alike, as one that
// is connected with Kafka only sends the records of all topics there. Close the
// connection before the engine.
func Connect(eng *pawl.Engine, cfg Config) (*Connection, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	inside := host.Of(eng)
	targets := make(map[string]webhook.Target)
	for topic, t := range cfg.Topics {
		targets[string(topic)] = webhook.Target{
			URL: t.URL, Secrets: t.Secrets, Headers: t.Headers, Timeout: t.Timeout, Parallel: t.Parallel, TLS: t.TLS,
		}
	}
	r, err := webhook.NewRelay(webhook.RelayOptions{
		Targets: targets, Instance: cfg.Instance, Log: cfg.Log, Clock: clock.System{},
	}, inside.Store)
	if err != nil {
		return nil, fmt.Errorf("connect with webhooks: %w", err)
	}
	c := &Connection{}
	if c.release, err = inside.Claims.Take(slices.Sorted(maps.Keys(targets))); err != nil {
		return nil, fmt.Errorf("connect with webhooks: %w", err)
	}
	c.start(inside, r)
	return c, nil
}

func (c *Connection) start(inside host.Inside, r *relay.Relay) {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	unwatch := inside.Store.Watch(r.Wake)
	c.loops.Go(func() {
		defer unwatch()
		_ = r.Run(ctx) // it never fails
	})
}

// Close ends sending, within some seconds. What was not sent is sent by the next
// connection, which may be another of the same engine. It may be called again.
func (c *Connection) Close() {
	c.stop()
	c.loops.Wait()
	c.release()
}
