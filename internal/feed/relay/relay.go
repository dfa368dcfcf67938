// Package relay sends the records of an outbox to where they are to be, those of
// one topic and key in their order, and removes them once they have arrived. How
// they get there is a Transport's: the package knows neither brokers nor requests.
//
// Relaytest is the suite that all transports pass.
package relay

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/turns"
)

// Transport brings records to where they are to be. Its methods may be called
// concurrently, for different topics.
type Transport interface {
	// Reach returns nil once there is somebody to send to, as far as that can be
	// told without sending. It is called when a relay's turn begins.
	Reach(ctx context.Context) error
	// Line returns what sends the messages of a topic during one turn of a relay,
	// which closes it. An error ends the turn.
	Line(topic string) (Line, error)
}

// Line sends the messages of one topic, in one call at a time.
type Line interface {
	// Send sends messages and returns for each why it did not arrive, or nil; of
	// one that it did not come to, ErrUnsent. It arrives before the next one with
	// its key is sent: none overtakes one before it that did not arrive. Messages
	// without a key have no order. Once ctx is done it returns soon.
	Send(ctx context.Context, list []Message) []error
	// Close releases what the line holds, when no call is under way.
	Close()
}

// Message is a record as it is sent.
type Message struct {
	// Name names the record for good, however often it is sent.
	Name string
	// Key and Value are nil where there is none.
	Key, Value []byte
	Headers    []Header
}

// Header is one header of a message. The value may be nil.
type Header struct {
	Name  string
	Value []byte
}

// ErrUnsent is of messages that were not sent, as one before them did not arrive
// or it was time to tell of those that did.
var ErrUnsent = errors.New("it was not sent")

// Later is why a message did not arrive of which the receiver says when it may be
// sent again.
type Later struct {
	Err   error
	After time.Duration
}

// Error implements error.
func (l *Later) Error() string { return l.Err.Error() }

// Unwrap returns the cause.
func (l *Later) Unwrap() error { return l.Err }

// Options say how records are sent.
type Options struct {
	// Transport sends them. Required.
	Transport Transport
	// Owner is whose lease makes it a relay's turn: of all relays of a store with
	// one owner, one works at a time. Required.
	Owner string
	// Instance names the installation in the names of records. Required.
	Instance string
	// Mine reports whether the records of a topic are this relay's; nil means all.
	Mine func(topic string) bool
	// Topics say how those are written that are not of JSON.
	Topics []feed.Topic
	// Trace, if not nil, returns the traceparent of a record that has none, or "".
	Trace func(store.Outgoing) string
	// Lease is for how long a relay that does not renew its lease keeps others
	// from sending. Defaults to 15 s.
	Lease time.Duration
	// Idle is how often the outbox is looked into while there is nothing to send,
	// and nobody calls Wake. Defaults to 1 s.
	Idle time.Duration
	// Log receives what goes wrong and is tried again. Required.
	Log *slog.Logger
	// Meter defaults to feed.Unmetered.
	Meter feed.Meter
	// Clock defaults to clock.System.
	Clock clock.Clock
}

// Defaults of relays.
const (
	defaultLease = 15 * time.Second
	defaultIdle  = time.Second
)

// Store is what a relay needs of a store.
type Store interface {
	store.Outbox
	store.Owners
}

// Relay sends the records of an outbox, and removes them once they have arrived. A
// topic that refuses a record, or does not answer, keeps what comes after it in that
// topic waiting, and nothing else.
//
// If a relay stood still for longer than its lease lasts, it may send some records
// again that its successor has sent: their names tell.
type Relay struct {
	options Options
	topics  map[string]*feed.Topic
	store   Store
	wake    chan struct{}
	turned  func(error)
}

// New returns a relay of a store's outbox. What is wrong with the options is
// Invalid.
func New(o Options, of Store) (*Relay, error) {
	if o.Instance == "" {
		return nil, model.Errorf(model.Invalid, "a relay needs the name of the instance")
	}
	o.Lease, o.Idle = cmp.Or(o.Lease, defaultLease), cmp.Or(o.Idle, defaultIdle)
	if o.Mine == nil {
		o.Mine = func(string) bool { return true }
	}
	if o.Meter == nil {
		o.Meter = feed.Unmetered{}
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	r := &Relay{options: o, topics: make(map[string]*feed.Topic), store: of, wake: make(chan struct{}, 1), turned: func(error) {}}
	for i := range o.Topics {
		r.topics[o.Topics[i].Name] = &o.Topics[i]
	}
	return r, nil
}

// Wake has the relay look into the outbox soon. It does not wait.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it is to look already
	}
}

// Watch has turned be called with how each round ends while it is this relay's turn.
// It must return soon. It is for before Run.
func (r *Relay) Watch(turned func(error)) { r.turned = turned }

// Run sends records until ctx ends, whenever it is this relay's turn, and
// returns nil then. It is called once.
func (r *Relay) Run(ctx context.Context) error {
	mine := turns.Turn{Leases: r.store, Owner: r.options.Owner, Lease: r.options.Lease, Clock: r.options.Clock}
	mine.Run(ctx, r.work, func(err error) {
		r.options.Log.Warn("records are not sent for a moment", "by", r.options.Owner, "error", err)
		r.turned(err)
	})
	return nil
}

// work sends records until ctx ends or the store fails.
func (r *Relay) work(ctx context.Context) error {
	if err := r.options.Transport.Reach(ctx); err != nil {
		return err
	}
	t := turn{Relay: r, lines: make(map[string]Line), held: make(map[string]*held)}
	ctx, cancel := context.WithCancel(ctx)
	defer t.close()
	defer cancel()
	for ctx.Err() == nil {
		more, err := t.round(ctx)
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		r.turned(nil)
		if !more {
			t.idle(ctx)
		}
	}
	if cause := context.Cause(ctx); errors.Is(cause, turns.ErrLost) {
		return cause
	}
	return nil
}

// idle waits for records.
func (t *turn) idle(ctx context.Context) {
	c, stop := t.options.Clock.After(t.options.Idle)
	defer stop()
	select {
	case <-c:
	case <-t.wake:
	case <-ctx.Done():
	}
}
