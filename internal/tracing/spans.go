package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Attempt describes an attempt for its span.
type Attempt struct {
	ID int64
	// Session is the UUID of its session.
	Session  string
	Project  int64
	Workflow string
	// Name tells it from others of the session.
	Name    string
	Created time.Time
}

// AttemptSpan is the span of an attempt. It counts once End is called; one that
// is dropped was never there, and may be made again.
type AttemptSpan struct {
	tracer *Tracer
	ctx    context.Context
	span   trace.Span
}

// Attempt begins the span of an attempt.
func (t *Tracer) Attempt(a Attempt) *AttemptSpan {
	ctx := context.WithValue(context.Background(), identityKey{}, attemptIdentity(a.Session, a.ID))
	ctx, span := t.tracer.Start(ctx, a.Workflow, trace.WithTimestamp(a.Created), trace.WithNewRoot(), trace.WithAttributes(
		attribute.Int64("pawl.attempt", a.ID), attribute.String("pawl.session", a.Session),
		attribute.Int64("pawl.project", a.Project), attribute.String("pawl.workflow", a.Workflow),
		attribute.String("pawl.retry", a.Name),
	))
	return &AttemptSpan{t, ctx, span}
}

// End says when and in which state the attempt ended, and whether that is a
// failure.
func (s *AttemptSpan) End(at time.Time, state string, failed bool) {
	s.span.SetAttributes(attribute.String("pawl.state", state))
	if failed {
		s.span.SetStatus(codes.Error, state)
	}
	s.span.End(trace.WithTimestamp(at))
}

// Try begins the span of a try of a task, with a link to the span of a traceparent
// that led to it, if there is one. It returns the variables that tell
// the programs of the try where they belong, and what ends the span: with how
// the try ended, and the message of an error, or "".
func (s *AttemptSpan) Try(task, operator string, number int, cause string) (env []string, end func(outcome, failure string)) {
	options := []trace.SpanStartOption{trace.WithAttributes(
		attribute.String("pawl.task", task), attribute.String("pawl.operator", operator), attribute.Int("pawl.try", number),
	)}
	from := s.tracer.headers.Extract(context.Background(), propagation.MapCarrier{"traceparent": cause})
	if link := trace.LinkFromContext(from); link.SpanContext.IsValid() {
		options = append(options, trace.WithLinks(link))
	}
	ctx, span := s.tracer.tracer.Start(s.ctx, task, options...)
	carrier := propagation.MapCarrier{}
	s.tracer.headers.Inject(ctx, carrier)
	for _, name := range []struct{ header, variable string }{{"traceparent", "TRACEPARENT"}, {"tracestate", "TRACESTATE"}} {
		if v := carrier[name.header]; v != "" {
			env = append(env, name.variable+"="+v)
		}
	}
	return env, func(outcome, failure string) {
		span.SetAttributes(attribute.String("pawl.outcome", outcome))
		if failure != "" {
			span.SetStatus(codes.Error, failure)
		}
		span.End()
	}
}

// Request tells of a request that was answered, below the span that the client
// names. Its pattern is the route that it took, if any.
func (t *Tracer) Request(r *http.Request, status int, began time.Time, took time.Duration) {
	ctx := t.headers.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	name := r.Method
	if r.Pattern != "" {
		name += " " + r.Pattern
	}
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("http.route", r.Pattern),
		attribute.String("url.path", r.URL.Path), attribute.Int("http.response.status_code", status),
	))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	span.End(trace.WithTimestamp(began.Add(took)))
}
