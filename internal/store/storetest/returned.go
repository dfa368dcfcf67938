package storetest

import (
	"fmt"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// returned returns what a task says of a post that it gives back.
func returned(p store.Post, at model.Instant) engine.Buried {
	return engine.Buried{Attempt: p.Attempt, Task: p.Command.Task, Message: *p.Command.Message, Reason: "it ended", At: at}
}

// giveBack returns all that an attempt has in its inbox, where its tasks listen
// to nothing any more. It returns the batch that says so.
func (f *fixture) giveBack(id model.AttemptID) *store.Batch {
	f.Helper()
	b := &store.Batch{}
	for _, p := range f.load(id).Inbox {
		b.Buried, b.Consumed = append(b.Buried, returned(p, now)), append(b.Consumed, p.ID)
		b.Listening = append(b.Listening, listening(id, p.Command.Task, 0))
	}
	f.commit(b)
	return b
}

// These tests are about messages that tasks did not begin with.
var returnedTests = []test{
	{"a message that is returned goes to the next that waits", func(f *fixture) {
		ids := f.attempts(3)
		f.listen(listening(ids[0], 1, now, one("17")), listening(ids[1], 2, now+1, one("17")), listening(ids[2], 3, now, to("17")))
		f.deliver(message(1, about("17")), message(2, about("17"), about("18")))
		f.wantGot(ids[0], got{1, 1}, got{1, 2})
		b := f.giveBack(ids[0])
		f.wantGot(ids[0])
		f.wantGot(ids[1], got{2, 1}, got{2, 2})
		f.wantGot(ids[2], got{3, 1}, got{3, 2})
		f.commit(b) // as if its answer was lost
		f.giveBack(ids[1])
		f.commit(b)
		f.wantKept([]int64{1, 2}, nil)
		f.listen(listening(ids[0], 5, now, one("17")))
		f.wantGot(ids[0], got{5, 1}, got{5, 2})
		f.wantKept(nil, nil)
	}},
	{"a message that is posted to an attempt that ends goes to the next that waits", func(f *fixture) {
		ids := f.attempts(3)
		f.listen(listening(ids[0], 1, now, one("17")), listening(ids[1], 2, now+1, one("17")), listening(ids[2], 3, now, to("17")))
		f.deliver(message(1, about("17")), message(2, about("17")))
		if err := f.store.Post(ctx, []store.Post{{Attempt: ids[0], Command: engine.Command{Kind: engine.Kill}}}); err != nil {
			f.Fatal(err)
		}
		f.wantCall("the end", func() { f.end(ids[0]) })
		f.wantGot(ids[0])
		f.wantGot(ids[1], got{2, 1}, got{2, 2})
		f.wantGot(ids[2], got{3, 1}, got{3, 2})
		f.end(ids[0], ids[2])
		f.wantGot(ids[1], got{2, 1}, got{2, 2})
		list := walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})
		f.same("dead letters", len(list), 2)
		f.same("copy", list[0], store.Letter{
			ID: list[0].ID, Topic: topic, Source: "m1", Keys: []store.MessageKey{about("17")}, Body: int64(1), Came: now, Died: now,
			Reason: fmt.Sprintf("attempt %d ended before it read the message", ids[2]), Attempt: ids[2], Task: 3,
		})
	}},
	{"a message that an attempt brings goes to who waits, once, or is dropped", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 1, now, to("17")))
		bring := func(n int, about store.MessageKey) *store.Batch {
			m := engine.Message{Topic: topic, Source: fmt.Sprint("m", n), Body: int64(n), Share: &engine.Share{Whole: true, Keys: []engine.MessageKey{about}}}
			return &store.Batch{Buried: []engine.Buried{{Attempt: ids[1], Message: m, At: now}}}
		}
		for range 2 { // as if its answer was lost
			f.commit(bring(1, about("17")))
			f.commit(bring(2, about("18")))
		}
		f.wantGot(ids[0], got{1, 1})
		f.wantKept(nil, nil)
	}},
	{"what the commit consumes is not returned", func(f *fixture) {
		epoch, ids := f.owned("a", 2)
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[0], 1, now, one("17")), listening(ids[1], 1, now+1, one("17"))}})
		f.deliver(message(1, about("17")), message(2, about("17")))
		b := &store.Batch{
			Owner: "a", Epoch: epoch, Consumed: ids2(f.load(ids[0]).Inbox)[:1],
			Attempts: []engine.AttemptRow{{ID: ids[0], State: engine.AttemptSuccess, Ended: now}},
		}
		f.commit(b)
		f.commit(b)
		f.wantGot(ids[1], got{1, 2})
		f.wantKept(nil, nil)
	}},
	{"a message that was early is early again, with its rules", func(f *fixture) {
		ids := f.attempts(2)
		short := message(1, about("17"), about("18"))
		short.Early, short.Trace = store.Early{Expires: now + second, Most: 1}, "00-1"
		f.deliver(short)
		f.listen(listening(ids[0], 1, now, to("17")))
		f.same("trace", f.load(ids[0]).Inbox[0].Command.Message.Trace, "00-1")
		f.giveBack(ids[0])
		f.wantKept([]int64{1}, nil)
		next := message(2, about("18"))
		next.Early.Most = 1
		f.same("too many", f.deliver(next), []store.Delivered{dead})
		letter := walk(f, f.listLetters(store.LetterFilter{}), store.Page{Limit: 9})[0]
		f.same("expires", []any{letter.Expires, letter.Trace}, []any{now + second, "00-1"})
		f.listen(listening(ids[1], 1, now, to("17"), to("18")), listening(ids[1], 2, now+1, to("18")))
		f.wantGot(ids[1], got{1, 1})
	}},
	{"a message that was early goes to all who listen when it is returned", func(f *fixture) {
		ids := f.attempts(3)
		f.deliver(message(1, about("17")))
		f.listen(listening(ids[0], 1, now, to("17")))
		f.listen(listening(ids[1], 1, now, to("17")), listening(ids[2], 1, now, one("17")))
		f.giveBack(ids[0])
		f.wantGot(ids[1], got{1, 1})
		f.wantGot(ids[2], got{1, 1})
		f.giveBack(ids[2])
		f.wantKept([]int64{1}, nil)
	}},
	{"a message that is returned and can't be kept is a dead letter", func(f *fixture) {
		ids := f.attempts(2)
		f.listen(listening(ids[0], 1, now, one("17")))
		passing, drop := message(1, about("17")), about("17")
		passing.Early = store.Early{}
		drop.Drop = true
		f.deliver(passing, message(2, drop))
		f.giveBack(ids[0])
		f.wantKept(nil, []int64{1, 2})
		list := walk(f, f.listLetters(store.LetterFilter{Dead: true}), store.Page{Limit: 9})
		f.same("reason", list[0].Reason, "nobody else waits for it: it ended")
		f.listen(listening(ids[1], 1, now, to("17")))
		f.same("again", f.resend(now, list[0].ID, list[1].ID), []store.Delivered{taken(1), taken(1)})
		f.wantGot(ids[1], got{1, 1}, got{1, 2})
	}},
	{"who takes a message back wakes up for it", func(f *fixture) {
		epoch, ids := f.sleeping(model.Never, model.Never)
		f.listen(listening(ids[0], 1, now, one("17")), listening(ids[1], 1, now+1, one("17")))
		f.deliver(message(1, about("17")))
		f.wantCall("a return", func() { f.giveBack(ids[0]) })
		f.same("claimed", f.claim("a", epoch, now, 9), ids)
		f.giveBack(ids[1])
		f.commit(&store.Batch{Owner: "a", Epoch: epoch, Release: []store.Release{{Attempt: ids[0], Wake: model.Never}}})
		f.commit(&store.Batch{
			Owner: "a", Epoch: epoch, Listening: []engine.Listening{listening(ids[1], 1, now, one("17"))},
			Release: []store.Release{{Attempt: ids[1], Wake: model.Never}},
		})
		f.wantWake(ids[1], 0)
	}},
	{"what ends while messages come loses none", testEndingWhileMessagesCome},
}

// testEndingWhileMessagesCome has attempts that end, one after the other, and
// messages that any of them may get meet, many times.
func testEndingWhileMessagesCome(f *fixture) {
	const rounds = 40
	ids := f.attempts(rounds + 1)
	for i, id := range ids {
		f.listen(listening(id, 1, now+model.Instant(i), one("17")))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, id := range ids[:rounds] {
			b := &store.Batch{Attempts: []engine.AttemptRow{{ID: id, State: engine.AttemptSuccess, Ended: now}}}
			if err := f.store.Commit(ctx, b); err != nil {
				f.Error(err)
			}
		}
	})
	wg.Go(func() {
		for i := range rounds {
			if _, err := f.store.Deliver(ctx, store.Delivery{Messages: []store.Message{message(i, about("17"))}, Now: now}); err != nil {
				f.Error(err)
			}
		}
	})
	wg.Wait()
	f.same("messages of the last", len(f.load(ids[rounds]).Inbox), rounds)
	f.wantKept(nil, nil)
}
