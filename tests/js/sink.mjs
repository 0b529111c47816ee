// An OTLP sink for the tests, whose decoder is not ours: the message classes that OpenTelemetry's JavaScript generates
// from the protocol's own .proto files.
//
//   node sink.mjs [--lenient]
//
// Listens on loopback for HTTP (protobuf and JSON, gzip) and for gRPC without TLS. Prints its ports, {"http", "grpc"},
// then a line of JSON for each request, before it answers:
//
//   {"protocol": "http/protobuf" | "http/json" | "grpc", "path", "contentType", "encoding",
//    "message": as decoded, "body": the text, of JSON only, "wrong": "" or what is wrong with the request}
//
// In `message` names are those of protobuf's JSON, 64-bit integers are strings, bytes are hex digits, enums integers,
// and numbers that JSON lacks the strings "NaN", "Infinity", "-Infinity" and "-0". It says "wrong", and refuses, what
// the classes do not understand or do not know: they pass over it in silence, but then what they write of it again
// differs from what they read. With --lenient it does not look at how they would write JSON, which lets each sender have
// its own way of writing 64-bit integers.
//
// A line of its standard input it prints again, as {"echo"}: whoever reads it knows that it has been told of all requests
// before. It ends when its standard input does.
import http from 'node:http';
import http2 from 'node:http2';
import readline from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import generated from '@opentelemetry/otlp-transformer/build/src/generated/root.js';

const isLenient = process.argv.includes('--lenient');
const { trace, metrics, logs } = generated.opentelemetry.proto.collector;
const services = [
  { message: trace.v1.ExportTraceServiceRequest, path: '/v1/traces', service: 'trace.v1.TraceService' },
  { message: metrics.v1.ExportMetricsServiceRequest, path: '/v1/metrics', service: 'metrics.v1.MetricsService' },
  { message: logs.v1.ExportLogsServiceRequest, path: '/v1/logs', service: 'logs.v1.LogsService' },
];
const procedure = (service) => `/opentelemetry.proto.collector.${service}/Export`;
const isId = (key) => key === 'traceId' || key === 'spanId' || key === 'parentSpanId';

const print = (object) => process.stdout.write(JSON.stringify(object) + '\n');

// The value with `change(key, value)` in place of whatever in it that is no undefined.
function replaced(value, change, key = '') {
  const other = change(key, value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((element) => replaced(element, change, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaced(member, change, name)]));
}

const plain = (type, message) => type.toObject(message, { longs: String });
const notFinite = (value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : undefined);

// As it is printed.
function printable(type, message) {
  return replaced(plain(type, message), (key, value) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    return Object.is(value, -0) ? '-0' : notFinite(value);
  });
}

// As OTLP's JSON has it: ids in hex, other bytes in base64.
function asJson(type, message) {
  return replaced(plain(type, message), (key, value) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString(isId(key) ? 'hex' : 'base64');
    return notFinite(value);
  });
}

function decodeJson(type, text) {
  const object = JSON.parse(text);
  // The classes would take a string for base64.
  const withIds = replaced(object, (key, value) => {
    if (!isId(key) || typeof value !== 'string') return undefined;
    if (!/^([0-9a-fA-F]{2})*$/.test(value)) throw new Error(`${key} is not hex: ${value}`);
    return Buffer.from(value, 'hex');
  });
  const message = type.fromObject(withIds);
  const again = asJson(type, message);
  const isTheSame = isLenient || isDeepStrictEqual(object, again);
  return { message, wrong: isTheSame ? '' : `read as ${JSON.stringify(again)}` };
}

function decodeProtobuf(type, bytes) {
  const message = type.decode(bytes);
  const unread = bytes.length - type.encode(message).finish().length;
  return { message, wrong: unread === 0 ? '' : `${unread} bytes are of unknown fields` };
}

// Decodes the bytes that `read` gives and prints what is to be said of the request. True if nothing is wrong.
function receive(line, type, read) {
  let wrong = '';
  try {
    if (type === undefined) throw new Error('no such path');
    const bytes = read();
    const isJson = line.protocol === 'http/json';
    if (isJson) line.body = bytes.toString('utf8');
    const decoded = isJson ? decodeJson(type, line.body) : decodeProtobuf(type, bytes);
    wrong = decoded.wrong || type.verify(decoded.message) || '';
    line.message = printable(type, decoded.message);
  } catch (error) {
    wrong = String(error);
  }
  print({ ...line, wrong });
  return wrong === '';
}

async function wholeOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function onHttp(request, response) {
  const body = await wholeOf(request);
  const contentType = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding'] ?? '';
  const isJson = contentType.startsWith('application/json');
  const line = { protocol: isJson ? 'http/json' : 'http/protobuf', path: request.url, contentType, encoding };
  const type = services.find(({ path }) => path === request.url)?.message;
  const isRight = receive(line, type, () => (encoding === 'gzip' ? gunzipSync(body) : body));
  response.writeHead(isRight ? 200 : 400, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' });
  response.end(isRight && isJson ? '{}' : '');
}

// The message of a unary call: before it stand five bytes that say whether it is compressed, and its length.
function unframed(bytes, encoding) {
  if (bytes.length < 5 || bytes.readUInt32BE(1) !== bytes.length - 5) throw new Error('not one frame');
  const isCompressed = bytes[0] === 1;
  if (isCompressed && encoding !== 'gzip') throw new Error(`compressed by ${encoding}`);
  return isCompressed ? gunzipSync(bytes.subarray(5)) : bytes.subarray(5);
}

async function onGrpc(stream, headers) {
  const bytes = await wholeOf(stream);
  const path = headers[':path'];
  const encoding = headers['grpc-encoding'] ?? '';
  const line = { protocol: 'grpc', path, contentType: headers['content-type'] ?? '', encoding };
  const type = services.find(({ service }) => procedure(service) === path)?.message;
  const isRight = receive(line, type, () => unframed(bytes, encoding));
  // The status comes behind the reply, which is an empty message in a frame.
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': isRight ? '0' : '3' }));
  stream.end(Buffer.alloc(5));
}

// The port it listens on.
function listen(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

// Who hangs up in the middle of a request is none of our business.
const httpServer = http.createServer((request, response) => void onHttp(request, response).catch(() => response.destroy()));
const grpcServer = http2.createServer();
grpcServer.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  void onGrpc(stream, headers).catch(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
});
print({ http: await listen(httpServer), grpc: await listen(grpcServer) });
for await (const line of readline.createInterface({ input: process.stdin })) print({ echo: line });
process.exit(0);
