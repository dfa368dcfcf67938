// Package otlp sends spans to a collector as the OpenTelemetry protocol says:
// over HTTP, in protobuf.
//
// The few messages of traces are written by hand. What a generated encoding
// needs to know of all messages costs each start of a program, also of one
// that sends nothing.
package otlp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Exporter sends spans. It is safe for concurrent use.
type Exporter struct {
	cfg    Config
	client *http.Client
	// life ends with Shutdown.
	life context.Context
	end  context.CancelCauseFunc
}

// New returns an exporter.
func New(cfg Config) *Exporter {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = cfg.TLS
	return newExporter(cfg, transport)
}

func newExporter(cfg Config, transport http.RoundTripper) *Exporter {
	e := &Exporter{cfg: cfg, client: &http.Client{
		Transport: transport,
		Timeout:   cfg.Timeout,
		// Headers may be credentials, which are for nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	e.life, e.end = context.WithCancelCause(context.Background())
	return e
}

var errShutdown = errors.New("the exporter of traces is shut down")

// ExportSpans implements sdk.SpanExporter. It sends until the collector has
// taken or refused the spans, for a minute at most. That the collector has
// refused some of them is an error, too.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxElapsed, errTooLong)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(e.life, func() { stop(context.Cause(e.life)) })()
	body, err := e.body(encode(spans))
	if err != nil {
		return err
	}
	if err := e.send(ctx, body); err != nil {
		return fmt.Errorf("send %d spans to %s: %w", len(spans), e.cfg.URL.Redacted(), err)
	}
	return nil
}

// Shutdown implements sdk.SpanExporter. What is being sent is cut off, and
// nothing is sent any more.
func (e *Exporter) Shutdown(context.Context) error {
	e.end(errShutdown)
	e.client.CloseIdleConnections()
	return nil
}

var _ sdk.SpanExporter = (*Exporter)(nil)
