package metrics

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pawlhq/pawl/internal/engine"
)

// outcomes are the names of how tries end.
var outcomes = map[engine.CommandKind]string{
	engine.Succeed: "success", engine.Fail: "failure", engine.WaitFor: "wait",
	engine.TryCancelled: "cancelled", engine.Lose: "lost",
}

// Outcome returns the name of how a try ended.
func Outcome(c engine.Command) string { return outcomes[c.Kind] }

// family has the metrics of the tries of one operator.
type family struct {
	started prometheus.Counter
	took    prometheus.Observer
	ended   map[engine.CommandKind]prometheus.Counter
}

// family returns the metrics of an operator, which are made when it runs first.
func (m *Metrics) family(operator string) *family {
	if f, ok := m.families.Load(operator); ok {
		return f.(*family)
	}
	f := &family{
		started: m.triesStarted.WithLabelValues(operator), took: m.triesTook.WithLabelValues(operator),
		ended: make(map[engine.CommandKind]prometheus.Counter),
	}
	for kind, name := range outcomes {
		f.ended[kind] = m.triesEnded.WithLabelValues(operator, name)
	}
	kept, _ := m.families.LoadOrStore(operator, f)
	return kept.(*family)
}

// Try counts a try that begins, and returns what counts how it ended. Operator
// is the name of a registered one, or empty where a task names none.
func (m *Metrics) Try(operator string) (ended func(engine.Command)) {
	f := m.family(cmp.Or(operator, "unknown"))
	f.started.Inc()
	m.triesRunning.Inc()
	began := m.clock.Now()
	return func(c engine.Command) {
		m.triesRunning.Dec()
		f.took.Observe(m.clock.Now().Sub(began).Seconds())
		if n, ok := f.ended[c.Kind]; ok {
			n.Inc()
		}
	}
}
