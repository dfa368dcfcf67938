package metrics

import (
	"context"
	"time"
)

// Load is what a server has to do at a moment.
type Load struct {
	// Driven are the attempts that it drives, Waiting those of them of which
	// nothing runs.
	Driven, Waiting int
	// Slots are the tries that can run at a time, Busy those that do and Queued
	// those that wait for a slot.
	Slots, Busy, Queued int
	// Archives counts the tries that used an archive, and Fetched those that
	// had to fetch it, since the server started.
	Archives, Fetched int64
}

// Watch shows what load returns, which is called whenever somebody looks. What
// it can't say within two seconds is left out.
func (m *Metrics) Watch(load func(context.Context) (Load, error)) {
	m.show(func(ctx context.Context, dst []byte) []byte {
		ctx, cancel := context.WithTimeout(ctx, loadWithin)
		defer cancel()
		l, err := load(ctx)
		if err != nil {
			return dst
		}
		for i := range loads {
			dst = loads[i].alone(dst, float64(loads[i].value(&l)))
		}
		return dst
	})
}

const loadWithin = 2 * time.Second

// loads are the metrics of a load.
var loads = []struct {
	head
	value func(*Load) int64
}{
	{head{prefix + "attempts_driven", "Attempts that this server drives.", "gauge"}, func(l *Load) int64 { return int64(l.Driven) }},
	{head{prefix + "attempts_waiting", "Driven attempts of which no task is with the runner.", "gauge"}, func(l *Load) int64 { return int64(l.Waiting) }},
	{head{prefix + "slots", "Tries that can run at a time.", "gauge"}, func(l *Load) int64 { return int64(l.Slots) }},
	{head{prefix + "slots_free", "Slots that nothing runs in.", "gauge"}, func(l *Load) int64 { return int64(l.Slots - l.Busy) }},
	{head{prefix + "tries_queued", "Tries that wait for a slot.", "gauge"}, func(l *Load) int64 { return int64(l.Queued) }},
	{head{prefix + "archive_uses_total", "Tries that used the archive of their revision.", "counter"}, func(l *Load) int64 { return l.Archives }},
	{head{prefix + "archive_cache_hits_total", "Uses of archives that were kept from an earlier try.", "counter"}, func(l *Load) int64 { return l.Archives - l.Fetched }},
}
