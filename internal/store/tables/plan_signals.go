package tables

import (
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

// NewSignalPlan returns the plan of a batch, or nil if that says nothing of
// messages.
func NewSignalPlan(b *store.Batch) *SignalPlan {
	if len(b.Listening) == 0 && len(b.Records) == 0 && len(b.Buried) == 0 {
		return nil
	}
	p := &SignalPlan{Records: make([]RecordRow, len(b.Records)), Buried: make([]BuriedRow, len(b.Buried))}
	p.Tasks, p.Open = routing.Listening(b.Listening)
	for i := range b.Records {
		r := &b.Records[i]
		p.Records[i] = RecordRow{r, record.Value(r.Value), record.Map(r.Headers)}
	}
	for i := range b.Buried {
		m := &b.Buried[i].Message
		p.Buried[i] = BuriedRow{&b.Buried[i], bodyOf(m.Topic, m.Source, m.Body), routing.SourceOf(m.Topic, m.Source)}
	}
	return p
}

// Numbers reports whether writing the plan gives out numbers, or opens
// subscriptions, which is done by one at a time.
func (p *SignalPlan) Numbers() bool {
	return len(p.Open) > 0 || len(p.Records) > 0 || len(p.Buried) > 0
}
