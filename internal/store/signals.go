package store

import (
	"context"
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Signals brings messages to the tasks that wait for them, and keeps what
// tasks send until it is sent. Who waits for what is written by Commit.
//
// A message goes to all tasks that listen to one of its keys, to each of them
// once; of those that share a key with One, to the one that has listened for
// longest (Since, then attempt, then task), for each such key. A message that
// nobody listens to is early: it is kept, in order, under all its keys, until
// a task begins to listen to one of them. The commit that says so posts it to
// that task, and it is gone from all its keys. An early message whose time is
// over, of which there are too many, or that can't be read or handled, is a
// dead letter.
//
// A message that a task alone has got, because of One or because it was early,
// and did not begin with before it took no more, is returned: the commit that
// says so gives it to the next that waits, as if it had just come. So it does
// with what was posted to an attempt that ends. Others have copies of their own,
// which end as dead letters.
type Signals interface {
	Feeding
	// DeliverTo is Deliver by one who drives attempts. In the same transaction, up to
	// Most of the attempts that get a message and that nobody owns are given to the
	// owner, as by Claim with ids, if they are of its pool and nothing holds them back.
	// It returns those, in order of id: nobody is told of them. Where an answer was lost
	// on the way, others of these attempts may be among them. An owner without a lease at
	// that epoch is given none.
	DeliverTo(ctx context.Context, d Delivery, to Claimant) ([]Delivered, []model.AttemptID, error)
	Letters
	Outbox
	// ListSubscriptions returns who waits for what: in order of topic and param,
	// those without One first, and then the longest waiting. An attempt that has
	// ended has no subscriptions.
	ListSubscriptions(ctx context.Context, f SubscriptionFilter, page Page) ([]Subscription, string, error)
	// Pending tells how much is in the outbox.
	Pending(ctx context.Context) (Pending, error)
	// DropTopic forgets up to n records of a topic, the oldest first, and returns which.
	DropTopic(ctx context.Context, topic string, n int) ([]OutboxID, error)
}

// Feeding takes messages in.
type Feeding interface {
	// Deliver routes messages in order, and notes how far their feeder has come,
	// all in one transaction. The outcomes are in the order of the messages.
	// What it posts is as by Post: an attempt without owner is to be woken at
	// once. It is a Conflict, and nothing happens, when the stored offset of a
	// partition is above From: another consumer has gone on from there. After an
	// error it may have been written if the store did not answer: with offsets, or
	// with messages that are remembered, it is safe to deliver again.
	Deliver(ctx context.Context, d Delivery) ([]Delivered, error)
	// Offsets returns how far a feeder has come, in order of topic and partition.
	// Next is what counts; From is zero.
	Offsets(ctx context.Context, feeder string) ([]Offset, error)
}

// Delivery is what a feeder brings at once.
type Delivery struct {
	// Feeder names whose Offsets they are; it is not needed without any.
	Feeder   string
	Offsets  []Offset
	Messages []Message
	// Now is when the messages have come.
	Now model.Instant
}

// Claimant drives attempts, and can take up some more.
type Claimant struct {
	Pool  Pool
	Owner string
	Epoch int64
	// Most is how many more. Zero is none.
	Most int
}

// Offset says how far a partition was read.
type Offset struct {
	Topic     string
	Partition int32
	// From is the first that this delivery has read, and Next the one to go on
	// with, which is not below From.
	From, Next int64
}

// Message is a message from outside.
type Message struct {
	Topic string
	// Source is what tells the message from all others of the topic.
	Source string
	// Remember is until when another message with that source and a Remember is a
	// duplicate. Zero is for what offsets tell apart.
	Remember model.Instant
	// Keys are what it is about. One without keys is dropped.
	Keys []MessageKey
	Body params.Value
	// Trace is the trace context that it came with, as in engine.Message.
	Trace string
	// Early says how it is kept if nobody waits for it.
	Early Early
	// Unreadable, if not empty, is why there are no keys and no body: Raw is what
	// came, and becomes a dead letter.
	Unreadable string
	Raw        []byte
}

// MessageKey is what a message is about.
type MessageKey = engine.MessageKey

// Early says how a message is kept that nobody waits for yet. Of a Most of zero
// it is DefaultEarly.
type Early = engine.Early

// ReasonExpired is why an early message became a dead letter when its time was
// over.
const ReasonExpired = "nobody waited for it in time"

// DefaultEarly is how many early messages a key may have if nothing is said.
const DefaultEarly = 1000

// Delivered says what became of a message.
type Delivered struct {
	Outcome Outcome
	// Tasks is how many have got it, if it was Taken.
	Tasks int
}

// Outcome is what may become of a message.
type Outcome uint8

// Outcomes.
const (
	// Taken is in the inboxes of tasks.
	Taken Outcome = iota + 1
	// KeptEarly waits for a task.
	KeptEarly
	// Dead is among the dead letters.
	Dead
	// Dropped is gone, as nobody waits for it and it is not to be kept.
	Dropped
	// Duplicate has come before; nothing was done.
	Duplicate
	// Missing was no dead letter any more when it was to be sent again.
	Missing
)

// String returns a word for o.
func (o Outcome) String() string {
	switch o {
	case Taken:
		return "taken"
	case KeptEarly:
		return "early"
	case Dead:
		return "dead"
	case Dropped:
		return "dropped"
	case Duplicate:
		return "duplicate"
	case Missing:
		return "missing"
	}
	return "unknown"
}

// LetterID numbers the messages that a store keeps, in the order in which it
// began to. No number is given again.
type LetterID int64

// Letter is a message that the store keeps: an early one, or a dead letter.
type Letter struct {
	ID            LetterID
	Topic, Source string
	// Keys are sorted by param and value, each once, without those with Drop. Of
	// a message that a task buried, they are those of its topic that the task
	// listened to.
	Keys []MessageKey
	Body params.Value
	// Trace is the trace context that it came with, or empty.
	Trace string
	// Raw, if not nil, is what could not be read: there is no Body.
	Raw []byte
	// Came is when the message was delivered, or buried.
	Came model.Instant
	// Expires is when an early one becomes a dead letter.
	Expires model.Instant
	// Died is when it became a dead letter, for the Reason; zero is not yet.
	Died   model.Instant
	Reason string
	// Attempt is that of the task that buried it, or zero.
	Attempt model.AttemptID
	Task    model.TaskID
}

// Letters keeps early messages and dead letters.
type Letters interface {
	// ListLetters returns letters that match, the oldest first.
	ListLetters(ctx context.Context, f LetterFilter, page Page) ([]Letter, string, error)
	// Resend routes dead letters anew, in the order given, as if they had just
	// come, and removes each in the same transaction. One that a task buried goes
	// to that task. One that can't be read, or whose task's attempt has ended,
	// stays: its outcome is Dead. Nobody looks for duplicates of them.
	Resend(ctx context.Context, ids []LetterID, early Early, now model.Instant) ([]Delivered, error)
	// DropLetters forgets letters. Those that are not there are passed over.
	DropLetters(ctx context.Context, ids []LetterID) error
	// ExpireLetters makes dead letters of early messages whose time is over, the
	// longest over first, and forgets sources that need not be remembered any
	// more, up to n of each. Until then an early message is kept, and a source is
	// remembered until its time only.
	ExpireLetters(ctx context.Context, now model.Instant, n int) (Expiry, error)
}

// LetterFilter selects letters. Empty texts match all; a Param needs a Topic,
// and a Value needs a Param: otherwise the list is Invalid.
type LetterFilter struct {
	// Dead selects dead letters instead of early messages.
	Dead                bool
	Topic, Param, Value string
}

// Expiry is what a call of ExpireLetters did.
type Expiry struct {
	// Letters and Sources count those that died and those that were forgotten.
	Letters, Sources int
	// Next is when there is something to do again: not after now if there is
	// more at once, or Never.
	Next model.Instant
}

// Subscription is a key that a task listens to.
type Subscription struct {
	Attempt model.AttemptID
	Task    model.TaskID
	Key     engine.Key
	// Since is when the task began to listen.
	Since model.Instant
	// Name is the full name of the task, and Deadline when its time limit passes, or
	// zero. They are known in lists alone.
	Name     string
	Deadline model.Instant
}

// SubscriptionFilter selects subscriptions; zero fields match all. A Param needs
// a Topic, and a Value needs a Param: otherwise the list is Invalid.
type SubscriptionFilter struct {
	Attempt             model.AttemptID
	Topic, Param, Value string
}

// OutboxID numbers records in the order of the commits that stored them.
type OutboxID int64

// Outgoing is a record on its way out. Attempt, Task, Try and Index name it for
// good: it may be stored and sent more than once. One without a task tells of the
// event of its attempt with the number Index.
type Outgoing struct {
	ID OutboxID
	engine.Record
}

// Name returns what names the record for good, however often it is sent, among
// those that installations with different names send to its topic.
func (o *Outgoing) Name(instance string) string {
	if o.Task == model.NoTask {
		return fmt.Sprintf("%s/%d/update/%d", instance, o.Attempt, o.Index)
	}
	return fmt.Sprintf("%s/%d/%d/%d/%d", instance, o.Attempt, o.Task, o.Try, o.Index)
}

// Outbox keeps what tasks send until it is sent.
type Outbox interface {
	// Outbox returns up to n records with an id above after, in order. None with
	// a lower id appears later.
	Outbox(ctx context.Context, after OutboxID, n int) ([]Outgoing, error)
	// Sent forgets records. Those that are not there are passed over.
	Sent(ctx context.Context, ids []OutboxID) error
}

// Pending is what is in an outbox.
type Pending struct {
	// Records is how many there are, of which no more than MostPending are
	// counted.
	Records int
	// Oldest is when the first of them was stored, or zero.
	Oldest model.Instant
}

// MostPending is how many records are counted.
const MostPending = 100_000
