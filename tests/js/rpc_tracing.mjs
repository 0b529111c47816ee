// OpenTelemetry's SDK as the programs for the tests of RPC use it: spans in memory, W3C's headers by its own propagators.
import { ROOT_CONTEXT, SpanStatusCode, defaultTextMapGetter, defaultTextMapSetter, trace } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
export const tracer = provider.getTracer('rpc');
export const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});

// Runs work(span, context) in a span below `parent`.
export async function inSpan(name, kind, parent, work) {
  const span = tracer.startSpan(name, { kind, attributes: { 'rpc.system.name': 'jsonrpc', 'rpc.method': name } }, parent);
  try {
    return await work(span, trace.setSpan(parent, span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    throw error;
  } finally {
    span.end();
  }
}

export function headersOf(context) {
  const headers = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  return headers;
}
export const contextOf = (headers) => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);

// What ended, for whoever compares it.
export const finishedSpans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    kind: span.kind,
    trace_id: span.spanContext().traceId,
    span_id: span.spanContext().spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? '',
    trace_state: span.spanContext().traceState?.serialize() ?? '',
    failed: span.status.code === SpanStatusCode.ERROR,
  }));
