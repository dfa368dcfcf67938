package tracing

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/pawlhq/pawl/internal/model"
)

func newTest(t *testing.T, options ...sdk.TracerProviderOption) (*Tracer, *tracetest.InMemoryExporter) {
	t.Helper()
	to := tracetest.NewInMemoryExporter()
	tracer := newTracer(append(options, sdk.WithSyncer(to))...)
	t.Cleanup(func() {
		if err := tracer.Close(); err != nil {
			t.Error(err)
		}
	})
	return tracer, to
}

const session = "8fd729e2-9801-44e5-99ba-dbbf473546df"

var made = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestAnAttemptIsTheRootOfItsTries(t *testing.T) {
	t.Parallel()
	tracer, to := newTest(t)
	a := tracer.Attempt(Attempt{ID: 3, Session: session, Workflow: "etl", Created: made})
	env, end := a.Try("+etl+a", "sh", 1, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	end("failure", "it broke")
	a.End(made.Add(time.Minute), "error", true)
	spans := to.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	try, root := spans[0], spans[1]
	if got := root.SpanContext.TraceID().String(); got != strings.ReplaceAll(session, "-", "") {
		t.Errorf("the trace is %s", got)
	}
	if root.Parent.IsValid() || root.Name != "etl" || !root.StartTime.Equal(made) || root.EndTime.Sub(made) != time.Minute {
		t.Errorf("root: %+v", root)
	}
	if try.Parent.SpanID() != root.SpanContext.SpanID() || try.Name != "+etl+a" || try.Status.Description != "it broke" {
		t.Errorf("try: %+v", try)
	}
	if len(try.Links) != 1 || try.Links[0].SpanContext.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("the try is linked to %+v", try.Links)
	}
	want := "TRACEPARENT=00-" + try.SpanContext.TraceID().String() + "-" + try.SpanContext.SpanID().String() + "-01"
	if len(env) != 1 || env[0] != want {
		t.Errorf("environment %v, want %s", env, want)
	}
}

// An attempt that is driven on elsewhere goes on in the same span.
func TestAnAttemptIsTheSameSpanWhereverItIsDriven(t *testing.T) {
	t.Parallel()
	one, _ := newTest(t)
	two, to := newTest(t)
	about := Attempt{ID: 3, Session: session, Workflow: "etl", Created: made}
	left := one.Attempt(about).span.SpanContext()
	two.Attempt(about).End(made, "success", false)
	if got := to.GetSpans()[0].SpanContext; got.SpanID() != left.SpanID() || got.TraceID() != left.TraceID() {
		t.Errorf("%v goes on as %v", left, got)
	}
	about.ID = 4
	if again := one.Attempt(about).span.SpanContext(); again.SpanID() == left.SpanID() || again.TraceID() != left.TraceID() {
		t.Error("the next attempt of the session is not another span of its trace")
	}
}

func TestWhatIsNotSampledIsNotTold(t *testing.T) {
	t.Parallel()
	tracer, to := newTest(t, sdk.WithSampler(sdk.NeverSample()))
	a := tracer.Attempt(Attempt{ID: 1, Session: session, Workflow: "etl", Created: made})
	env, end := a.Try("+etl+a", "sh", 1, "no trace")
	end("success", "")
	a.End(made, "success", false)
	if len(to.GetSpans()) != 0 || len(env) != 1 || !strings.HasSuffix(env[0], "-00") {
		t.Errorf("%d spans, environment %v", len(to.GetSpans()), env)
	}
}

func TestARequestIsBelowTheSpanOfItsClient(t *testing.T) {
	t.Parallel()
	tracer, to := newTest(t)
	r := httptest.NewRequest(http.MethodGet, "/api/attempts/7", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Pattern = "/api/attempts/{id}"
	tracer.Request(r, 503, made, time.Second)
	s := to.GetSpans()[0]
	if s.Name != "GET /api/attempts/{id}" || s.Parent.SpanID().String() != "b7ad6b7169203331" ||
		s.EndTime.Sub(s.StartTime) != time.Second || s.Status.Description != "Service Unavailable" {
		t.Errorf("span: %+v", s)
	}
}

func TestTracesAreSentOnlyWhereTheEnvironmentAsksForThem(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{endpoint: "http://localhost:4318"}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318/v1/traces"}, true},
		{map[string]string{endpoint: "http://localhost:4318", "OTEL_SDK_DISABLED": "true"}, false},
		{map[string]string{endpoint: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "none"}, false},
	} {
		if got := Wanted(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
	_, err := Open(t.Context(), func(name string) string {
		return map[string]string{endpoint: "http://localhost:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}[name]
	}, "", nil)
	if model.CodeOf(err) != model.Invalid || err == nil {
		t.Errorf("a protocol that is not there: %v", err)
	}
}

func TestTracesArriveAtTheCollector(t *testing.T) {
	t.Parallel()
	paths := make(chan string, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { paths <- r.URL.Path + " " + r.UserAgent() }))
	defer collector.Close()
	tracer, err := Open(t.Context(), func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL}[name]
	}, "1.2", func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	tracer.Attempt(Attempt{ID: 3, Session: session, Workflow: "etl", Created: made}).End(made, "success", false)
	if err := tracer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-paths; got != "/v1/traces pawl/1.2" {
		t.Errorf("request: %s", got)
	}
}

// stuck is an exporter that sends until it is shut down.
type stuck struct {
	end  chan struct{}
	once *sync.Once
}

func (s stuck) ExportSpans(context.Context, []sdk.ReadOnlySpan) error {
	<-s.end
	return errors.New("cut off")
}

func (s stuck) Shutdown(context.Context) error {
	s.once.Do(func() { close(s.end) })
	return nil
}

func TestTheEndDoesNotWaitForACollectorThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{}), new(sync.Once)}
		tracer := newTracer(sdk.WithBatcher(s))
		tracer.exporter = s
		tracer.Attempt(Attempt{ID: 3, Session: session, Workflow: "etl", Created: made}).End(made, "success", false)
		began := time.Now()
		if err := tracer.Close(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
