// Package tracing sends what the stages of runs took to a collector of OpenTelemetry, if the environment names one.
package tracing

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Variables that name a collector, as OpenTelemetry has them.
const (
	endpointEnv = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tracesEnv   = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

// stopWithin is as long as the last spans may take on their way at the end.
const stopWithin = 5 * time.Second

// Start has spans sent until stop is called, if the environment names a collector. What cannot be sent is lost: no run waits
// for it.
func Start(ctx context.Context, getenv func(string) string, version string) (stop func(), err error) {
	if getenv(endpointEnv) == "" && getenv(tracesEnv) == "" {
		return func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpointEnv, err)
	}
	about := resource.NewSchemaless(attribute.String("service.name", "batch"), attribute.String("service.version", version))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(provider)
	return func() {
		otel.SetTracerProvider(before)
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		_ = provider.Shutdown(ending) // see Start
	}, nil
}

// Run is the span of a run.
type Run struct {
	ctx  context.Context
	span trace.Span
}

// Begin begins the span of a run of an offer, in a context that others add theirs to.
func Begin(ctx context.Context, offer, attempt, trigger, slot string, at time.Time) (context.Context, Run) {
	ctx, span := otel.Tracer("batch").Start(ctx, "run", trace.WithTimestamp(at), trace.WithAttributes(
		attribute.String("batch.offer", offer), attribute.String("batch.attempt", attempt), attribute.String("batch.trigger", trigger),
		attribute.String("batch.slot", slot)))
	return ctx, Run{ctx, span}
}

// Stage adds the span of a stage that ended now and took so long.
func (r Run) Stage(name string, ended time.Time, took time.Duration) {
	_, span := otel.Tracer("batch").Start(r.ctx, name, trace.WithTimestamp(ended.Add(-took)))
	span.End(trace.WithTimestamp(ended))
}

// End ends the span, with the run's name, "" for none, and what it failed of, nil if it did not.
func (r Run) End(run string, err error, at time.Time) {
	if run != "" {
		r.span.SetAttributes(attribute.String("batch.run", run))
	}
	if err != nil {
		r.span.SetStatus(codes.Error, err.Error())
	}
	r.span.End(trace.WithTimestamp(at))
}
