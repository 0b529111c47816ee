// A program that is instrumented with OpenTelemetry's JavaScript SDK, for the tests of whoever receives OTLP.
//
//   node client.mjs BASE_URL http/protobuf|http/json SPANS [SEED]
//
// Sends to BASE_URL/v1/traces, /v1/metrics and /v1/logs what depends on nothing but its arguments, ids and times
// included (but for those of metrics, which are the SDK's own), flushes, shuts down, and prints one line of JSON: what it sent, so that a test can compare it with what
// arrived, and "errors", what the SDK complained of, refusals of the receiver included. If there are any it exits with 1.
// The SDK's own environment variables hold, OTEL_EXPORTER_OTLP_COMPRESSION and
// OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE among them.
//
// Traces have eight spans, but for the last, which has what is left. Metrics arrive twice, because the flush and the
// shutdown each collect them: as the same sums, or, where deltas are preferred, counters and histograms once.
import { createHash } from 'node:crypto';
import { DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, ValueType, diag, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

const exporters = {
  'http/protobuf': { traces: ProtobufTraces, metrics: ProtobufMetrics, logs: ProtobufLogs },
  'http/json': { traces: JsonTraces, metrics: JsonMetrics, logs: JsonLogs },
};
const [baseUrl, protocol, count, seed = '1'] = process.argv.slice(2);
const spanCount = Number(count);
if (!baseUrl || !(protocol in exporters) || !Number.isInteger(spanCount) || spanCount < 0) {
  console.error('node client.mjs BASE_URL http/protobuf|http/json SPANS [SEED]');
  process.exit(2);
}

const errors = [];
const complain = (...what) => errors.push(what.map((part) => part?.message ?? String(part)).join(' '));
setGlobalErrorHandler(complain);
const ignore = () => {};
diag.setLogger({ error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);

const exporterOf = (signal) => new exporters[protocol][signal]({ url: `${baseUrl}/v1/${signal}` });
const resource = resourceFromAttributes({ 'service.name': 'js-client', 'service.version': '1.0', replicas: 3 });
// Milliseconds after 2025-01-15T10:00:00Z, as the SDK takes times.
const at = (ms) => [1736935200 + Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

// Random-looking ids that are the same each time.
class Ids {
  #made = 0;
  #next = (digits) => createHash('sha256').update(`${seed} ${this.#made++}`).digest('hex').slice(0, digits);
  generateTraceId = () => this.#next(32);
  generateSpanId = () => this.#next(16);
}

const everyType = {
  string: 'it\'s "quoted" \\ \n é \u{1F600}',
  'empty string': '',
  true: true,
  false: false,
  int: -7,
  'large int': Number.MAX_SAFE_INTEGER,
  double: 0.25,
  strings: ['a', 'b'],
  ints: [1, 2],
  doubles: [0.5, -1.5],
  bools: [true, false],
};
const linked = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 };

// The spans of a trace: each is the child of the one at `parent`.
const shapes = [
  { name: 'GET /workflow', kind: SpanKind.SERVER, attributes: { 'http.response.status_code': 500 } },
  { name: 'plan', kind: SpanKind.INTERNAL, parent: 0 },
  { name: 'fetch', kind: SpanKind.CLIENT, parent: 1, links: [{ context: linked, attributes: { reason: 'retry' } }] },
  { name: 'publish', kind: SpanKind.PRODUCER, parent: 0 },
  { name: 'consume', kind: SpanKind.CONSUMER, parent: 3 },
  { name: 'divide', kind: SpanKind.INTERNAL, parent: 0 },
  { name: 'every type', kind: SpanKind.INTERNAL, parent: 0, attributes: everyType },
  { name: 'accepted', kind: SpanKind.INTERNAL, parent: 0 },
];

// What the span does between its start and its end.
function work(span, name, start) {
  if (name === 'fetch') {
    span.addEvent('connected', { reused: false, port: 443 }, at(start + 0.25));
    span.addEvent('received', { bytes: 1024 }, at(start + 0.5));
  } else if (name === 'divide') {
    const exception = new RangeError('division by zero');
    exception.stack = 'RangeError: division by zero\n    at divide';
    span.recordException(exception, at(start + 0.5));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'division by zero' });
  } else if (name === 'accepted') {
    span.setStatus({ code: SpanStatusCode.OK });
  }
}

async function sendSpans(summary) {
  const batch = 512;
  const processor = new BatchSpanProcessor(exporterOf('traces'), { maxQueueSize: 16 * batch, maxExportBatchSize: batch });
  const provider = new BasicTracerProvider({ resource, idGenerator: new Ids(), spanProcessors: [processor] });
  const tracer = provider.getTracer('js-tracer', '2.0');
  let waiting = 0;
  for (let first = 0; first < spanCount; first += shapes.length) {
    const spans = [];
    for (const shape of shapes.slice(0, spanCount - first)) {
      const start = first + spans.length;
      const parent = shape.parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, spans[shape.parent]);
      const { name, kind, attributes, links } = shape;
      const span = tracer.startSpan(name, { kind, attributes, links, startTime: at(start) }, parent);
      work(span, name, start);
      summary.events += span.events.length;
      summary.links += span.links.length;
      summary.span_names[name] = (summary.span_names[name] ?? 0) + 1;
      spans.push(span);
    }
    summary.trace_ids.push(spans[0].spanContext().traceId);
    // Children end before their parents do.
    for (const [i, span] of [...spans.entries()].reverse()) span.end(at(first + i + (i === 0 ? shapes.length : 1)));
    // More than the queue holds would be dropped, and an exporter makes no more than 30 requests at once.
    waiting += spans.length;
    if (waiting >= 8 * batch) {
      await provider.forceFlush();
      waiting = 0;
    }
    summary.last_root = spans[0];
  }
  await provider.forceFlush();
  await provider.shutdown();
}

async function sendMetrics(summary) {
  const provider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: exporterOf('metrics') })],
    views: [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const meter = provider.getMeter('js-meter', '3.0');
  const requests = meter.createCounter('requests', { description: 'Requests by route' });
  for (const [value, route] of [[1, '/a'], [2.5, '/a'], [4, '/b']]) requests.add(value, { route });
  meter.createCounter('jobs', { valueType: ValueType.INT }).add(7);
  const connections = meter.createUpDownCounter('connections', { unit: '{connection}' });
  for (const change of [5, -2]) connections.add(change);
  const latency = meter.createHistogram('latency', { unit: 'ms', advice: { explicitBucketBoundaries: [1, 10, 100] } });
  for (const value of [0.5, 5, 50, 60, 500]) latency.record(value, { route: '/a' });
  const size = meter.createHistogram('size', { unit: 'By' });
  for (const value of [0, 1, 2, 4, 8]) size.record(value);
  meter.createObservableGauge('temperature').addCallback((result) => result.observe(21.5, { room: 'a' }));
  meter.createObservableCounter('uptime', { unit: 's' }).addCallback((result) => result.observe(42));
  summary.metrics = {
    requests: { type: 'sum', is_monotonic: true, points: { '/a': 3.5, '/b': 4 } },
    jobs: { type: 'sum', is_monotonic: true, value: 7 },
    connections: { type: 'sum', is_monotonic: false, value: 3 },
    latency: { type: 'histogram', bounds: [1, 10, 100], counts: [1, 1, 2, 1], count: 5, sum: 615.5, min: 0.5, max: 500 },
    size: { type: 'exponential_histogram', count: 5, zero_count: 1, sum: 15, min: 0, max: 8 },
    temperature: { type: 'gauge', value: 21.5 },
    uptime: { type: 'sum', is_monotonic: true, value: 42 },
  };
  await provider.forceFlush();
  await provider.shutdown();
}

async function sendLogs(summary) {
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor(exporterOf('logs'))] });
  const logger = provider.getLogger('js-logger', '4.0');
  const context = summary.last_root === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, summary.last_root);
  const nested = { order: { id: 7, lines: ['a', 'b'] }, nothing: null, raw: new Uint8Array([0, 127, 255]) };
  const records = [
    { severityNumber: SeverityNumber.INFO, severityText: 'INFO', body: 'order received', attributes: everyType, context },
    { severityNumber: SeverityNumber.ERROR2, severityText: 'ERROR', body: nested, eventName: 'order.failed', context },
    { severityNumber: SeverityNumber.DEBUG, body: ['a', 1, true], attributes: { nested } },
    { body: new Uint8Array([0, 127, 255]) },
    { eventName: 'heartbeat' },
  ];
  for (const [i, record] of records.entries()) {
    logger.emit({ ...record, timestamp: at(i), observedTimestamp: at(i + 0.5) });
  }
  summary.logs = records.length;
  summary.log_event_names = records.map(({ eventName }) => eventName ?? '');
  await provider.forceFlush();
  await provider.shutdown();
}

const summary = { protocol, service: 'js-client', spans: spanCount, trace_ids: [], span_names: {}, events: 0, links: 0 };
for (const send of [sendSpans, sendMetrics, sendLogs]) await send(summary).catch(complain);
delete summary.last_root;
process.stdout.write(JSON.stringify({ ...summary, errors }) + '\n');
process.exitCode = errors.length === 0 ? 0 : 1;
