package main

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
	"github.com/pawlhq/pawl/internal/store/tables"
	"github.com/pawlhq/pawl/internal/workflow"
)

// exchange is what a workflow writes that waits for a message: until it waits, and
// from when the message has come.
type exchange struct {
	recording
	// post is the message as it is posted, and remembered is set where its name
	// is noted.
	post       []byte
	remembered bool
	after      []*tables.Plan
}

// recordExchange runs a workflow that waits once, and notes what that writes.
func recordExchange(w *workflow.Workflow) (*exchange, error) {
	x := &exchange{recording: recording{start: starting(w, "")}}
	x.start.Epoch, x.start.Params = 1, params.Of("order", orderOf(0))
	s := memory.New()
	waits, ended := make(chan struct{}), make(chan engine.AttemptState, 1)
	m, err := newMachine(s, observed(x.observe(waits, ended)))
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if _, _, err := m.conductor.StartAttempt(ctx, x.start); err != nil {
		return nil, err
	}
	<-waits
	message := messageFor(replies, 0, time.Now())
	x.post = record.Command(&engine.Command{Kind: engine.Deliver, Message: &engine.Message{
		Topic: message.Topic, Source: message.Source, Body: message.Body,
	}})
	if _, err := s.Deliver(ctx, store.Delivery{Now: model.InstantOf(time.Now()), Messages: []store.Message{message}}); err != nil {
		return nil, err
	}
	if state := <-ended; state != engine.AttemptSuccess {
		return nil, fmt.Errorf("an instance that has got its reply is %v", state)
	}
	return x, m.close()
}

// observe notes commits, closes waits with the one that begins the wait, and tells
// how it ended.
func (x *exchange) observe(waits chan<- struct{}, ended chan<- engine.AttemptState) func(*store.Batch) {
	waiting := false
	return func(b *store.Batch) {
		c := tables.NewPlan(clone(b))
		if waiting {
			x.after = append(x.after, c)
		} else {
			x.commits = append(x.commits, c)
		}
		if len(b.Listening) > 0 && !waiting {
			waiting = true
			close(waits)
		}
		if n := len(b.Attempts); n > 0 && b.Attempts[n-1].State.Done() {
			ended <- b.Attempts[n-1].State
		}
	}
}

// arrive returns the transactions of attempts whose messages come together: what a
// feeder writes, a claim, and the commits after it.
func (x *exchange) arrive(ids []int64, next int64) []transaction {
	posts, sources := rows{table: postsTable}, rows{table: sourcesTable}
	for _, id := range ids {
		posts.values = append(posts.values, []driver.Value{id, int64(1), x.post})
		if x.remembered {
			mark := routing.SourceOf(replies, orderOf(int(id)-1))
			sources.values = append(sources.values, []driver.Value{mark[:], next})
		}
	}
	offsets := rows{table: offsetsTable, values: [][]driver.Value{{"bench", []byte(replies), int64(0), next}}}
	all := []transaction{
		{inserts: []rows{offsets, sources, posts}, changes: []change{{"UPDATE attempts SET wake = 0 WHERE id", ids}}},
		{changes: []change{{"UPDATE attempts SET epoch = 1 WHERE id", ids}}},
	}
	for _, c := range x.after {
		all = append(all, commitOf(c, ids))
	}
	return all
}

// aboutMessages adds what only workflows with messages write.
func (t *transaction) aboutMessages(c *tables.Plan, ids []int64) {
	if len(c.Consumed) > 0 {
		t.changes = append(t.changes, change{"DELETE FROM posts WHERE attempt", ids})
	}
	if len(c.Release) > 0 {
		t.changes = append(t.changes, change{"UPDATE attempts SET epoch = 0, wake = 9223372036854775807 WHERE id", ids})
	}
	subscriptions, outbox := rows{table: subscriptionsTable}, rows{table: outboxTable}
	for _, l := range c.Listening {
		if len(l.Keys) == 0 {
			t.changes = append(t.changes, change{"DELETE FROM subscriptions WHERE attempt", ids})
		}
		for _, k := range l.Keys {
			for _, id := range ids {
				value := engine.Canonical(orderOf(int(id) - 1))
				mark := routing.KeyOf(k.Topic, k.Param, value)
				subscriptions.values = append(subscriptions.values, []driver.Value{
					id, int64(l.Task), mark[:], []byte(k.Topic), []byte(k.Param), []byte(value), int64(0), int64(l.Since),
				})
			}
		}
	}
	for _, r := range c.Records {
		for _, id := range ids {
			outbox.values = append(outbox.values, []driver.Value{
				id, int64(r.Task), int64(r.Try), int64(r.Index), []byte(r.Topic), []byte(r.Key), record.Value(r.Value), int64(1),
			})
		}
	}
	t.inserts = append(t.inserts, subscriptions, outbox)
}

var (
	postsTable         = &table{"posts", []string{"attempt", "task", "body"}, "iiy", ""}
	sourcesTable       = &table{"sources", []string{"mark", "expires"}, "yi", ""}
	outboxTable        = &table{"outbox", []string{"attempt", "task", "try", "place", "topic", "key", "value", "stored"}, "iiiiyyyi", ""}
	subscriptionsTable = &table{"subscriptions", []string{"attempt", "task", "mark", "topic", "param", "value", "one", "since"}, "iiyyyyii", ""}
	offsetsTable       = &table{"offsets", []string{"feeder", "topic", "number", "next"}, "tyii",
		" ON CONFLICT (feeder, topic, number) DO UPDATE SET next = excluded.next"}
)
