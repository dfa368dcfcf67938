// Package tracing tells a collector of traces what happens: a trace for each
// session, in which each attempt is a span with its tries below it, and a span
// for each request. It does nothing unless the environment says where the
// collector is. Only this package knows OpenTelemetry.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/tracing/otlp"
)

// Tracer makes spans. Its methods are safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	headers  propagation.TraceContext
	exporter sdk.SpanExporter // nil if it ends with the provider
}

// Wanted reports whether the environment names a collector of traces.
func Wanted(env func(string) string) bool {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") || strings.EqualFold(env("OTEL_TRACES_EXPORTER"), "none") {
		return false
	}
	return otlp.Named(env)
}

// Open returns a tracer that sends what it is told to the collector that the
// environment of this process names, as its standard variables say (OTEL_*).
// It is Invalid where these ask for what is not there. What goes wrong later is
// reported.
func Open(ctx context.Context, env func(string) string, version string, report func(error)) (*Tracer, error) {
	cfg, err := otlp.FromEnv(env)
	if err != nil {
		return nil, err
	}
	cfg.Agent = "pawl/" + version
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "pawl"), attribute.String("service.version", version),
	), resource.WithHost(), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, model.Errorf(model.Invalid, "attributes of traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(report))
	exporter := otlp.New(cfg)
	t := newTracer(sdk.WithBatcher(exporter), sdk.WithResource(about))
	t.exporter = exporter
	return t, nil
}

func newTracer(options ...sdk.TracerProviderOption) *Tracer {
	t := &Tracer{provider: sdk.NewTracerProvider(append(options, sdk.WithIDGenerator(ids{}))...)}
	t.tracer = t.provider.Tracer("github.com/pawlhq/pawl")
	return t
}

// Close sends what is not sent yet, for at most five seconds, and ends the
// tracer.
func (t *Tracer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := t.provider.Shutdown(ctx)
	if t.exporter != nil {
		err = errors.Join(err, t.exporter.Shutdown(ctx)) // what still waits for the collector
	}
	if err != nil {
		return fmt.Errorf("send traces: %w", err)
	}
	return nil
}
