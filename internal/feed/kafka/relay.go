package kafka

import (
	"time"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/relay"
	"github.com/pawlhq/pawl/internal/store"
)

// RecordID is the header that names a record for good: INSTANCE/ATTEMPT/TASK/
// TRY/INDEX, or INSTANCE/ATTEMPT/update/NUMBER. A record may be sent more than
// once, with the same name.
const RecordID = "pawl-record-id"

// RelayOptions say how records are sent.
type RelayOptions struct {
	Connection
	// Instance names the installation in RecordID. Required.
	Instance string
	// Topics say how those are written that are not of JSON.
	Topics []feed.Topic
	// Mine reports whether a topic is one of Kafka; nil means all.
	Mine func(topic string) bool
	// Trace, if not nil, returns the traceparent of a record that has none, or "".
	Trace func(store.Outgoing) string
	// Lease and Idle are as in relay.Options.
	Lease, Idle time.Duration
	// Patience is as in NewTransport.
	Patience time.Duration
}

// RelayOwner is the owner of the lease of the relay that works.
const RelayOwner = "relay of the outbox to kafka"

// NewRelay returns a relay of a store's outbox to Kafka. It sends idempotently, and
// what all replicas that are in sync have has arrived. What is wrong with the
// options is Invalid; it connects to nothing yet.
func NewRelay(o RelayOptions, of relay.Store) (*relay.Relay, error) {
	to, err := NewTransport(o.Connection, o.Patience)
	if err != nil {
		return nil, err
	}
	return relay.New(relay.Options{
		Transport: to, Owner: RelayOwner,
		Instance: o.Instance, Topics: o.Topics, Mine: o.Mine, Trace: o.Trace, Lease: o.Lease, Idle: o.Idle,
		Log: o.Log, Meter: o.Meter, Clock: o.Clock,
	}, of)
}
