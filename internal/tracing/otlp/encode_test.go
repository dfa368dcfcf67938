package otlp

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	about "go.opentelemetry.io/proto/otlp/resource/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

var (
	began   = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	traceID = trace.TraceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	spanID  = trace.SpanID{1, 2, 3, 4, 5, 6, 7, 8}
	other   = trace.SpanID{8, 7, 6, 5, 4, 3, 2, 1}
)

func at(t testing.TB, span trace.SpanID, remote bool) trace.SpanContext {
	t.Helper()
	state, err := trace.ParseTraceState("a=b")
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: span, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: remote,
	})
}

// decode reads a request as others do, who have the messages of the protocol.
// One that exports traces is, on the wire, what files of traces are.
func decode(t testing.TB, body []byte) *wire.TracesData {
	t.Helper()
	m := new(wire.TracesData)
	if err := (proto.UnmarshalOptions{}).Unmarshal(body, m); err != nil {
		t.Fatal(err)
	}
	if unknown := m.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("fields that nobody knows: %x", unknown)
	}
	return m
}

func textOf(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func keyed(key string, v *common.AnyValue) []*common.KeyValue {
	return []*common.KeyValue{{Key: key, Value: v}}
}

func TestASpanIsSentWithAllItHas(t *testing.T) {
	t.Parallel()
	attrs := []attribute.KeyValue{attribute.String("k", "v")}
	got := decode(t, encode(tracetest.SpanStubs{{
		Name: "é", SpanContext: at(t, spanID, false), Parent: at(t, other, true), SpanKind: trace.SpanKindServer,
		StartTime: began, EndTime: began.Add(time.Second), Attributes: attrs,
		Events:                 []sdk.Event{{Name: "e", Time: began, Attributes: attrs, DroppedAttributeCount: 1}},
		Links:                  []sdk.Link{{SpanContext: at(t, other, false), Attributes: attrs, DroppedAttributeCount: 2}},
		Status:                 sdk.Status{Code: codes.Error, Description: "it broke"},
		DroppedAttributes:      3,
		DroppedEvents:          4,
		DroppedLinks:           5,
		Resource:               resource.NewWithAttributes("schema", attribute.String("service.name", "pawl")),
		InstrumentationLibrary: instrumentation.Scope{},
		InstrumentationScope: instrumentation.Scope{
			Name: "lib", Version: "1", SchemaURL: "of scope", Attributes: attribute.NewSet(attrs...),
		},
	}}.Snapshots()))
	ns := uint64(began.UnixNano())
	kv := keyed("k", textOf("v"))
	want := &wire.TracesData{ResourceSpans: []*wire.ResourceSpans{{
		Resource:  &about.Resource{Attributes: keyed("service.name", textOf("pawl"))},
		SchemaUrl: "schema",
		ScopeSpans: []*wire.ScopeSpans{{
			Scope: &common.InstrumentationScope{Name: "lib", Version: "1", Attributes: kv}, SchemaUrl: "of scope",
			Spans: []*wire.Span{{
				TraceId: traceID[:], SpanId: spanID[:], TraceState: "a=b", ParentSpanId: other[:], Flags: 0x301,
				Name: "é", Kind: wire.Span_SPAN_KIND_SERVER, StartTimeUnixNano: ns, EndTimeUnixNano: ns + 1e9,
				Attributes: kv, DroppedAttributesCount: 3, DroppedEventsCount: 4, DroppedLinksCount: 5,
				Events: []*wire.Span_Event{{TimeUnixNano: ns, Name: "e", Attributes: kv, DroppedAttributesCount: 1}},
				Links: []*wire.Span_Link{{
					TraceId: traceID[:], SpanId: other[:], TraceState: "a=b", Attributes: kv, DroppedAttributesCount: 2, Flags: 0x101,
				}},
				Status: &wire.Status{Code: wire.Status_STATUS_CODE_ERROR, Message: "it broke"},
			}},
		}},
	}}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// A value that is zero is a value, and has to arrive as what it is.
func TestAttributesKeepTheirKind(t *testing.T) {
	t.Parallel()
	array := func(list ...*common.AnyValue) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: &common.ArrayValue{Values: list}}}
	}
	number := func(n int64) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
	}
	double := func(n float64) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: n}}
	}
	yes := func(b bool) *common.AnyValue {
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: b}}
	}
	for name, c := range map[string]struct {
		value attribute.Value
		want  *common.AnyValue
	}{
		"text":          {attribute.StringValue("a"), textOf("a")},
		"empty text":    {attribute.StringValue(""), textOf("")},
		"true":          {attribute.BoolValue(true), yes(true)},
		"false":         {attribute.BoolValue(false), yes(false)},
		"zero":          {attribute.Int64Value(0), number(0)},
		"negative":      {attribute.Int64Value(math.MinInt64), number(math.MinInt64)},
		"fraction":      {attribute.Float64Value(-1.5), double(-1.5)},
		"zero fraction": {attribute.Float64Value(0), double(0)},
		"texts":         {attribute.StringSliceValue([]string{"a", ""}), array(textOf("a"), textOf(""))},
		"no texts":      {attribute.StringSliceValue(nil), array()},
		"numbers":       {attribute.Int64SliceValue([]int64{1, 0}), array(number(1), number(0))},
		"fractions":     {attribute.Float64SliceValue([]float64{.5}), array(double(.5))},
		"flags":         {attribute.BoolSliceValue([]bool{false, true}), array(yes(false), yes(true))},
		"mixed":         {attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("a")), array(number(1), textOf("a"))},
		"bytes": {attribute.ByteSliceValue([]byte{0, 255}),
			&common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: []byte{0, 255}}}},
		"map": {attribute.MapValue(attribute.Bool("k", false)),
			&common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: keyed("k", yes(false))}}}},
		"nothing": {attribute.Value{}, &common.AnyValue{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m message
			m.value(c.value)
			got := new(common.AnyValue)
			if err := proto.Unmarshal(m, got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKindsAndStatesHaveTheNumbersOfTheProtocol(t *testing.T) {
	t.Parallel()
	for kind, want := range map[trace.SpanKind]wire.Span_SpanKind{
		trace.SpanKindUnspecified: wire.Span_SPAN_KIND_INTERNAL, trace.SpanKindInternal: wire.Span_SPAN_KIND_INTERNAL,
		trace.SpanKindServer: wire.Span_SPAN_KIND_SERVER, trace.SpanKindClient: wire.Span_SPAN_KIND_CLIENT,
		trace.SpanKindProducer: wire.Span_SPAN_KIND_PRODUCER, trace.SpanKindConsumer: wire.Span_SPAN_KIND_CONSUMER,
	} {
		if got := kindOf(kind); got != uint64(want) {
			t.Errorf("%s is %d, want %d", kind, got, want)
		}
	}
	for code, want := range map[codes.Code]wire.Status_StatusCode{
		codes.Unset: wire.Status_STATUS_CODE_UNSET, codes.Ok: wire.Status_STATUS_CODE_OK, codes.Error: wire.Status_STATUS_CODE_ERROR,
	} {
		if got := statusOf(code); got != uint64(want) {
			t.Errorf("%s is %d, want %d", code, got, want)
		}
	}
}

func TestSpansStandBelowTheirResourceAndScope(t *testing.T) {
	t.Parallel()
	stub := func(name, scope, of string) tracetest.SpanStub {
		return tracetest.SpanStub{
			Name: name, InstrumentationScope: instrumentation.Scope{Name: scope},
			Resource: resource.NewSchemaless(attribute.String("of", of)),
		}
	}
	got := decode(t, encode(tracetest.SpanStubs{
		stub("a", "x", "1"), stub("b", "x", "1"), stub("c", "y", "1"), stub("d", "y", "2"),
	}.Snapshots()))
	var names []string
	for _, r := range got.ResourceSpans {
		of := r.Resource.Attributes[0].Value.GetStringValue()
		for _, s := range r.ScopeSpans {
			path := of + s.Scope.Name
			for _, span := range s.Spans {
				path += span.Name
			}
			names = append(names, path)
		}
	}
	if diff := cmp.Diff([]string{"1xab", "1yc", "2yd"}, names); diff != "" {
		t.Error(diff)
	}
}

// Whatever a collector answers is read, or is an error.
func FuzzFields(f *testing.F) {
	f.Add([]byte{8, 1, 18, 1, 'a'})
	f.Add([]byte{9, 1, 2, 3, 4, 5, 6, 7, 8, 13, 1, 2, 3, 4})
	f.Add([]byte{18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Add([]byte{13, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if err := message(b).fields(func(_ int, _ uint64, v []byte) { n += len(v) }); err == nil && n > len(b) {
			t.Errorf("%d bytes in a message of %d", n, len(b))
		}
	})
}
