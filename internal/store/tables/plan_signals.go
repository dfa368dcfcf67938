package tables

import (
	"slices"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// SignalPlan is what a batch says of messages, in the form that it is written
// in.
type SignalPlan struct {
	// Tasks are those whose subscriptions are replaced, in order, and Open all
	// that they have then.
	Tasks   []routing.Listener
	Open    []routing.Subscription
	Records []RecordRow
	Buried  []BuriedRow
	// Returned are routed when the rest is written.
	Returned []engine.Buried
}

// RecordRow is a record with its parts as they are stored.
type RecordRow struct {
	*engine.Record
	Stored, Headed []byte
}

// BuriedRow is a message with its body as it is stored, and what stands for its
// source.
type BuriedRow struct {
	*engine.Buried
	Body []byte
	Mark routing.Key
}

// NewSignalPlan returns the plan of a batch and of the messages that are left of
// the attempts that it ends, or nil if there is nothing about messages.
func NewSignalPlan(b *store.Batch, left []engine.Buried) *SignalPlan {
	if len(b.Listening) == 0 && len(b.Records) == 0 && len(b.Buried) == 0 && len(left) == 0 {
		return nil
	}
	buried, returned := routing.Part(slices.Concat(b.Buried, left))
	p := &SignalPlan{Records: make([]RecordRow, len(b.Records)), Buried: make([]BuriedRow, len(buried)), Returned: returned}
	p.Tasks, p.Open = routing.Listening(b.Listening)
	for i := range b.Records {
		r := &b.Records[i]
		p.Records[i] = RecordRow{r, record.Value(r.Value), record.Map(r.Headers)}
	}
	for i := range buried {
		m := &buried[i].Message
		p.Buried[i] = BuriedRow{&buried[i], bodyOf(m), routing.SourceOf(m.Topic, m.Source)}
	}
	return p
}

// Numbers reports whether writing the plan gives out numbers, or opens
// subscriptions, which is done by one at a time.
func (p *SignalPlan) Numbers() bool {
	return len(p.Open) > 0 || len(p.Records) > 0 || len(p.Buried) > 0 || len(p.Returned) > 0
}
