package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// outgoing returns the record with a place among those of a try.
func outgoing(id model.AttemptID, index int32) engine.Record {
	return engine.Record{
		Attempt: id, Task: 2, Try: 1, Index: index, Topic: "commands", Key: fmt.Sprint("key", index),
		Value: params.Of("n", int64(index)), Headers: params.Of("h", "x"), At: now + model.Instant(index),
	}
}

func (f *fixture) outbox(after store.OutboxID, n int) []store.Outgoing {
	f.Helper()
	list, err := f.store.Outbox(ctx, after, n)
	if err != nil {
		f.Fatalf("Outbox: %v", err)
	}
	return list
}

func (f *fixture) sent(ids ...store.OutboxID) {
	f.Helper()
	if err := f.store.Sent(ctx, ids); err != nil {
		f.Fatalf("Sent: %v", err)
	}
}

// wantOutbox checks which records are in the outbox, in order.
func (f *fixture) wantOutbox(want ...engine.Record) {
	f.Helper()
	var last store.OutboxID
	var records []engine.Record
	for _, o := range f.outbox(0, 1000) {
		if o.ID <= last {
			f.Errorf("record %d after %d", o.ID, last)
		}
		last = o.ID
		records = append(records, o.Record)
	}
	f.same("outbox", records, want)
}

func (f *fixture) wantPending(want store.Pending) {
	f.Helper()
	got, err := f.store.Pending(ctx)
	if err != nil {
		f.Fatalf("Pending: %v", err)
	}
	f.same("pending", got, want)
}

// These tests are about what tasks send.
var outboxTests = []test{
	{"it is told how much is in the outbox, and since when", func(f *fixture) {
		id := f.attempts(1)[0]
		f.wantPending(store.Pending{})
		f.commit(&store.Batch{Records: []engine.Record{outgoing(id, 1), outgoing(id, 2), outgoing(id, 3)}})
		f.wantPending(store.Pending{Records: 3, Oldest: now + 1})
		f.sent(f.outbox(0, 1)[0].ID)
		f.wantPending(store.Pending{Records: 2, Oldest: now + 2})
	}},
	{"records come in the order of their commits", func(f *fixture) {
		ids := f.attempts(2)
		empty := engine.Record{Attempt: ids[0], Task: 9, Try: 3, Topic: "\x00"}
		f.wantOutbox()
		f.commit(&store.Batch{Records: []engine.Record{outgoing(ids[1], 1), outgoing(ids[1], 0)}})
		f.wantCall("a record", func() { f.commit(&store.Batch{Records: []engine.Record{outgoing(ids[0], 0), empty}}) })
		f.wantOutbox(outgoing(ids[1], 1), outgoing(ids[1], 0), outgoing(ids[0], 0), empty)
	}},
	{"the outbox is read in parts", func(f *fixture) {
		id := f.attempts(1)[0]
		var all []engine.Record
		for i := range int32(5) {
			all = append(all, outgoing(id, i))
		}
		f.commit(&store.Batch{Records: all})
		var read []engine.Record
		var after store.OutboxID
		for {
			part := f.outbox(after, 2)
			if len(part) == 0 {
				break
			}
			for _, o := range part {
				after, read = o.ID, append(read, o.Record)
			}
		}
		f.same("all", read, all)
		f.same("none", len(f.outbox(0, 0))+len(f.outbox(0, -1)), 0)
	}},
	{"what was sent is gone", func(f *fixture) {
		id := f.attempts(1)[0]
		f.commit(&store.Batch{Records: []engine.Record{outgoing(id, 0), outgoing(id, 1), outgoing(id, 2)}})
		list := f.outbox(0, 9)
		f.sent(list[2].ID, list[0].ID, 99)
		f.sent(list[0].ID)
		f.sent()
		f.wantOutbox(outgoing(id, 1))
		f.commit(&store.Batch{Records: []engine.Record{outgoing(id, 3)}})
		if again := f.outbox(list[2].ID, 9); len(again) != 1 {
			f.Errorf("the id of the next record is not above those of others: %+v", f.outbox(0, 9))
		}
	}},
	{"records of a topic are forgotten, the oldest first", func(f *fixture) {
		id := f.attempts(1)[0]
		other := outgoing(id, 1)
		other.Topic = "commands2"
		f.commit(&store.Batch{Records: []engine.Record{outgoing(id, 0), other, outgoing(id, 2), outgoing(id, 3)}})
		list := f.outbox(0, 9)
		drop := func(topic string, n int, want ...store.OutboxID) {
			f.Helper()
			ids, err := f.store.DropTopic(ctx, topic, n)
			must(f, err)
			f.same("dropped of "+topic, ids, want)
		}
		drop("none", 9)
		drop("", 9)
		drop("commands", 0)
		drop("commands", 2, list[0].ID, list[2].ID)
		f.wantOutbox(other, outgoing(id, 3))
		drop("commands", 2, list[3].ID)
		drop("commands", 2)
		f.wantOutbox(other)
	}},
	{"a record that is there stays", func(f *fixture) {
		id := f.attempts(1)[0]
		b := &store.Batch{Records: []engine.Record{outgoing(id, 0), outgoing(id, 1)}}
		f.commit(b)
		before := f.outbox(0, 9)
		b.Records = append(b.Records, outgoing(id, 2), outgoing(id, 2))
		f.commit(b)
		f.same("those before", f.outbox(0, 9)[:2], before)
		f.wantOutbox(outgoing(id, 0), outgoing(id, 1), outgoing(id, 2))
	}},
	{"an attempt stays while a record of it is to be sent", func(f *fixture) {
		f.endedAt(f.start("a"), old)
		f.endedAt(f.start("b"), old)
		f.commit(&store.Batch{Records: []engine.Record{outgoing(1, 0)}})
		f.wantPruned("while it waits", 2)
		f.sent(f.outbox(0, 1)[0].ID)
		f.wantPruned("when it is sent", 1)
	}},
	{"a fenced owner sends nothing", func(f *fixture) {
		_, ids := f.owned("a", 1)
		b := &store.Batch{Owner: "b", Epoch: f.lease("b"), Records: []engine.Record{outgoing(ids[0], 0)}}
		f.wantCode("commit", f.store.Commit(ctx, b), model.Conflict)
		f.wantOutbox()
	}},
}
