// Package feed brings messages from where they are sent to the tasks that wait
// for them. A Feeder reads a source, makes messages of what it finds there
// (Topic) and gives them to a Sink, which is a store. Kafka is one source; a
// handler of requests can be another: it makes messages in the same way, without
// offsets but with ids, and answers a request once the sink has.
//
// The package knows no broker and no workflow. Feedtest is the suite that all
// feeders pass.
package feed

import (
	"context"

	"github.com/pawlhq/pawl/internal/store"
)

// Sink takes messages, and knows how far each feeder has come.
type Sink = store.Feeding

// Feeder reads messages from a source in which they have places: partitions,
// and offsets in them. These promises hold however often a feeder, its process
// or its source is ended, and with any number of feeders of the same name:
//
//   - Each message of the source is delivered once, those of one partition in
//     their order. What is not delivered when a feeder ends, the next one
//     delivers. Positions are those that the sink has, and nobody else's.
//   - A feeder makes one call of Deliver at a time, of bounded size, and reads no
//     more than a bounded amount ahead of it. A sink that is slow or away is
//     waited for; nothing is lost or passed over meanwhile.
//   - A Conflict says that another feeder has gone on from there. What that has
//     delivered is not delivered again.
//   - What can't be read is delivered as it came, marked as unreadable, and
//     keeps back nothing after it.
type Feeder interface {
	// Run delivers to sink until ctx ends, and returns nil then, within some
	// seconds and without a call that is under way. Any other end is an error,
	// which is Invalid if it is of no use to run again before something is
	// changed. It is called once.
	Run(ctx context.Context, sink Sink) error
}

// Meter is told what feeders and relays do. Its methods are quick and may be
// called concurrently.
type Meter interface {
	// Delivered counts messages of a topic by what became of them.
	Delivered(topic string, outcome store.Outcome, n int)
	// Fenced counts deliveries that another feeder was ahead of.
	Fenced()
	// Failed counts deliveries that are to be tried again.
	Failed()
	// Relayed counts records that were sent to a topic, and Refused those that
	// were not, each time.
	Relayed(topic string, n int)
	Refused(topic string, n int)
}

// Unmetered is a Meter that counts nothing.
type Unmetered struct{}

var _ Meter = Unmetered{}

// Delivered implements Meter.
func (Unmetered) Delivered(string, store.Outcome, int) {}

// Fenced implements Meter.
func (Unmetered) Fenced() {}

// Failed implements Meter.
func (Unmetered) Failed() {}

// Relayed implements Meter.
func (Unmetered) Relayed(string, int) {}

// Refused implements Meter.
func (Unmetered) Refused(string, int) {}

// Lag is how far a feeder is behind its source in one partition.
type Lag struct {
	Topic     string
	Partition int32
	// Behind is how many messages are there that were not delivered yet.
	Behind int64
}
