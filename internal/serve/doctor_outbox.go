package serve

import (
	"context"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/store"
)

// From then on, what waits to be sent is told of, and is a problem: the outbox keeps
// all that tasks and updates send until it is taken, however long nobody takes it.
const (
	outboxSlow  = time.Minute
	outboxStuck = time.Hour
	outboxLarge = 10_000
)

// outbox looks how much waits to be sent, and for how long.
func (d *doctor) outbox(ctx context.Context, of store.Store, now time.Time) {
	const check = "outbox"
	p, err := of.Pending(ctx)
	var first []store.Outgoing
	if err == nil {
		first, err = of.Outbox(ctx, 0, 1)
	}
	if err != nil {
		d.failed(check, err, "")
		return
	}
	if p.Records == 0 || len(first) == 0 {
		d.found(check, Fine, "", "no record waits to be sent")
		return
	}
	count, verb := strconv.Itoa(p.Records), "wait"
	switch {
	case p.Records >= store.MostPending:
		count = "at least " + count
	case p.Records == 1:
		count, verb = "1 record", "waits"
	}
	if p.Records > 1 {
		count += " records"
	}
	age := max(0, now.Sub(p.Oldest.Time()).Round(time.Second))
	grade := Fine
	switch {
	case age >= outboxStuck || p.Records >= outboxLarge:
		grade = Problem
	case age >= outboxSlow:
		grade = Note
	}
	hint := ""
	if grade != Fine {
		hint = "see that topic " + first[0].Topic + " takes records; `pawl outbox` lists what waits, and `pawl outbox drop --topic " + first[0].Topic + "` forgets that"
	}
	d.found(check, grade, hint, "%s %s to be sent, the oldest for %v, to topic %s", count, verb, age, first[0].Topic)
}
