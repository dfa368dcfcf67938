package serve

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/executor"
	"github.com/pawlhq/pawl/internal/metrics"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/tracing"
)

// telemetry tells operators what a server does: by metrics, by the log and, if
// the environment asks for them, by traces.
type telemetry struct {
	journal journal
	metrics *metrics.Metrics
	traces  *traces // nil unless traces are asked for
}

func openTelemetry(ctx context.Context, cfg *Config) (*telemetry, error) {
	t := &telemetry{journal: journal{cfg.Log}, metrics: metrics.New(cfg.Version, clock.System{})}
	env := lookup(cfg.Env)
	if !tracing.Wanted(env) {
		return t, nil
	}
	tracer, err := tracing.Open(ctx, env, cfg.Version, func(err error) {
		cfg.Log.Warn("traces were not sent", "error", err)
	})
	if err != nil {
		return nil, err
	}
	t.traces = &traces{tracer: tracer}
	return t, nil
}

// lookup returns what finds the variables of an environment.
func lookup(env []string) func(string) string {
	return func(name string) string {
		for i := len(env) - 1; i >= 0; i-- {
			if v, ok := strings.CutPrefix(env[i], name+"="); ok {
				return v
			}
		}
		return ""
	}
}

func (t *telemetry) close() error {
	if t.traces == nil {
		return nil
	}
	return t.traces.tracer.Close()
}

// answered tells of a request.
func (t *telemetry) answered(a server.Answer) {
	t.metrics.Request(a.Request.Pattern, a.Request.Method, a.Status, a.Took)
	if t.traces != nil {
		t.traces.tracer.Request(a.Request, a.Status, a.Began, a.Took)
	}
}

// listeners are those of the daemon.
func (t *telemetry) listeners() []daemon.Listener {
	list := []daemon.Listener{t.journal.listener(), t.counting()}
	if t.traces != nil {
		list = append(list, t.traces.listener())
	}
	return list
}

// watch shows what the daemon has to do.
func (t *telemetry) watch(d *daemon.Daemon) {
	t.metrics.Watch(func(ctx context.Context) (metrics.Load, error) {
		l, err := d.Load(ctx)
		return metrics.Load{
			Driven: l.Driven, Waiting: l.Waiting, Slots: l.Jobs.Slots, Busy: l.Jobs.Busy, Queued: l.Jobs.Queued,
			Archives: l.Archives, Fetched: l.Fetched,
		}, err
	})
}

// counting feeds the metrics.
func (t *telemetry) counting() daemon.Listener {
	m := t.metrics
	return daemon.Listener{
		Committed: m.Committed,
		Left: func(_ *store.Attempt, end *engine.AttemptRow) {
			if end != nil {
				m.AttemptEnded(end.State)
			}
		},
		Try: func(_ *store.Attempt, t *executor.Try) ([]string, func(engine.Command)) {
			return nil, m.Try(t.Operator())
		},
		Fired: func(s conductor.Slot) {
			late := time.Duration(-1)
			if s.Outcome == conductor.SlotStarted {
				late = max(s.Late, 0)
			}
			m.Slot(s.Outcome.String(), s.Slots, late)
		},
		Stepped: m.Stepped,
		Pruned:  m.Pruned,
	}
}

// traces has the spans of the attempts that are driven.
type traces struct {
	tracer *tracing.Tracer
	spans  sync.Map // of *tracing.AttemptSpan by model.AttemptID
}

func (t *traces) listener() daemon.Listener {
	return daemon.Listener{Driven: t.driven, Left: t.left, Try: t.try}
}

func (t *traces) driven(a *store.Attempt) { t.spans.Store(a.ID, t.begin(a)) }

// begin begins the span of an attempt: the same as in any other process.
func (t *traces) begin(a *store.Attempt) *tracing.AttemptSpan {
	return t.tracer.Attempt(tracing.Attempt{
		ID: int64(a.ID), Session: a.Session.UUID, Project: int64(a.Session.Project), Workflow: a.Session.Workflow,
		Name: a.Name, Created: a.Created.Time(),
	})
}

func (t *traces) left(a *store.Attempt, end *engine.AttemptRow) {
	span, ok := t.span(a.ID)
	t.spans.Delete(a.ID)
	if ok && end != nil {
		span.End(end.Ended.Time(), end.State.String(), end.State != engine.AttemptSuccess)
	}
}

func (t *traces) span(id model.AttemptID) (*tracing.AttemptSpan, bool) {
	span, ok := t.spans.Load(id)
	if !ok {
		return nil, false
	}
	return span.(*tracing.AttemptSpan), true
}

func (t *traces) try(a *store.Attempt, try *executor.Try) ([]string, func(engine.Command)) {
	span, ok := t.span(a.ID)
	if !ok {
		span = t.begin(a) // which another process drives and ends
	}
	cause := ""
	if try.Message != nil {
		cause = try.Message.Trace
	}
	env, end := span.Try(try.Name, try.Operator(), int(try.ID.Try), cause)
	return env, func(c engine.Command) { end(metrics.Outcome(c), messageOf(c)) }
}

// messageOf returns the message of a try that failed. Secrets that the try has
// read are masked in it.
func messageOf(c engine.Command) string {
	if c.Kind != engine.Fail || c.Failure == nil {
		return ""
	}
	v, _ := c.Failure.Error.Get("message")
	text, _ := v.(string)
	return text
}
