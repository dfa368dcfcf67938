package storetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

const topic = "orders"

// about returns a key of messages with an order.
func about(order string) store.MessageKey { return store.MessageKey{Param: "order", Value: order} }

// to returns the subscription that gets messages with an order.
func to(order string) engine.Key { return engine.Key{Topic: topic, Param: "order", Value: order} }

// one returns the subscription that shares messages with an order.
func one(order string) engine.Key { k := to(order); k.One = true; return k }

// message returns a message that a number tells apart. It is kept for an hour.
func message(n int, keys ...store.MessageKey) store.Message {
	return store.Message{
		Topic: topic, Source: fmt.Sprint("m", n), Keys: keys, Body: int64(n), Early: store.Early{Expires: now + hour},
	}
}

// known returns a message that is remembered for an hour.
func known(n int, keys ...store.MessageKey) store.Message {
	m := message(n, keys...)
	m.Remember = now + hour
	return m
}

// listening says what a task listens to since an instant.
func listening(id model.AttemptID, task model.TaskID, since model.Instant, keys ...engine.Key) engine.Listening {
	return engine.Listening{Attempt: id, Task: task, Since: since, Keys: keys}
}

// listen commits who listens to what.
func (f *fixture) listen(list ...engine.Listening) {
	f.Helper()
	f.commit(&store.Batch{Listening: list})
}

func (f *fixture) deliver(messages ...store.Message) []store.Delivered {
	f.Helper()
	return f.delivery(store.Delivery{Messages: messages, Now: now})
}

func (f *fixture) delivery(d store.Delivery) []store.Delivered {
	f.Helper()
	outcomes, err := f.store.Deliver(ctx, d)
	if err != nil || len(outcomes) != len(d.Messages) {
		f.Fatalf("Deliver: %v of %d messages, error %v", outcomes, len(d.Messages), err)
	}
	return outcomes
}

// taken is the outcome of a message that n tasks got.
func taken(n int) store.Delivered { return store.Delivered{Outcome: store.Taken, Tasks: n} }

var (
	early     = store.Delivered{Outcome: store.KeptEarly}
	dead      = store.Delivered{Outcome: store.Dead}
	dropped   = store.Delivered{Outcome: store.Dropped}
	duplicate = store.Delivered{Outcome: store.Duplicate}
	missing   = store.Delivered{Outcome: store.Missing}
)

// got is a message that a task has in its inbox.
type got struct {
	Task model.TaskID
	N    int64
}

// wantGot checks which messages an attempt has in its inbox, in order.
func (f *fixture) wantGot(id model.AttemptID, want ...got) {
	f.Helper()
	var list []got
	var last store.PostID
	for _, p := range f.load(id).Inbox {
		if p.Command.Kind != engine.Deliver || p.Err != nil || p.ID <= last {
			f.Errorf("attempt %d has post %d after %d: %+v, error %v", id, p.ID, last, p.Command, p.Err)
			continue
		}
		last = p.ID
		n, _ := p.Command.Message.Body.(int64)
		list = append(list, got{p.Command.Task, n})
		if m := p.Command.Message; m.Topic != topic || m.Source != fmt.Sprint("m", n) {
			f.Errorf("attempt %d has message %q of %q, want m%d of %s", id, m.Source, m.Topic, n, topic)
		}
	}
	f.same(fmt.Sprint("inbox of ", id), list, want)
}

// letters returns the numbers of the letters that match, the oldest first.
func (f *fixture) letters(filter store.LetterFilter) (list []int64) {
	f.Helper()
	for _, l := range walk(f, f.listLetters(filter), store.Page{Limit: 9}) {
		n, _ := l.Body.(int64)
		list = append(list, n)
	}
	return list
}

func (f *fixture) listLetters(filter store.LetterFilter) listing[store.Letter] {
	return func(page store.Page) ([]store.Letter, string, error) { return f.store.ListLetters(ctx, filter, page) }
}

// wantKept checks which messages are early, and which are dead letters.
func (f *fixture) wantKept(early, dead []int64) {
	f.Helper()
	f.same("early messages", f.letters(store.LetterFilter{}), early)
	f.same("dead letters", f.letters(store.LetterFilter{Dead: true}), dead)
}

func (f *fixture) subscriptions(filter store.SubscriptionFilter) []store.Subscription {
	f.Helper()
	return walk(f, f.listSubscriptions(filter), store.Page{Limit: 9})
}

func (f *fixture) listSubscriptions(filter store.SubscriptionFilter) listing[store.Subscription] {
	return func(page store.Page) ([]store.Subscription, string, error) {
		return f.store.ListSubscriptions(ctx, filter, page)
	}
}

// subscribed returns subscriptions of a task.
func subscribed(id model.AttemptID, task model.TaskID, since model.Instant, keys ...engine.Key) (list []store.Subscription) {
	for _, k := range keys {
		list = append(list, store.Subscription{Attempt: id, Task: task, Key: k, Since: since})
	}
	return list
}

// These tests are about messages that come.
var deliverTests = []test{
	{"a message goes to the task that waits for it", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 3, now, to("17")), listening(ids[1], 0, now, to("18")))
		f.same("outcomes", f.deliver(message(1, about("18")), message(2, about("17")), message(3, about("17"))),
			[]store.Delivered{taken(1), taken(1), taken(1)})
		f.wantGot(ids[0], got{3, 2}, got{3, 3})
		f.wantGot(ids[1], got{0, 1})
		f.wantKept(nil, nil)
	}},
	{"topic, param and value must all match", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		other := message(1, about("17"))
		other.Topic = "payments"
		f.same("outcomes", f.deliver(other, message(2, store.MessageKey{Param: "customer", Value: "17"}), message(3, about("1")), message(4, about("177"))),
			[]store.Delivered{early, early, early, early})
		f.wantGot(id)
	}},
	{"texts of messages may be any", func(f *fixture) {
		id := f.attempts(1)[0]
		odd := "\x00\xff" + string(make([]byte, 5000)) + "'"
		k := engine.Key{Topic: topic, Param: odd, Value: odd}
		f.listen(listening(id, 1, now, k))
		m := message(1, store.MessageKey{Param: odd, Value: odd})
		m.Source, m.Remember = odd, now+hour
		lone := message(2, about(odd))
		lone.Source = odd
		f.same("outcomes", f.deliver(m, m, lone), []store.Delivered{taken(1), duplicate, early})
		f.same("source", f.load(id).Inbox[0].Command.Message.Source, odd)
		f.same("subscriptions", f.subscriptions(store.SubscriptionFilter{Topic: topic, Param: odd, Value: odd}), subscribed(id, 1, now, k))
		list := walk(f, f.listLetters(store.LetterFilter{Topic: topic, Param: "order", Value: odd}), store.Page{Limit: 9})
		f.same("letters", len(list), 1)
	}},
	{"topics, keys and ids may be as long as their limits say", func(f *fixture) {
		id := f.attempts(1)[0]
		// texts that can't be made shorter than they are
		text := func(n int) string {
			b := make([]byte, n)
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			return string(b)
		}
		k := engine.Key{Topic: text(model.MaxTopic), Param: text(model.MaxParam), Value: text(model.MaxKeyValue)}
		f.listen(listening(id, 1, now, k))
		m := known(1, store.MessageKey{Param: k.Param, Value: k.Value})
		m.Topic, m.Source = k.Topic, text(model.MaxMessageID)
		early := m
		early.Source, early.Keys = text(model.MaxMessageID-1), []store.MessageKey{{Param: k.Param, Value: text(model.MaxKeyValue - 1)}}
		f.same("outcomes", f.deliver(m, m, early), []store.Delivered{taken(1), duplicate, {Outcome: store.KeptEarly}})
		f.same("subscriptions", f.subscriptions(store.SubscriptionFilter{Topic: k.Topic, Param: k.Param, Value: k.Value}), subscribed(id, 1, now, k))
	}},
	{"all who wait get a message, each task once", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[1], 2, now, to("17"), to("a"), to("b")), listening(ids[0], 1, now, to("17")), listening(ids[1], 1, now, to("b")))
		f.same("outcomes", f.deliver(message(1, about("b"), about("17"), about("a"), about("17")), message(2, about("b"))),
			[]store.Delivered{taken(3), taken(2)})
		f.wantGot(ids[0], got{1, 1})
		f.wantGot(ids[1], got{1, 1}, got{2, 1}, got{1, 2}, got{2, 2})
	}},
	{"of those who share a key the longest waiting gets a message", func(f *fixture) {
		ids := f.attempts(3)
		f.listen(listening(ids[2], 1, now-second, one("17")), listening(ids[0], 2, now, one("17")), listening(ids[1], 9, now-second, one("17")),
			listening(ids[1], 4, now-second, one("17")), listening(ids[2], 2, now, to("17")))
		f.same("outcomes", f.deliver(message(1, about("17")), message(2, about("17"), about("18"))), []store.Delivered{taken(2), taken(2)})
		f.wantGot(ids[1], got{4, 1}, got{4, 2})
		f.wantGot(ids[2], got{2, 1}, got{2, 2})
		f.listen(listening(ids[1], 4, 0))
		f.deliver(message(3, about("17")))
		f.end(ids[1])
		f.deliver(message(4, about("17")))
		f.listen(listening(ids[2], 1, now+second, one("17")))
		f.deliver(message(5, about("17")))
		f.wantGot(ids[0], got{2, 5})
		f.wantGot(ids[2], got{2, 1}, got{2, 2}, got{2, 3}, got{1, 1}, got{1, 2}, got{1, 3}, got{1, 4}, got{2, 4}, got{2, 5})
	}},
	{"of each shared key one gets a message", func(f *fixture) {
		ids := f.attempts(3)
		f.listen(listening(ids[0], 1, now, one("a"), one("b")), listening(ids[1], 1, now, one("b")), listening(ids[2], 1, now, one("c")))
		f.same("outcomes", f.deliver(message(1, about("a"), about("b"), about("c"))), []store.Delivered{taken(2)})
		f.wantGot(ids[0], got{1, 1})
		f.wantGot(ids[1])
		f.wantGot(ids[2], got{1, 1})
	}},
	{"who gets a message is woken", func(f *fixture) {
		epoch, ids := f.sleeping(model.Never, model.Never)
		f.listen(listening(ids[1], 1, now, to("17")))
		f.wantCall("a delivery", func() { f.deliver(message(1, about("17"))) })
		f.same("claimed", f.claim("a", epoch, now, 9), ids[1:])
	}},
	{"who is held back is not", func(f *fixture) {
		f.attempts(1)
		id := f.make(f.after("second", 1)).ID
		f.listen(listening(id, 1, now, to("17")))
		f.deliver(message(1, about("17")))
		f.wantWake(id, model.Never)
		f.end(1)
		f.wantWake(id, 0)
		f.wantGot(id, got{1, 1})
	}},
	{"what was delivered to an owner is posted to it", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[0], 7, now, to("17"))}})
		f.deliver(message(1, about("17")))
		posts := f.posted("a", epoch, 9)
		f.same("posts", ids64(posts), []int64{1})
		f.same("task", posts[0].Command.Task, model.TaskID(7))
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Consumed: ids2(posts)})
		f.wantGot(ids[0])
	}},
	{"a message that was remembered is a duplicate", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		f.same("first", f.deliver(known(1, about("17")), known(1, about("17")), known(2)), []store.Delivered{taken(1), duplicate, dropped})
		other := known(1, about("17"))
		other.Topic = "payments"
		f.same("again", f.deliver(known(1, about("18")), known(2, about("17")), other), []store.Delivered{duplicate, duplicate, early})
		later := store.Delivery{Messages: []store.Message{known(1, about("17"))}, Now: now + hour}
		later.Messages[0].Remember = now + 2*hour
		f.same("when it is forgotten", f.delivery(later), []store.Delivered{taken(1)})
		f.same("once more", f.delivery(later), []store.Delivered{duplicate})
		f.wantGot(id, got{1, 1}, got{1, 1})
	}},
	{"a message that is not remembered may come again", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		f.same("outcomes", f.deliver(message(1, about("17")), message(1, about("17")), known(1, about("17"))),
			[]store.Delivered{taken(1), taken(1), taken(1)})
	}},
	{"a message without keys is dropped, and so is one that is not to be kept", func(f *fixture) {
		passing := message(2, about("17"))
		passing.Early = store.Early{}
		drop := about("18")
		drop.Drop = true
		f.same("outcomes", f.deliver(message(1), passing, message(3, drop), message(4, drop, about("17"))),
			[]store.Delivered{dropped, dropped, dropped, early})
		f.wantKept([]int64{4}, nil)
		f.same("keys", walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9})[0].Keys, []store.MessageKey{about("17")})
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("18")))
		f.wantGot(id)
		f.same("to who waits", f.deliver(message(5, drop)), []store.Delivered{taken(1)})
	}},
	{"a message that can't be read is a dead letter", func(f *fixture) {
		bad := store.Message{Topic: topic, Source: "x", Remember: now + hour, Unreadable: "it is no JSON", Raw: []byte("{\x00\xff")}
		empty := store.Message{Topic: topic, Source: "y", Unreadable: "it is empty"}
		f.same("outcomes", f.deliver(bad, empty, message(1, about("17")), bad), []store.Delivered{dead, dead, early, duplicate})
		f.same("letters", walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9}), []store.Letter{
			{ID: 1, Topic: topic, Source: "x", Raw: bad.Raw, Came: now, Died: now, Reason: "it is no JSON"},
			{ID: 2, Topic: topic, Source: "y", Raw: []byte{}, Came: now, Died: now, Reason: "it is empty"},
		})
	}},
	{"deliveries at once are all routed", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		for i, err := range f.atOnce(func(i int) error {
			_, err := f.store.Deliver(ctx, store.Delivery{Messages: []store.Message{
				message(2*i, about("17")), known(99, about("17")), message(2*i+1, about("18"))}, Now: now})
			return err
		}) {
			if err != nil {
				f.Errorf("delivery %d: %v", i, err)
			}
		}
		f.same("posts", len(f.load(id).Inbox), many+1)
		f.same("early", len(f.letters(store.LetterFilter{})), many)
	}},
	{"the store keeps no reference to a delivery", func(f *fixture) {
		m, bad := message(1, about("17")), store.Message{Topic: topic, Unreadable: "why", Raw: []byte("raw")}
		f.deliver(m, bad)
		m.Keys[0].Value, bad.Raw[0] = "18", 'x'
		f.same("key", f.letters(store.LetterFilter{Topic: topic, Param: "order", Value: "17"}), []int64{1})
		f.same("raw", string(walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})[0].Raw), "raw")
	}},
	{"an empty delivery is no error", func(f *fixture) { f.delivery(store.Delivery{Now: now}) }},
}

func ids64(posts []store.Post) []int64 {
	return ids(posts, func(p store.Post) int64 { n, _ := p.Command.Message.Body.(int64); return n })
}

func ids2(posts []store.Post) []store.PostID { return ids(posts, postID) }

// offset returns how far a partition was read.
func offset(partition int32, from, next int64) store.Offset {
	return store.Offset{Topic: topic, Partition: partition, From: from, Next: next}
}

func (f *fixture) wantOffsets(feeder string, want ...store.Offset) {
	f.Helper()
	got, err := f.store.Offsets(ctx, feeder)
	if err != nil {
		f.Fatalf("Offsets(%s): %v", feeder, err)
	}
	f.same("offsets of "+feeder, got, want)
}

// These tests are about how far feeders have come.
var offsetTests = []test{
	{"a delivery moves offsets with its messages", func(f *fixture) {
		f.wantOffsets("kafka")
		f.delivery(store.Delivery{Feeder: "kafka", Offsets: []store.Offset{offset(1, 5, 7), offset(0, 0, 3)}, Messages: []store.Message{message(1, about("17"))}, Now: now})
		f.delivery(store.Delivery{Feeder: "other", Offsets: []store.Offset{offset(1, 0, 1), {Topic: "a", Partition: 9, Next: 1}}, Now: now})
		f.delivery(store.Delivery{Feeder: "kafka", Offsets: []store.Offset{offset(1, 7, 8), offset(0, 9, 9)}, Now: now})
		f.wantOffsets("kafka", offset(0, 0, 9), offset(1, 0, 8))
		f.wantOffsets("other", store.Offset{Topic: "a", Partition: 9, Next: 1}, offset(1, 0, 1))
		f.wantKept([]int64{1}, nil)
	}},
	{"who has lost a partition delivers nothing", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		f.delivery(store.Delivery{Feeder: "kafka", Offsets: []store.Offset{offset(0, 0, 5)}, Now: now})
		for _, from := range []int64{0, 4} {
			_, err := f.store.Deliver(ctx, store.Delivery{
				Feeder: "kafka", Offsets: []store.Offset{offset(1, 0, 9), offset(0, from, 9)}, Now: now,
				Messages: []store.Message{known(1, about("17")), message(2, about("18")), {Unreadable: "why"}},
			})
			f.wantCode(fmt.Sprint("from ", from), err, model.Conflict)
		}
		f.wantOffsets("kafka", offset(0, 0, 5))
		f.wantGot(id)
		f.wantKept(nil, nil)
		f.same("then", f.deliver(known(1, about("17"))), []store.Delivered{taken(1)})
	}},
	{"a partition is not read backwards", func(f *fixture) {
		_, err := f.store.Deliver(ctx, store.Delivery{Feeder: "kafka", Offsets: []store.Offset{offset(0, 5, 4)}, Now: now})
		f.wantCode("delivery", err, model.Invalid)
		_, err = f.store.Deliver(ctx, store.Delivery{Feeder: "kafka", Offsets: []store.Offset{offset(0, 0, 4), offset(0, 3, 5)}, Now: now})
		f.wantCode("twice the same", err, model.Conflict)
		f.wantOffsets("kafka")
	}},
	{"of those who read the same one goes on", func(f *fixture) {
		f.wantOne("Deliver", f.atOnce(func(int) error {
			_, err := f.store.Deliver(ctx, store.Delivery{
				Feeder: "kafka", Offsets: []store.Offset{offset(0, 0, 1)}, Now: now, Messages: []store.Message{message(1, about("17"))},
			})
			return err
		}))
		f.wantOffsets("kafka", offset(0, 0, 1))
		f.wantKept([]int64{1}, nil)
	}},
}
