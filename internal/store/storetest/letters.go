package storetest

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// These tests are about messages that nobody waits for yet.
var earlyTests = []test{
	{"a task that begins to listen gets early messages in order", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.deliver(message(1, about("a")), message(2, about("b")), message(3, about("c")), message(4, about("a"), about("c")))
		f.wantCall("an opening", func() {
			f.commit(&store.Batch{Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[0], 2, now, to("c"), to("a"))}})
		})
		f.wantGot(ids[0], got{2, 1}, got{2, 3}, got{2, 4})
		f.wantKept([]int64{2}, nil)
		f.deliver(message(5, about("a")))
		f.wantGot(ids[0], got{2, 1}, got{2, 3}, got{2, 4}, got{2, 5})
	}},
	{"an early message is given to the first that opens", func(f *fixture) {
		ids := f.attempts(3)
		f.deliver(message(1, about("a"), about("b")), message(2, about("b")))
		f.listen(listening(ids[0], 1, now, to("a")))
		f.listen(listening(ids[1], 1, now, to("b")))
		f.wantGot(ids[0], got{1, 1})
		f.wantGot(ids[1], got{1, 2})
		f.deliver(message(3, about("c")), message(4, about("c"), about("d")), message(5, about("d")))
		f.listen(listening(ids[0], 5, now+1, to("c")), listening(ids[2], 1, now, to("d")), listening(ids[1], 5, now, to("c")), listening(ids[1], 4, now, one("c")))
		f.wantGot(ids[0], got{1, 1})
		f.wantGot(ids[1], got{1, 2}, got{4, 3}, got{4, 4})
		f.wantGot(ids[2], got{1, 5})
	}},
	{"a key that a task has listened to before opens nothing", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("a")))
		f.deliver(message(1, about("b")))
		f.listen(listening(id, 1, now+1, one("a")))
		f.wantGot(id)
		f.listen(listening(id, 1, now+1, one("a"), one("b")))
		f.wantGot(id, got{1, 1})
	}},
	{"who is released with early messages is woken by them", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		f.deliver(message(1, about("17")))
		f.commit(&store.Batch{
			Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[0], 1, now, to("17")), listening(ids[1], 1, now, to("18"))},
			Release: []store.Release{{Attempt: ids[0], Wake: model.Never}, {Attempt: ids[1], Wake: model.Never}},
		})
		f.wantWake(ids[0], 0)
		f.wantWake(ids[1], model.Never)
		f.wantGot(ids[0], got{1, 1})
	}},
	{"who has no owner is woken by them", func(f *fixture) {
		_, ids := f.sleeping(model.Never)
		f.deliver(message(1, about("17")))
		f.listen(listening(ids[0], 1, now, to("17")))
		f.wantWake(ids[0], 0)
	}},
	{"of too many early messages the last are dead letters", func(f *fixture) {
		few := func(n int, keys ...store.MessageKey) store.Message {
			m := message(n, keys...)
			m.Early.Most = 2
			return m
		}
		f.same("outcomes", f.deliver(few(1, about("a")), few(2, about("a"), about("b")), few(3, about("a")), few(4, about("b"))),
			[]store.Delivered{early, early, dead, early})
		f.same("then", f.deliver(few(5, about("c"), about("b")), few(6, about("c")), message(7, about("b"))), []store.Delivered{dead, early, early})
		f.wantKept([]int64{1, 2, 4, 6, 7}, []int64{3, 5})
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("a")))
		f.listen(listening(id, 1, now))
		f.same("when there is room", f.deliver(few(8, about("a"))), []store.Delivered{early})
	}},
	{"a thousand may be early if nothing is said", func(f *fixture) {
		var messages []store.Message
		for n := range store.DefaultEarly + 1 {
			messages = append(messages, message(n, about("a")))
		}
		outcomes := f.deliver(messages...)
		f.same("the last two", outcomes[len(outcomes)-2:], []store.Delivered{early, dead})
	}},
	{"an early message whose time is over is a dead letter", func(f *fixture) {
		id := f.attempts(1)[0]
		soon := func(n int, at model.Instant) store.Message {
			m := message(n, about("17"))
			m.Early.Expires = at
			return m
		}
		f.deliver(soon(1, now+3), soon(2, now+1), soon(3, now+2), soon(4, now+9))
		f.same("before", f.expire(now, 9), store.Expiry{Next: now + 1})
		f.same("two of them", f.expire(now+3, 2), store.Expiry{Letters: 2, Next: now + 3})
		f.wantKept([]int64{1, 4}, []int64{2, 3})
		f.same("the third", f.expire(now+3, 2), store.Expiry{Letters: 1, Next: now + 9})
		f.same("none", f.expire(now+3, 2), store.Expiry{Next: now + 9})
		first := walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})[0]
		f.same("letter", first, store.Letter{
			ID: 1, Topic: topic, Source: "m1", Keys: []store.MessageKey{about("17")}, Body: int64(1),
			Came: now, Expires: now + 3, Died: now + 3, Reason: store.ReasonExpired,
		})
		f.listen(listening(id, 1, now, to("17")))
		f.wantGot(id, got{1, 4})
		f.same("the end", f.expire(now+hour, 2), store.Expiry{Next: model.Never})
	}},
	{"sources that need not be remembered are forgotten", func(f *fixture) {
		var messages []store.Message
		for n := range 5 {
			m := known(n)
			m.Remember = now + model.Instant(n)
			messages = append(messages, m)
		}
		f.deliver(messages...)
		f.same("two", f.expire(now+3, 2), store.Expiry{Sources: 2, Next: now + 3})
		f.same("then", f.expire(now+3, 3), store.Expiry{Sources: 2, Next: model.Never})
		f.same("the last", f.delivery(store.Delivery{Messages: messages[3:], Now: now + 3}), []store.Delivered{dropped, duplicate})
	}},
	{"that a message will expire is told", func(f *fixture) {
		f.wantCall("an early message", func() { f.deliver(message(1, about("17"))) })
	}},
}

func (f *fixture) expire(at model.Instant, n int) store.Expiry {
	f.Helper()
	e, err := f.store.ExpireLetters(ctx, at, n)
	if err != nil {
		f.Fatalf("ExpireLetters: %v", err)
	}
	return e
}

func (f *fixture) resend(at model.Instant, ids ...store.LetterID) []store.Delivered {
	f.Helper()
	outcomes, err := f.store.Resend(ctx, ids, store.Early{Expires: now + 2*hour, Most: 3}, at)
	if err != nil || len(outcomes) != len(ids) {
		f.Fatalf("Resend: %v of %d letters, error %v", outcomes, len(ids), err)
	}
	return outcomes
}

// buried returns what a task buries at an instant.
func buried(id model.AttemptID, task model.TaskID, n int, at model.Instant) engine.Buried {
	return engine.Buried{
		Attempt: id, Task: task, Message: engine.Message{Source: fmt.Sprint("m", n), Topic: topic, Body: int64(n)},
		Reason: "no such item", At: at,
	}
}

// expired delivers messages that are dead letters at once.
func (f *fixture) expired(messages ...store.Message) {
	f.Helper()
	f.deliver(messages...)
	f.expire(now+hour, len(messages))
}

// These tests are about dead letters.
var letterTests = []test{
	{"what a task buries is a dead letter", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 3, now, to("17"), engine.Key{Topic: "other", Param: "p"}), listening(id, 4, now, to("18")))
		b := &store.Batch{
			Buried:    []engine.Buried{buried(id, 3, 1, now), buried(id, 3, 2, now), buried(id, 3, 1, now+1)},
			Listening: []engine.Listening{listening(id, 3, now, to("19"))},
		}
		b.Buried[0].Message.Body = params.Of("item", "\x00")
		f.commit(b)
		f.commit(b)
		list := walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})
		f.same("letters", len(list), 3)
		f.same("first", list[0], store.Letter{
			ID: list[0].ID, Topic: topic, Source: "m1", Keys: []store.MessageKey{about("17")}, Body: params.Of("item", "\x00"),
			Came: now, Died: now, Reason: "no such item", Attempt: id, Task: 3,
		})
		f.same("by key", f.letters(store.LetterFilter{Dead: true, Topic: topic, Param: "order", Value: "17"}), []int64{0, 2, 1})
	}},
	{"lists select by key", func(f *fixture) {
		key := func(param, value string) store.MessageKey { return store.MessageKey{Param: param, Value: value} }
		at := func(n int, topic string, keys ...store.MessageKey) store.Message {
			m := message(n, keys...)
			m.Topic = topic
			return m
		}
		messages := []store.Message{
			at(1, "a", key("p", "v")), at(2, "b", key("p", "v")), at(3, "a", key("q", "v"), key("p", "w")),
			at(4, "a", key("q", "w")), at(5, "a", key("p", "v"), key("p", "w"), key("q", "v")),
		}
		filters := map[store.LetterFilter][]int64{
			{}: {1, 2, 3, 4, 5}, {Topic: "a"}: {1, 3, 4, 5}, {Topic: "c"}: nil, {Topic: "a", Param: "p"}: {1, 3, 5},
			{Topic: "a", Param: "p", Value: "v"}: {1, 5}, {Topic: "b", Param: "p", Value: "v"}: {2}, {Topic: "a", Param: "q", Value: "w"}: {4},
		}
		for _, isDead := range []bool{false, true} {
			if f.deliver(messages...); isDead {
				f.expire(now+hour, 5)
			}
			for filter, want := range filters {
				filter.Dead = isDead
				f.same(fmt.Sprintf("%+v", filter), f.letters(filter), want)
			}
		}
		f.same("keys", walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9})[4].Keys, []store.MessageKey{key("p", "v"), key("p", "w"), key("q", "v")})
		for _, filter := range []store.LetterFilter{{Param: "p"}, {Value: "v"}, {Topic: "a", Value: "v"}} {
			_, _, err := f.store.ListLetters(ctx, filter, store.Page{})
			f.wantCode(fmt.Sprintf("%+v", filter), err, model.Invalid)
		}
	}},
	{"lists come in pages", func(f *fixture) {
		var messages []store.Message
		for n := range 5 {
			messages = append(messages, message(n, about(fmt.Sprint(n%2)), store.MessageKey{Param: "all", Value: "x"}))
		}
		f.deliver(messages...)
		for _, filter := range []store.LetterFilter{{}, {Topic: topic}, {Topic: topic, Param: "all"}, {Topic: topic, Param: "order", Value: "0"}} {
			wantPages(f, f.listLetters(filter), walk(f, f.listLetters(filter), store.Page{Limit: 9}))
		}
		f.wantSteadyLetters()
	}},
	{"a letter is sent again as if it had just come", func(f *fixture) {
		id := f.attempts(1)[0]
		f.expired(known(1, about("a")), known(2, about("b"), about("a")), known(3, about("c")), known(4, about("c")))
		f.listen(listening(id, 1, now, to("a")))
		f.wantCall("sending letters again", func() {
			f.same("outcomes", f.resend(now+hour, 3, 2, 9, 1, 1), []store.Delivered{early, taken(1), missing, taken(1), missing})
		})
		f.wantGot(id, got{1, 2}, got{1, 1})
		f.wantKept([]int64{3}, []int64{4})
		list := walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9})
		f.same("early one", list[0], store.Letter{
			ID: list[0].ID, Topic: topic, Source: "m3", Keys: []store.MessageKey{about("c")}, Body: int64(3), Came: now + hour, Expires: now + 2*hour,
		})
		f.same("an early one", f.resend(now, list[0].ID), []store.Delivered{missing})
		f.same("none", f.resend(now), []store.Delivered{})
	}},
	{"there may be too many letters that are sent again", func(f *fixture) {
		f.expired(message(1, about("a")), message(2, about("a")), message(3, about("a")), message(4, about("a")))
		f.same("outcomes", f.resend(now+hour, 1, 2, 3, 4), []store.Delivered{early, early, early, dead})
		f.wantKept([]int64{1, 2, 3}, []int64{4})
	}},
	{"what a task buried is sent again to it alone", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 1, now, to("17")), listening(ids[1], 1, now, to("17")))
		f.commit(&store.Batch{Buried: []engine.Buried{buried(ids[0], 1, 1, now), buried(ids[1], 1, 2, now)}})
		f.end(ids[1])
		list := walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})
		f.same("outcomes", f.resend(now, list[0].ID, list[1].ID), []store.Delivered{taken(1), dead})
		f.wantGot(ids[0], got{1, 1})
		f.wantGot(ids[1])
		f.wantKept(nil, []int64{2})
	}},
	{"what can't be read stays", func(f *fixture) {
		f.deliver(store.Message{Topic: topic, Source: "x", Unreadable: "why"})
		f.same("outcomes", f.resend(now, 1), []store.Delivered{dead})
		f.same("letters", len(f.letters(store.LetterFilter{Dead: true})), 1)
	}},
	{"a letter is sent again once", func(f *fixture) {
		id := f.attempts(1)[0]
		f.expired(message(1, about("17")))
		f.listen(listening(id, 1, now, to("17")))
		f.atOnce(func(int) error { f.resend(now, 1); return nil })
		f.wantGot(id, got{1, 1})
	}},
	{"letters can be dropped", func(f *fixture) {
		id := f.attempts(1)[0]
		f.expired(message(1, about("a")), message(2, about("a")))
		f.deliver(message(3, about("a")), message(4, about("a")))
		if err := f.store.DropLetters(ctx, []store.LetterID{3, 1, 9, 3}); err != nil {
			f.Fatal(err)
		}
		f.wantKept([]int64{4}, []int64{2})
		f.listen(listening(id, 1, now, to("a")))
		f.wantGot(id, got{1, 4})
		f.deliver(message(5, about("b")))
		f.same("next id", walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9})[0].ID, store.LetterID(5))
	}},
	{"old letters go", func(f *fixture) {
		f.deliver(message(1, about("a")), message(2, about("a")), message(3, about("a")), message(4, about("a")))
		f.expire(old-1, 9)
		f.same("none", f.expire(now+hour, 3).Letters, 3)
		f.same("kept for good", f.prune(store.Retention{}, 2), store.Pruned{})
		keep := store.Retention{Letters: time.Hour}
		f.same("kept for an hour", f.prune(keep, 2), store.Pruned{})
		p, _, err := f.store.Prune(ctx, keep, now+2*hour+1, store.Page{Limit: 2})
		if err != nil {
			f.Fatal(err)
		}
		f.same("two", p, store.Pruned{Letters: 2})
		f.wantKept([]int64{4}, []int64{3})
		p, next, err := f.store.Prune(ctx, keep, now+2*hour+1, store.Page{Limit: 2})
		if err != nil || next != "" {
			f.Fatalf("cursor %q, error %v", next, err)
		}
		f.same("the last", p, store.Pruned{Letters: 1})
	}},
	{"an attempt leaves nothing behind", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("17")))
		f.deliver(message(1, about("17")), message(2, about("18")))
		f.commit(&store.Batch{Buried: []engine.Buried{buried(id, 1, 1, old)}})
		f.endAt(id, old)
		f.wantPruned("pruned", id)
		f.wantKept([]int64{2}, nil)
		f.same("subscriptions", f.subscriptions(store.SubscriptionFilter{}), []store.Subscription(nil))
		f.same("letters of the key", f.letters(store.LetterFilter{Dead: true, Topic: topic, Param: "order", Value: "17"}), []int64(nil))
	}},
}

// wantSteadyLetters checks that what comes later moves no letter.
func (f *fixture) wantSteadyLetters() {
	f.Helper()
	wantSteady(f, f.listLetters(store.LetterFilter{}), func() { f.deliver(message(9, about("9"))) },
		func() []store.Letter { return walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 99}) })
}
