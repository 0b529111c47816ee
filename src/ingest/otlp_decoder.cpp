#include "ingest/otlp_decoder.h"

#include "ingest/batches.h"
#include "ingest/json_to_protobuf.h"
#include "ingest/log_reader.h"
#include "ingest/metric_reader.h"
#include "ingest/span_reader.h"
#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

std::string_view name_of(Signal signal) noexcept {
  switch (signal) {
    case Signal::traces:
      return "ExportTraceServiceRequest";
    case Signal::metrics:
      return "ExportMetricsServiceRequest";
    case Signal::logs:
      return "ExportLogsServiceRequest";
  }
  return "request";
}

const otlp::EnvelopeFields& envelope_of(Signal signal) noexcept {
  switch (signal) {
    case Signal::metrics:
      return otlp::metric_envelope;
    case Signal::logs:
      return otlp::log_envelope;
    case Signal::traces:
      break;
  }
  return otlp::trace_envelope;
}

// Gives each message of a repeated field.
template <class Visitor>
void each(std::string_view bytes, otlp::Field field, const Visitor& visit) {
  Message message = message_of(bytes);
  while (message.next()) {
    if (message.tag_and_type() == octets(field)) {
      visit(take(message));
    } else {
      message.skip();
    }
  }
}

std::uint64_t count_of(std::string_view bytes, otlp::Field field) {
  std::uint64_t count = 0;
  each(bytes, field, [&](std::string_view) { ++count; });
  return count;
}

// A metric's data are one of five fields, of which the last counts (opentelemetry-proto, metrics.proto).
std::uint64_t count_points(std::string_view metric) {
  using namespace otlp::metric;
  std::string_view data;
  Message message = message_of(metric);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(gauge):
      case octets(sum):
      case octets(histogram):
      case octets(exponential_histogram):
      case octets(summary):
        data = take(message);
        break;
      default:
        message.skip();
    }
  }
  return count_of(data, data_points);
}

// What a partial success counts: spans, log records, and of metrics their data points.
std::uint64_t count_items(std::string_view scope_items, const otlp::EnvelopeFields& fields) {
  if (&fields != &otlp::metric_envelope) return count_of(scope_items, fields.items);
  std::uint64_t count = 0;
  each(scope_items, fields.items, [&](std::string_view metric) { count += count_points(metric); });
  return count;
}

// The last one, since it may follow what it is for; empty if there is none.
std::string_view last(std::string_view bytes, otlp::Field field) {
  std::string_view found;
  each(bytes, field, [&](std::string_view message) { found = message; });
  return found;
}

// One request while it is read.
class Request {
 public:
  Request(const DecoderOptions& options, std::int64_t received_ns)
      : batches_(options, decoded_.cuts), values_(options.limits, decoded_.cuts, options.most_bytes) {
    context_.received_ns = received_ns;
    context_.most_bytes = options.most_bytes;
  }

  template <class Reader>
  void read(std::string_view body, const otlp::EnvelopeFields& fields, Reader&& reader) {
    Refusals::Place& place = refusals_.place;
    place = {.fields = &fields};
    each(body, fields.resource_items, [&](std::string_view resource_items) {
      read_resource_items(resource_items, fields, reader);
      ++place.resource;
    });
  }
  [[nodiscard]] Decoded finish() {
    decoded_.batches = batches_.finish();
    for (const auto& batch : decoded_.batches) decoded_.items += batch->size();
    decoded_.rejected = refusals_.count();
    decoded_.message = refusals_.message();
    return std::move(decoded_);
  }

  [[nodiscard]] ReadingContext& context() noexcept { return context_; }
  [[nodiscard]] const Refusals::Place& place() const noexcept { return refusals_.place; }
  [[nodiscard]] const char* position() const noexcept { return position_; }

 private:
  template <class Reader>
  void read_resource_items(std::string_view bytes, const otlp::EnvelopeFields& fields, Reader& reader) {
    position_ = bytes.data();
    Refusals::Place& place = refusals_.place;
    place.scope = place.item = 0;
    const std::string_view resource = last(bytes, otlp::envelope::resource);
    BatchBuilder* const builder = batches_.of(resource);
    if (builder != nullptr) values_.use(*builder);
    each(bytes, fields.scope_items, [&](std::string_view scope_items) {
      position_ = scope_items.data();
      place.item = 0;
      if (builder == nullptr) {
        refusals_.add_all(count_items(scope_items, fields), "are of more resources than one request may have");
      } else {
        read_scope_items(resource, scope_items, *builder, fields, reader);
      }
      ++place.scope;
    });
  }

  template <class Reader>
  void read_scope_items(std::string_view resource, std::string_view bytes, BatchBuilder& builder,
                        const otlp::EnvelopeFields& fields, Reader& reader) {
    Scope scope = read_scope(resource, last(bytes, otlp::envelope::scope), values_);
    say(scope, values_);
    batches_.charge(builder, scope.said_bytes);
    context_.scope = &scope;
    each(bytes, fields.items, [&](std::string_view item) {
      position_ = item.data();
      reader.read(item);
      batches_.charge(builder, scope.said_bytes);
      if (batches_.hand_over_if_full(builder)) say(scope, values_);
      ++refusals_.place.item;
    });
    context_.scope = nullptr;
  }

  Decoded decoded_;
  Batches batches_;
  Refusals refusals_;
  ContentIds ids_;
  ValueReader values_;
  ReadingContext context_{.values = values_, .refusals = refusals_, .ids = ids_};
  const char* position_ = nullptr;  // of what is being read; null: of the request itself
};

[[noreturn]] void refuse(Signal signal, const Request& request, std::string_view body, const char* why) {
  std::string message = "cannot decode an ";
  message.append(name_of(signal));
  if (request.position() != nullptr) {
    message.append(": ").append(to_string(request.place())).append(", at byte ");
    message.append(std::to_string(request.position() - body.data()));
  }
  throw Error(ErrorCode::invalid_argument, message.append(": ").append(why));
}

Decoded decode_protobuf(Signal signal, std::string_view body, const DecoderOptions& options, SeriesChanges& series,
                        std::int64_t received_ns) {
  Request request(options, received_ns);
  const otlp::EnvelopeFields& fields = envelope_of(signal);
  try {
    switch (signal) {
      case Signal::traces:
        request.read(body, fields, SpanReader(request.context()));
        break;
      case Signal::metrics:
        request.read(body, fields, MetricReader(request.context(), series));
        break;
      case Signal::logs:
        request.read(body, fields, LogReader(request.context()));
        break;
    }
  } catch (const protozero::end_of_buffer_exception&) {
    refuse(signal, request, body, "something is longer than what is left");
  } catch (const protozero::exception& e) {
    refuse(signal, request, body, e.what());
  } catch (const RequestTooLarge&) {
    throw;
  } catch (const Error& e) {
    refuse(signal, request, body, e.what());
  }
  return request.finish();
}

}  // namespace

OtlpDecoder::OtlpDecoder(const DecoderOptions& options)
    : options_(options), series_(options.series, options.since_ns, options.is_new_sender) {}

Decoded OtlpDecoder::decode_for_store(Signal signal, Encoding encoding, std::string_view body,
                                      std::int64_t received_ns) {
  SeriesChanges changes(series_);
  Decoded decoded;
  if (encoding == Encoding::protobuf) {
    decoded = decode_protobuf(signal, body, options_, changes, received_ns);
  } else {
    decoded = decode_protobuf(signal, json_to_protobuf(signal, body), options_, changes, received_ns);
  }
  decoded.standing = changes.standing();
  decoded.series = std::move(changes);
  decoded.received_ns = received_ns;
  return decoded;
}

void OtlpDecoder::commit(Decoded& decoded) {
  if (decoded.series) series_.commit(std::move(*decoded.series), decoded.received_ns);
  decoded.series.reset();
}

Decoded OtlpDecoder::decode(Signal signal, Encoding encoding, std::string_view body, std::int64_t received_ns) {
  Decoded decoded = decode_for_store(signal, encoding, body, received_ns);
  commit(decoded);
  return decoded;
}

}  // namespace spark::detail::ingest
