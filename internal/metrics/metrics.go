// Package metrics counts what operators of a server want to know, and shows it
// in the format of Prometheus. It is told what happens and asks nothing; only
// this package knows Prometheus. No label has the names of projects,
// workflows or tasks, so that the number of series does not depend on them.
package metrics

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
)

// Metrics are those of one process. The methods are safe for concurrent use
// and cost less than a microsecond each, Handler excepted.
type Metrics struct {
	clock    clock.Clock
	registry *prometheus.Registry

	attemptsStarted prometheus.Counter
	attemptsEnded   map[engine.AttemptState]prometheus.Counter
	attemptsRested  prometheus.Counter

	triesStarted *prometheus.CounterVec
	triesEnded   *prometheus.CounterVec
	triesTook    *prometheus.HistogramVec
	triesRunning prometheus.Gauge
	families     sync.Map // of *family by operator

	stepTook    prometheus.Histogram
	batchEvents prometheus.Histogram
	commitTook  prometheus.Histogram
	storeErrors *prometheus.CounterVec
	leases      *prometheus.CounterVec

	slots     *prometheus.CounterVec
	slotsLate prometheus.Histogram
	pruned    *prometheus.CounterVec

	requests     *prometheus.CounterVec
	requestsTook *prometheus.HistogramVec
}

// Buckets of histograms, in seconds: of what takes a moment, and of what may
// take hours.
var (
	moments = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	whiles  = []float64{.001, .01, .1, 1, 10, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
	delays  = []float64{.1, .5, 1, 2, 5, 10, 30, 60, 300, 900, 3600}
	sizes   = prometheus.ExponentialBuckets(1, 4, 9)
)

// New returns metrics of a program of that version. The clock measures how
// long things take.
func New(version string, c clock.Clock) *Metrics {
	m := &Metrics{clock: c, registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.gauge("build_info", "The program that runs; always 1.", prometheus.Labels{
		"version": version, "goversion": runtime.Version(),
	}).Set(1)
	m.ofAttempts()
	m.ofTries()
	m.ofConductor()
	m.slots = m.counters("schedule_slots_total", "Slots of schedules that were due, by what became of them.", "outcome")
	m.slotsLate = m.histogram("schedule_lateness_seconds", "How late sessions of schedules were started.", delays)
	m.pruned = m.counters("retention_deleted_total", "Records that retention deleted.", "kind")
	m.requests = m.counters("http_requests_total", "Requests that were answered.", "route", "method", "code")
	m.requestsTook = m.histograms("http_request_duration_seconds", "How long requests took.", moments, "route")
	return m
}

func (m *Metrics) ofAttempts() {
	m.attemptsStarted = m.counter("attempts_started_total", "Attempts that began.")
	m.attemptsRested = m.counter("attempts_released_total", "Attempts that only wait and were let go of until they are due.")
	ended := m.counters("attempts_ended_total", "Attempts that ended.", "state")
	m.attemptsEnded = make(map[engine.AttemptState]prometheus.Counter)
	for _, s := range []engine.AttemptState{engine.AttemptSuccess, engine.AttemptFailed, engine.AttemptKilled} {
		m.attemptsEnded[s] = ended.WithLabelValues(s.String())
	}
}

func (m *Metrics) ofTries() {
	m.triesStarted = m.counters("tries_started_total", "Tries that began to run.", "operator")
	m.triesEnded = m.counters("tries_ended_total", "Tries that ended.", "operator", "outcome")
	m.triesTook = m.histograms("try_duration_seconds", "How long tries ran.", whiles, "operator")
	m.triesRunning = m.gauge("tries_running", "Tries that run now, those that only compute included.", nil)
}

func (m *Metrics) ofConductor() {
	m.stepTook = m.histogram("conductor_step_duration_seconds", "How long steps of the conductor took, their commits included.", moments)
	m.batchEvents = m.histogram("conductor_batch_events", "How many events were committed together.", sizes)
	m.commitTook = m.histogram("store_commit_duration_seconds", "How long commits of attempts took.", moments)
	m.storeErrors = m.counters("store_errors_total", "Calls of the database that failed.", "operation")
	m.leases = m.counters("lease_renewals_total", "Renewals of the lease of the conductor.", "result")
}

const prefix = "pawl_"

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) gauge(name, help string, labels prometheus.Labels) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + name, Help: help, ConstLabels: labels})
	m.registry.MustRegister(g)
	return g
}

func (m *Metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

func (m *Metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Committed counts what a commit of attempts says.
func (m *Metrics) Committed(b *store.Batch) {
	m.batchEvents.Observe(float64(len(b.Events)))
	for i := range b.Events {
		if b.Events[i].Kind == engine.AttemptStarted {
			m.attemptsStarted.Inc()
		}
	}
	if len(b.Release) > 0 {
		m.attemptsRested.Add(float64(len(b.Release)))
	}
}

// AttemptEnded counts an attempt that ended in that state.
func (m *Metrics) AttemptEnded(s engine.AttemptState) {
	if c, ok := m.attemptsEnded[s]; ok {
		c.Inc()
	}
}

// Stepped counts a step of the conductor.
func (m *Metrics) Stepped(took time.Duration) { m.stepTook.Observe(took.Seconds()) }

// Slot counts a slot of a schedule that was due, by what became of it. Late is
// how long after its time it was started; negative where it was not.
func (m *Metrics) Slot(outcome string, late time.Duration) {
	m.slots.WithLabelValues(outcome).Inc()
	if late >= 0 {
		m.slotsLate.Observe(late.Seconds())
	}
}

// Pruned counts what retention deleted.
func (m *Metrics) Pruned(p *store.Pruned) {
	for kind, n := range map[string]int{
		"attempt": len(p.Attempts), "session": len(p.Sessions), "revision": len(p.Revisions),
		"project": len(p.Projects), "value": p.Values, "audit": p.Audit,
	} {
		m.pruned.WithLabelValues(kind).Add(float64(n))
	}
}
