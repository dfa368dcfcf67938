package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// RecordID is the header that names a record for good: INSTANCE/ATTEMPT/TASK/
// TRY/INDEX. A record may be sent more than once, with the same name.
const RecordID = "pawl-record-id"

// RelayOptions say how records are sent.
type RelayOptions struct {
	Connection
	// Instance names the installation in RecordID. Required.
	Instance string
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
	// Patience is how long brokers may take for what is sent at once; then its
	// topics count as if they had refused it. Defaults to 10 s.
	Patience time.Duration
}

// Defaults of relays, and bounds of what is sent at once.
const (
	defaultLease    = 15 * time.Second
	defaultIdle     = time.Second
	defaultPatience = 10 * time.Second

	roundRecords = 256
	roundBytes   = 16 << 20
)

// RelayStore is what a relay needs of a store.
type RelayStore interface {
	store.Outbox
	store.Owners
}

// Relay sends the records of an outbox to Kafka, those of one topic and key in
// their order, and removes them once all replicas that are in sync have them. A
// topic that refuses a record, or does not answer, keeps what comes after it in that
// topic waiting, and nothing else: each topic has a client of its own.
//
// Of all relays of a store, one works at a time: the one whose lease with the
// name RelayOwner stands. If it stood still for longer than its lease lasts, it
// may send some records again that its successor has sent: their names tell.
type Relay struct {
	options RelayOptions
	topics  map[string]*feed.Topic
	store   RelayStore
	wake    chan struct{}
}

// RelayOwner is the owner of the lease of the relay that works.
const RelayOwner = "relay of the outbox to kafka"

// NewRelay returns a relay of a store's outbox. What is wrong with the options is
// Invalid; it connects to nothing yet.
func NewRelay(o RelayOptions, of RelayStore) (*Relay, error) {
	o.Connection = o.Connection.withDefaults()
	if o.Instance == "" {
		return nil, model.Errorf(model.Invalid, "a relay to Kafka needs the name of the instance")
	}
	for at, def := range map[*time.Duration]time.Duration{&o.Lease: defaultLease, &o.Idle: defaultIdle, &o.Patience: defaultPatience} {
		if *at == 0 {
			*at = def
		}
	}
	r := &Relay{options: o, topics: make(map[string]*feed.Topic), store: of, wake: make(chan struct{}, 1)}
	for i := range o.Topics {
		r.topics[o.Topics[i].Name] = &o.Topics[i]
	}
	client, err := o.client() // finds what is wrong with the connection
	if err != nil {
		return nil, err
	}
	client.Close()
	return r, nil
}

// Wake has the relay look into the outbox soon. It does not wait.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // it is to look already
	}
}

// Run sends records until ctx ends, whenever it is this relay's turn, and
// returns nil then. It is called once.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		epoch, err := r.store.Lease(ctx, RelayOwner, 0, r.options.Lease)
		if err == nil {
			err = r.lead(ctx, epoch)
		}
		if err != nil && ctx.Err() == nil && model.CodeOf(err) != model.Conflict {
			r.options.Log.Warn("relay records to Kafka", "error", err)
		}
		r.rest(ctx, r.options.Lease/5)
	}
	return nil
}

// rest waits, but not for records.
func (r *Relay) rest(ctx context.Context, d time.Duration) {
	c, stop := r.options.Clock.After(d)
	defer stop()
	select {
	case <-c:
	case <-ctx.Done():
	}
}

var errLeaseLost = errors.New("the lease of the relay is lost")

// lead sends records while the lease stands, and gives it up at the end.
func (r *Relay) lead(parent context.Context, epoch int64) error {
	ctx, cancel := context.WithCancelCause(parent)
	renewed := make(chan struct{})
	go func() { // lead waits for it
		defer close(renewed)
		cancel(r.renew(ctx, epoch))
	}()
	err := r.work(ctx)
	cancel(nil)
	<-renewed
	ending, done := context.WithTimeout(context.WithoutCancel(parent), r.options.Lease)
	defer done()
	return errors.Join(err, r.store.EndLease(ending, RelayOwner, epoch))
}

// renew renews the lease until ctx ends, and returns why it can't any more. It
// gives up before others may take it for run out.
func (r *Relay) renew(ctx context.Context, epoch int64) error {
	until := r.options.Clock.Now().Add(r.options.Lease)
	for {
		r.rest(ctx, r.options.Lease/5)
		if ctx.Err() != nil {
			return nil
		}
		began := r.options.Clock.Now()
		call, done := context.WithTimeout(ctx, r.options.Lease/5)
		_, err := r.store.Lease(call, RelayOwner, epoch, r.options.Lease)
		done()
		switch {
		case err == nil:
			until = began.Add(r.options.Lease)
		case model.CodeOf(err) == model.Conflict, r.options.Clock.Now().After(until.Add(-2 * r.options.Lease / 5)):
			return fmt.Errorf("%w: %w", errLeaseLost, err)
		}
	}
}

// work sends records until ctx ends or the store fails.
func (r *Relay) work(ctx context.Context) error {
	client, err := r.options.client()
	if err != nil {
		return err
	}
	err = r.options.reach(ctx, client)
	client.Close()
	if err != nil {
		return err
	}
	s := sending{Relay: r, clients: make(map[string]*kgo.Client), held: make(map[string]*held)}
	ctx, cancel := context.WithCancel(ctx)
	defer s.close()
	defer cancel()
	for ctx.Err() == nil {
		more, err := s.round(ctx)
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if !more {
			s.idle(ctx)
		}
	}
	if cause := context.Cause(ctx); errors.Is(cause, errLeaseLost) {
		return cause
	}
	return nil
}

// idle waits for records.
func (s *sending) idle(ctx context.Context) {
	c, stop := s.options.Clock.After(s.options.Idle)
	defer stop()
	select {
	case <-c:
	case <-s.wake:
	case <-ctx.Done():
	}
}
