package otlp

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// encode writes the request that exports spans. Those of one resource, and of
// one scope, stand together if they come after each other.
func encode(spans []sdk.ReadOnlySpan) []byte {
	var m message
	for len(spans) > 0 {
		of := spans[0].Resource()
		n := run(spans, func(s sdk.ReadOnlySpan) bool { return s.Resource().Equal(of) })
		m.nest(1, func(m *message) { m.resourceSpans(of, spans[:n]) })
		spans = spans[n:]
	}
	return m
}

// run returns how many spans, from the first, are alike.
func run(spans []sdk.ReadOnlySpan, alike func(sdk.ReadOnlySpan) bool) int {
	if n := slices.IndexFunc(spans, func(s sdk.ReadOnlySpan) bool { return !alike(s) }); n >= 0 {
		return n
	}
	return len(spans)
}

func (m *message) resourceSpans(of *resource.Resource, spans []sdk.ReadOnlySpan) {
	m.nest(1, func(m *message) { m.attributes(1, of.Attributes()) })
	for len(spans) > 0 {
		scope := spans[0].InstrumentationScope()
		n := run(spans, func(s sdk.ReadOnlySpan) bool { return s.InstrumentationScope() == scope })
		m.nest(2, func(m *message) { m.scopeSpans(scope, spans[:n]) })
		spans = spans[n:]
	}
	m.text(3, of.SchemaURL())
}

func (m *message) scopeSpans(scope instrumentation.Scope, spans []sdk.ReadOnlySpan) {
	m.nest(1, func(m *message) {
		m.text(1, scope.Name)
		m.text(2, scope.Version)
		m.attributes(3, scope.Attributes.ToSlice())
	})
	for _, s := range spans {
		m.nest(2, func(m *message) { m.span(s) })
	}
	m.text(3, scope.SchemaURL)
}

func (m *message) span(s sdk.ReadOnlySpan) {
	m.context(s.SpanContext())
	if parent := s.Parent().SpanID(); parent.IsValid() {
		m.bytes(4, parent[:])
	}
	m.text(5, s.Name())
	m.number(6, kindOf(s.SpanKind()))
	m.instant(7, s.StartTime())
	m.instant(8, s.EndTime())
	m.attributes(9, s.Attributes())
	m.count(10, s.DroppedAttributes())
	for _, e := range s.Events() {
		m.nest(11, func(m *message) {
			m.instant(1, e.Time)
			m.text(2, e.Name)
			m.attributes(3, e.Attributes)
			m.count(4, e.DroppedAttributeCount)
		})
	}
	m.count(12, s.DroppedEvents())
	for _, l := range s.Links() {
		m.nest(13, func(m *message) {
			m.context(l.SpanContext)
			m.attributes(4, l.Attributes)
			m.count(5, l.DroppedAttributeCount)
			m.fixed32(6, flagsOf(l.SpanContext, l.SpanContext))
		})
	}
	m.count(14, s.DroppedLinks())
	m.nest(15, func(m *message) {
		m.text(2, s.Status().Description)
		m.number(3, statusOf(s.Status().Code))
	})
	m.fixed32(16, flagsOf(s.SpanContext(), s.Parent()))
}

// context writes which span it is, which links say in the same fields.
func (m *message) context(c trace.SpanContext) {
	id, span := c.TraceID(), c.SpanID()
	m.bytes(1, id[:])
	m.bytes(2, span[:])
	m.text(3, c.TraceState().String())
}

// flagsOf returns the flags of a span, and whether what comes before it is of
// another process, which is known.
func flagsOf(c, before trace.SpanContext) uint32 {
	flags := uint32(c.TraceFlags()) | 1<<8
	if before.IsRemote() {
		flags |= 1 << 9
	}
	return flags
}

func kindOf(k trace.SpanKind) uint64 {
	switch k {
	case trace.SpanKindServer:
		return 2
	case trace.SpanKindClient:
		return 3
	case trace.SpanKindProducer:
		return 4
	case trace.SpanKindConsumer:
		return 5
	}
	return 1 // internal
}

func statusOf(c codes.Code) uint64 {
	switch c {
	case codes.Ok:
		return 1
	case codes.Error:
		return 2
	}
	return 0
}

func (m *message) instant(field int, t time.Time) {
	if ns := t.UnixNano(); !t.IsZero() && ns > 0 {
		m.tag(field, wireFixed64)
		*m = binary.LittleEndian.AppendUint64(*m, uint64(ns))
	}
}

func (m *message) count(field, n int) {
	m.number(field, uint64(min(max(n, 0), math.MaxUint32)))
}

func (m *message) attributes(field int, list []attribute.KeyValue) {
	for _, kv := range list {
		m.nest(field, func(m *message) {
			m.text(1, string(kv.Key))
			m.nest(2, func(m *message) { m.value(kv.Value) })
		})
	}
}

// value writes one of several fields. That it is there says what it is, so it
// is written also where it is zero.
func (m *message) value(v attribute.Value) {
	switch v.Type() {
	case attribute.STRING:
		m.putBytes(1, v.AsString())
	case attribute.BOOL:
		m.putNumber(2, flag(v.AsBool()))
	case attribute.INT64:
		m.putNumber(3, uint64(v.AsInt64()))
	case attribute.FLOAT64:
		m.tag(4, wireFixed64)
		*m = binary.LittleEndian.AppendUint64(*m, math.Float64bits(v.AsFloat64()))
	case attribute.BOOLSLICE:
		array(m, v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		array(m, v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		array(m, v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		array(m, v.AsStringSlice(), attribute.StringValue)
	case attribute.SLICE:
		array(m, v.AsSlice(), func(v attribute.Value) attribute.Value { return v })
	case attribute.MAP:
		m.nest(6, func(m *message) { m.attributes(1, v.AsMap()) })
	case attribute.BYTESLICE:
		m.putBytes(7, string(v.AsByteSlice()))
	}
}

func array[T any](m *message, list []T, of func(T) attribute.Value) {
	m.nest(5, func(m *message) {
		for _, v := range list {
			m.nest(1, func(m *message) { m.value(of(v)) })
		}
	})
}

func flag(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}
