package webhook

import (
	"log/slog"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/relay"
)

// RelayOptions say what is sent where.
type RelayOptions struct {
	// Targets are those of topics, and Topics say how records are written that are
	// not of JSON. Records of others are left alone.
	Targets map[string]Target
	Topics  []feed.Topic
	// Instance names the installation in the names of records. Required.
	Instance string
	// Log receives what goes wrong and is tried again. Required.
	Log *slog.Logger
	// Meter defaults to feed.Unmetered.
	Meter feed.Meter
	// Clock is required.
	Clock clock.Clock
}

// NewRelay returns a relay of a store's outbox to webhooks. What is wrong with the
// options is Invalid; it sends nothing yet.
func NewRelay(o RelayOptions, of relay.Store) (*relay.Relay, error) {
	to, err := NewTransport(o.Targets, o.Clock)
	if err != nil {
		return nil, err
	}
	return relay.New(relay.Options{
		Transport: to, Owner: RelayOwner, Instance: o.Instance, Topics: o.Topics, Log: o.Log, Meter: o.Meter, Clock: o.Clock,
		Mine: func(topic string) bool { _, ok := o.Targets[topic]; return ok },
	}, of)
}
