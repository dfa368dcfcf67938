package routing

import (
	"fmt"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/calls"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// returnedFor is how long it is remembered that a message was returned: a batch
// that is written again returns none twice.
const returnedFor = 7 * 24 * time.Hour

// Part tells the messages that tasks return from those that they bury.
func Part(list []engine.Buried) (buried, returned []engine.Buried) {
	isReturned := func(b engine.Buried) bool { return b.Message.Share != nil }
	if !slices.ContainsFunc(list, isReturned) {
		return list, nil
	}
	for _, b := range list {
		if isReturned(b) {
			returned = append(returned, b)
		} else {
			buried = append(buried, b)
		}
	}
	return buried, returned
}

// Left returns the messages among the posts that are left of attempts which a
// batch ends. That what they called has ended is of no use to anybody else.
func Left(posts []store.Post, ended []engine.AttemptRow) (list []engine.Buried) {
	at := make(map[model.AttemptID]model.Instant, len(ended))
	for i := range ended {
		at[ended[i].ID] = ended[i].Ended
	}
	for i := range posts {
		p := &posts[i]
		if p.Err != nil || p.Command.Kind != engine.Deliver || p.Command.Message == nil || p.Command.Message.Topic == calls.Topic {
			continue
		}
		list = append(list, engine.Buried{
			Attempt: p.Attempt, Task: p.Command.Task, Message: *p.Command.Message, At: at[p.Attempt],
			Reason: fmt.Sprintf("attempt %d ended before it read the message", p.Attempt),
		})
	}
	return list
}

// Return returns the mail of messages that tasks return, each as if it came when
// it is. It is for what is found after the batch is written that says so.
func Return(list []engine.Buried) *Mail {
	m := &Mail{Outcomes: make([]store.Delivered, len(list))}
	items := make([]item, len(list))
	for i := range list {
		b := &list[i]
		share := b.Message.Share
		items[i] = m.add(&store.Message{
			Topic: b.Message.Topic, Source: b.Message.Source, Keys: share.Keys, Body: b.Message.Body, Trace: b.Message.Trace,
			Early: share.Early, Remember: b.At.Add(returnedFor),
		})
		items[i].source = keyOf(b.Message.Topic, b.Message.Source, fmt.Sprint(b.Attempt, " ", b.Task, " ", b.At))
		items[i].whole = share.Whole
		if b.Reason != "" {
			items[i].returned = "nobody else waits for it: " + b.Reason
		}
		m.Sources = append(m.Sources, items[i].source)
	}
	m.Decide = func(l *Ledger) error {
		for i := range items {
			if at := list[i].At; l.knows(&items[i], at) {
				m.Outcomes[i] = store.Delivered{Outcome: store.Duplicate}
			} else {
				m.Outcomes[i] = l.route(&items[i], at)
			}
		}
		return nil
	}
	return m
}
