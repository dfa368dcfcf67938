// Package metrics counts what operators of a server want to know, and shows it
// in the text format of Prometheus. It is told what happens and asks nothing;
// only this package knows Prometheus. No label has the names of projects,
// workflows or tasks, so that the number of series does not depend on them.
package metrics

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
)

// Metrics are those of one process. The methods are safe for concurrent use
// and cost less than a microsecond each, Handler excepted.
type Metrics struct {
	clock clock.Clock
	mu    sync.Mutex
	shown []func(ctx context.Context, dst []byte) []byte

	attemptsStarted *number
	attemptsEnded   map[engine.AttemptState]*number
	attemptsRested  *number

	triesStarted *family[*number]
	triesEnded   *family[*number]
	triesTook    *family[*histogram]
	triesRunning *number
	families     sync.Map // of *triesOf by operator

	stepTook    *histogram
	batchEvents *histogram
	commitTook  *histogram
	storeErrors *family[*number]
	leases      *family[*number]

	slots     *family[*number]
	slotsLate *histogram
	pruned    *family[*number]

	messages *family[*number]
	topics   topics

	requests     *family[*number]
	requestsTook *family[*histogram]
}

// Buckets of histograms, in seconds: of what takes a moment, and of what may
// take hours.
var (
	moments = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	whiles  = []float64{.001, .01, .1, 1, 10, 60, 300, 900, 3600, 4 * 3600, 24 * 3600}
	delays  = []float64{.1, .5, 1, 2, 5, 10, 30, 60, 300, 900, 3600}
	sizes   = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536}
)

// New returns metrics of a program of that version. The clock measures how
// long things take.
func New(version string, c clock.Clock) *Metrics {
	m := &Metrics{clock: c}
	m.ofProgram(version)
	m.ofAttempts()
	m.ofTries()
	m.ofConductor()
	m.slots = m.counters("schedule_slots_total", "Slots of schedules that were due, by what became of them.", "outcome")
	m.slotsLate = m.histogram("schedule_lateness_seconds", "How late sessions of schedules were started.", delays)
	m.pruned = m.counters("retention_deleted_total", "Records that retention deleted.", "kind")
	m.messages = m.counters("messages_total", "Messages that were delivered, by what became of them.", "topic", "outcome")
	m.requests = m.counters("http_requests_total", "Requests that were answered.", "code", "method", "route")
	m.requestsTook = m.histograms("http_request_duration_seconds", "How long requests took.", moments, "route")
	return m
}

func (m *Metrics) ofAttempts() {
	m.attemptsStarted = m.counter("attempts_started_total", "Attempts that began.")
	m.attemptsRested = m.counter("attempts_released_total", "Attempts that only wait and were let go of until they are due.")
	ended := m.counters("attempts_ended_total", "Attempts that ended.", "state")
	m.attemptsEnded = make(map[engine.AttemptState]*number)
	for _, s := range []engine.AttemptState{engine.AttemptSuccess, engine.AttemptFailed, engine.AttemptKilled} {
		m.attemptsEnded[s] = ended.with(s.String())
	}
}

func (m *Metrics) ofTries() {
	m.triesStarted = m.counters("tries_started_total", "Tries that began to run.", "operator")
	m.triesEnded = m.counters("tries_ended_total", "Tries that ended.", "operator", "outcome")
	m.triesTook = m.histograms("try_duration_seconds", "How long tries ran.", whiles, "operator")
	m.triesRunning = m.gauge("tries_running", "Tries that run now, those that only compute included.")
}

func (m *Metrics) ofConductor() {
	m.stepTook = m.histogram("conductor_step_duration_seconds", "How long steps of the conductor took, their commits included.", moments)
	m.batchEvents = m.histogram("conductor_batch_events", "How many events were committed together.", sizes)
	m.commitTook = m.histogram("store_commit_duration_seconds", "How long commits of attempts took.", moments)
	m.storeErrors = m.counters("store_errors_total", "Calls of the database that failed.", "operation")
	m.leases = m.counters("lease_renewals_total", "Renewals of the lease of the conductor.", "result")
}

const prefix = "pawl_"

func (m *Metrics) counter(name, help string) *number { return m.counters(name, help).with() }

func (m *Metrics) counters(name, help string, labels ...string) *family[*number] {
	return numbers(m, head{prefix + name, help, "counter"}, labels)
}

func (m *Metrics) gauge(name, help string) *number {
	return numbers(m, head{prefix + name, help, "gauge"}, nil).with()
}

func numbers(m *Metrics, h head, labels []string) *family[*number] {
	return add(m, &family[*number]{head: h, labels: labels, empty: func() *number { return new(number) }})
}

func (m *Metrics) histogram(name, help string, bounds []float64) *histogram {
	return m.histograms(name, help, bounds).with()
}

func (m *Metrics) histograms(name, help string, bounds []float64, labels ...string) *family[*histogram] {
	return add(m, &family[*histogram]{
		head: head{prefix + name, help, "histogram"}, labels: labels,
		empty: func() *histogram { return newHistogram(bounds) },
	})
}

func add[S series](m *Metrics, f *family[S]) *family[S] {
	m.show(func(_ context.Context, dst []byte) []byte { return f.appendTo(dst) })
	return f
}

// show has what a function appends shown whenever somebody looks.
func (m *Metrics) show(what func(ctx context.Context, dst []byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shown = append(m.shown, what)
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		shown := slices.Clone(m.shown)
		m.mu.Unlock()
		var text []byte
		for _, what := range shown {
			text = what(r.Context(), text)
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(text) // who went away needs no answer
	})
}

// Committed counts what a commit of attempts says.
func (m *Metrics) Committed(b *store.Batch) {
	m.batchEvents.observe(float64(len(b.Events)))
	for i := range b.Events {
		if b.Events[i].Kind == engine.AttemptStarted {
			m.attemptsStarted.Add(1)
		}
	}
	if len(b.Release) > 0 {
		m.attemptsRested.Add(int64(len(b.Release)))
	}
}

// AttemptEnded counts an attempt that ended in that state.
func (m *Metrics) AttemptEnded(s engine.AttemptState) {
	if c, ok := m.attemptsEnded[s]; ok {
		c.Add(1)
	}
}

// Stepped counts a step of the conductor.
func (m *Metrics) Stepped(took time.Duration) { m.stepTook.observe(took.Seconds()) }

// Slot counts slots of a schedule that were due, by what became of them. Late is
// how long after its time one was started; negative where it was not.
func (m *Metrics) Slot(outcome string, n int, late time.Duration) {
	m.slots.with(outcome).Add(int64(n))
	if late >= 0 {
		m.slotsLate.observe(late.Seconds())
	}
}

// Pruned counts what retention deleted.
func (m *Metrics) Pruned(p *store.Pruned) {
	for kind, n := range map[string]int{
		"attempt": len(p.Attempts), "session": len(p.Sessions), "revision": len(p.Revisions),
		"project": len(p.Projects), "value": p.Values, "audit": p.Audit, "tick": p.Ticks,
	} {
		m.pruned.with(kind).Add(int64(n))
	}
}
