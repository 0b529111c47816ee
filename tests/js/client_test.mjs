// What client.mjs says that it sent is what arrives at sink.mjs, the same by both protocols. Fails with an exception.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const sink = spawn(process.execPath, [beside('sink.mjs'), '--lenient'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = readline.createInterface({ input: sink.stdout })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const { http } = await next();

// What the client printed, and the items that arrived meanwhile, by path.
async function send(protocol, spans, compression) {
  const options = { env: { ...process.env, OTEL_EXPORTER_OTLP_COMPRESSION: compression } };
  const client = [beside('client.mjs'), `http://127.0.0.1:${http}`, protocol, String(spans)];
  const { stdout } = await promisify(execFile)(process.execPath, client, options);
  sink.stdin.write('end\n');
  const arrived = { '/v1/traces': [], '/v1/metrics': [], '/v1/logs': [] };
  for (let request = await next(); request.echo === undefined; request = await next()) {
    assert.equal(request.wrong, '');
    assert.equal(request.protocol, protocol);
    assert.equal(request.encoding, compression === 'gzip' ? 'gzip' : '');
    for (const resource of Object.values(request.message)[0]) {
      const scopes = resource.scopeSpans ?? resource.scopeMetrics ?? resource.scopeLogs;
      for (const scope of scopes) arrived[request.path].push(...(scope.spans ?? scope.metrics ?? scope.logRecords));
    }
  }
  // Requests overtake each other.
  arrived['/v1/traces'].sort((a, b) => (a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1));
  return { summary: JSON.parse(stdout), arrived };
}

const numberOf = (items, name) => items.reduce((sum, item) => sum + (item[name]?.length ?? 0), 0);

function check({ summary, arrived }, spanCount) {
  assert.deepEqual(summary.errors, []);
  const spans = arrived['/v1/traces'];
  assert.equal(spans.length, spanCount);
  assert.deepEqual([...new Set(spans.map((span) => span.traceId))], summary.trace_ids);
  const names = {};
  for (const { name } of spans) names[name] = (names[name] ?? 0) + 1;
  assert.deepEqual(names, summary.span_names);
  assert.equal(numberOf(spans, 'events'), summary.events);
  assert.equal(numberOf(spans, 'links'), summary.links);
  assert.equal(arrived['/v1/logs'].length, summary.logs);
  const metrics = arrived['/v1/metrics'].map((metric) => metric.name).sort();
  assert.deepEqual(metrics, Object.keys(summary.metrics).flatMap((name) => [name, name]).sort());
}

const runs = [];
for (const [protocol, compression] of [['http/protobuf', 'none'], ['http/json', 'gzip']]) {
  runs.push(await send(protocol, 1_205, compression));
  check(runs.at(-1), 1_205);
}
for (const path of ['/v1/traces', '/v1/logs']) assert.deepEqual(runs[0].arrived[path], runs[1].arrived[path]);
sink.stdin.end();
await once(sink, 'exit');
