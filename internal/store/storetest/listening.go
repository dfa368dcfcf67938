package storetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// These tests are about who waits for what.
var listenTests = []test{
	{"subscriptions replace those that their task had", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 1, now, to("a"), to("b")), listening(ids[0], 2, now, to("a")), listening(ids[1], 1, now, to("a")))
		f.listen(listening(ids[0], 1, now+1, to("b"), one("c")), listening(ids[1], 1, 0))
		f.same("of the first", f.subscriptions(store.SubscriptionFilter{Attempt: ids[0]}), slices.Concat(
			subscribed(ids[0], 2, now, to("a")), subscribed(ids[0], 1, now+1, to("b")), subscribed(ids[0], 1, now+1, one("c"))))
		f.same("of the second", f.subscriptions(store.SubscriptionFilter{Attempt: ids[1]}), []store.Subscription(nil))
	}},
	{"the last word on a task and a key counts", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("a")), listening(id, 2, now, one("a"), to("a")), listening(id, 1, now+1, to("c")))
		f.same("subscriptions", f.subscriptions(store.SubscriptionFilter{}), slices.Concat(
			subscribed(id, 2, now, to("a")), subscribed(id, 1, now+1, to("c"))))
	}},
	{"a key may become shared, and no longer", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 1, now, to("17")), listening(ids[1], 1, now, to("17")))
		f.listen(listening(ids[0], 1, now, one("17")), listening(ids[1], 1, now, one("17")))
		f.same("shared", f.deliver(message(1, about("17"))), []store.Delivered{taken(1)})
		f.listen(listening(ids[0], 1, now, to("17")))
		f.same("not shared", f.deliver(message(2, about("17"))), []store.Delivered{taken(2)})
	}},
	{"a new key takes the place of the old one in one commit", func(f *fixture) {
		id := f.attempts(1)[0]
		f.listen(listening(id, 1, now, to("old")))
		f.deliver(message(1, about("new")))
		f.listen(listening(id, 1, now, to("new")))
		f.same("outcomes", f.deliver(message(2, about("old")), message(3, about("new"))), []store.Delivered{early, taken(1)})
		f.wantGot(id, got{1, 1}, got{1, 3})
		f.wantKept([]int64{2}, nil)
	}},
	{"an attempt that has ended listens to nothing", func(f *fixture) {
		ids := f.attempts(3)
		f.listen(listening(ids[0], 1, now, to("17")), listening(ids[1], 1, now, to("17")))
		f.end(ids[0])
		f.same("outcomes", f.deliver(message(1, about("17"))), []store.Delivered{taken(1)})
		f.deliver(message(2, about("18")))
		f.listen(listening(ids[0], 2, now, to("18")))
		f.commit(&store.Batch{
			Attempts:  []engine.AttemptRow{{ID: ids[2], State: engine.AttemptFailed}},
			Listening: []engine.Listening{listening(ids[2], 2, now, to("18"))},
		})
		f.same("subscriptions", f.subscriptions(store.SubscriptionFilter{}), subscribed(ids[1], 1, now, to("17")))
		f.wantGot(ids[0])
		f.wantGot(ids[2])
		f.wantKept([]int64{2}, nil)
	}},
	{"a batch written twice opens and posts once", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		f.deliver(message(1, about("17")), message(2, about("18")))
		b := &store.Batch{Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[0], 1, now, to("17"))}}
		f.commit(b)
		f.commit(b)
		b.Listening = append(b.Listening, listening(ids[0], 2, now, to("18")))
		f.commit(b)
		f.wantGot(ids[0], got{1, 1}, got{2, 2})
		f.same("subscriptions", len(f.subscriptions(store.SubscriptionFilter{})), 2)
	}},
	{"lists are in order of topic and param, and then of waiting", func(f *fixture) {
		ids := f.attempts(2)
		key := func(topic, param string, one bool) engine.Key {
			return engine.Key{Topic: topic, Param: param, Value: "v", One: one}
		}
		f.listen(
			listening(ids[1], 1, now, key("b", "p", false), key("a", "q", false)),
			listening(ids[0], 2, now, key("a", "q", true), key("a", "p", true)),
			listening(ids[0], 1, now, key("a", "q", false), key("b", "p", true)),
			listening(ids[0], 3, now-1, key("a", "q", false)),
		)
		all := slices.Concat(
			subscribed(ids[0], 2, now, key("a", "p", true)), subscribed(ids[0], 3, now-1, key("a", "q", false)),
			subscribed(ids[0], 1, now, key("a", "q", false)), subscribed(ids[1], 1, now, key("a", "q", false)),
			subscribed(ids[0], 2, now, key("a", "q", true)), subscribed(ids[1], 1, now, key("b", "p", false)),
			subscribed(ids[0], 1, now, key("b", "p", true)),
		)
		for _, filter := range []store.SubscriptionFilter{
			{}, {Topic: "a"}, {Topic: "a", Param: "q"}, {Topic: "a", Param: "q", Value: "v"}, {Attempt: ids[0]}, {Attempt: ids[0], Topic: "a", Param: "q"},
			{Topic: "c"}, {Topic: "a", Param: "q", Value: "w"}, {Attempt: 99},
		} {
			var want []store.Subscription
			for _, s := range all {
				if (filter.Attempt == 0 || filter.Attempt == s.Attempt) && (filter.Topic == "" || filter.Topic == s.Key.Topic) &&
					(filter.Param == "" || filter.Param == s.Key.Param) && (filter.Value == "" || filter.Value == s.Key.Value) {
					want = append(want, s)
				}
			}
			wantPages(f, f.listSubscriptions(filter), want)
		}
		for _, filter := range []store.SubscriptionFilter{{Param: "p"}, {Value: "v"}, {Topic: "a", Value: "v"}} {
			_, _, err := f.store.ListSubscriptions(ctx, filter, store.Page{})
			f.wantCode(fmt.Sprintf("%+v", filter), err, model.Invalid)
		}
	}},
	{"who listens afresh gets what comes from then on, and leaves the rest to others", func(f *fixture) {
		ids := f.attempts(3)
		f.deliver(message(1, about("17")), message(2, about("18")))
		fresh := listening(ids[0], 1, now, to("17"))
		fresh.Fresh = true
		f.listen(fresh)
		f.listen(fresh)
		f.deliver(message(3, about("17")))
		fresh.Keys = []engine.Key{to("17"), to("18")}
		f.listen(fresh, listening(ids[1], 1, now+1, to("18")))
		f.wantGot(ids[0], got{1, 3})
		f.wantGot(ids[1], got{1, 2})
		f.wantKept([]int64{1}, nil)
		f.listen(listening(ids[2], 1, now, to("17")))
		f.wantGot(ids[2], got{1, 1})
	}},
	{"what opens while a message comes does not miss it", testOpeningWhileMessagesCome},
}

// testOpeningWhileMessagesCome has tasks that open subscriptions and messages
// for them meet, many times.
func testOpeningWhileMessagesCome(f *fixture) {
	const rounds = 40
	epoch, ids := f.owned("a", rounds)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i, id := range ids {
			b := &store.Batch{
				Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(id, 1, now, to(fmt.Sprint(i)))},
				Release: []store.Release{{Attempt: id, Wake: model.Never}},
			}
			if err := f.store.Commit(ctx, b); err != nil {
				f.Error(err)
			}
		}
	})
	wg.Go(func() {
		for i := range rounds {
			if _, err := f.store.Deliver(ctx, store.Delivery{Messages: []store.Message{message(i, about(fmt.Sprint(i)))}, Now: now}); err != nil {
				f.Error(err)
			}
		}
	})
	wg.Wait()
	for i, id := range ids {
		f.wantGot(id, got{1, int64(i)})
		f.wantWake(id, 0)
	}
	f.wantKept(nil, nil)
}
