package metrics

import (
	"cmp"

	"github.com/pawlhq/pawl/internal/engine"
)

// outcomes are the names of how tries end.
var outcomes = map[engine.CommandKind]string{
	engine.Succeed: "success", engine.Fail: "failure", engine.WaitFor: "wait",
	engine.TryCancelled: "cancelled", engine.Lose: "lost",
}

// Outcome returns the name of how a try ended.
func Outcome(c engine.Command) string { return outcomes[c.Kind] }

// triesOf has the metrics of the tries of one operator.
type triesOf struct {
	started *number
	took    *histogram
	ended   map[engine.CommandKind]*number
}

// triesOf returns the metrics of an operator, which are made when it runs first.
func (m *Metrics) triesOf(operator string) *triesOf {
	if f, ok := m.families.Load(operator); ok {
		return f.(*triesOf)
	}
	f := &triesOf{
		started: m.triesStarted.with(operator), took: m.triesTook.with(operator),
		ended: make(map[engine.CommandKind]*number),
	}
	for kind, name := range outcomes {
		f.ended[kind] = m.triesEnded.with(operator, name)
	}
	kept, _ := m.families.LoadOrStore(operator, f)
	return kept.(*triesOf)
}

// Try counts a try that begins, and returns what counts how it ended. Operator
// is the name of a registered one, or empty where a task names none.
func (m *Metrics) Try(operator string) (ended func(engine.Command)) {
	f := m.triesOf(cmp.Or(operator, "unknown"))
	f.started.Add(1)
	m.triesRunning.Add(1)
	began := m.clock.Now()
	return func(c engine.Command) {
		m.triesRunning.Add(-1)
		f.took.observe(m.clock.Now().Sub(began).Seconds())
		if n, ok := f.ended[c.Kind]; ok {
			n.Add(1)
		}
	}
}
