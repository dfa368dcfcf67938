package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
	m.registry.MustRegister(loads(load))
}

type loads func(context.Context) (Load, error)

const loadWithin = 2 * time.Second

func describe(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, nil, nil)
}

// gauges are those of a load.
var gauges = []struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*Load) float64
}{
	{describe("attempts_driven", "Attempts that this server drives."), prometheus.GaugeValue, func(l *Load) float64 { return float64(l.Driven) }},
	{describe("attempts_waiting", "Driven attempts of which no task is with the runner."), prometheus.GaugeValue, func(l *Load) float64 { return float64(l.Waiting) }},
	{describe("slots", "Tries that can run at a time."), prometheus.GaugeValue, func(l *Load) float64 { return float64(l.Slots) }},
	{describe("slots_free", "Slots that nothing runs in."), prometheus.GaugeValue, func(l *Load) float64 { return float64(l.Slots - l.Busy) }},
	{describe("tries_queued", "Tries that wait for a slot."), prometheus.GaugeValue, func(l *Load) float64 { return float64(l.Queued) }},
	{describe("archive_uses_total", "Tries that used the archive of their revision."), prometheus.CounterValue, func(l *Load) float64 { return float64(l.Archives) }},
	{describe("archive_cache_hits_total", "Uses of archives that were kept from an earlier try."), prometheus.CounterValue, func(l *Load) float64 { return float64(l.Archives - l.Fetched) }},
}

// Describe implements prometheus.Collector.
func (loads) Describe(to chan<- *prometheus.Desc) {
	for _, g := range gauges {
		to <- g.desc
	}
}

// Collect implements prometheus.Collector.
func (load loads) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), loadWithin)
	defer cancel()
	l, err := load(ctx)
	if err != nil {
		return
	}
	for _, g := range gauges {
		to <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(&l))
	}
}
