// A service that is instrumented with OpenTelemetry's JavaScript SDK: answers `sum`, refuses everything else.
//
//   node rpc_server.mjs
//
// Prints its endpoint, and when its standard input ends one line of JSON: its spans, and the baggage that came last.
import { createServer } from 'node:http';
import { SpanKind, propagation } from '@opentelemetry/api';
import { contextOf, finishedSpans, inSpan } from './rpc_tracing.mjs';

let baggage = {};

async function answer({ method, params, id }, context) {
  try {
    const result = await inSpan(method, SpanKind.SERVER, context, async () => {
      if (method !== 'sum') throw new Error('Method not found');
      return params.a + params.b;
    });
    return { jsonrpc: '2.0', id, result };
  } catch (error) {
    return { jsonrpc: '2.0', id, error: { code: -32601, message: error.message } };
  }
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const context = contextOf(request.headers);
  for (const [key, entry] of propagation.getBaggage(context)?.getAllEntries() ?? []) baggage[key] = entry.value;
  const body = JSON.stringify(await answer(JSON.parse(Buffer.concat(parts).toString()), context));
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});

server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`));
process.stdin.resume().on('end', () => {
  process.stdout.write(JSON.stringify({ baggage, spans: finishedSpans() }) + '\n');
  process.exit(0);
});
