// A caller that is instrumented with OpenTelemetry's JavaScript SDK.
//
//   node rpc_client.mjs ENDPOINT
//
// Calls sum and refuse there, below one span, with baggage, and prints one line of JSON: the answers and its spans.
import { ROOT_CONTEXT, SpanKind, propagation } from '@opentelemetry/api';
import { finishedSpans, headersOf, inSpan } from './rpc_tracing.mjs';

const [endpoint] = process.argv.slice(2);
let id = 0;

function call(method, params, parent) {
  return inSpan(method, SpanKind.CLIENT, parent, async (span, context) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(context) },
      body: JSON.stringify({ jsonrpc: '2.0', method, params, id: ++id }),
    });
    return response.json();
  });
}

const baggage = propagation.createBaggage({ user: { value: 'älice b' } });
const answers = [];
await inSpan('work', SpanKind.INTERNAL, propagation.setBaggage(ROOT_CONTEXT, baggage), async (span, context) => {
  answers.push(await call('sum', { a: 40, b: 2 }, context));
  answers.push(await call('baggage', {}, context));
  answers.push(await call('refuse', {}, context));
});
process.stdout.write(JSON.stringify({ answers, spans: finishedSpans() }) + '\n');
