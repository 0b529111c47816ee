#include "ingest/json_schema.h"

namespace spark::detail::ingest {
namespace {

// Apart, so that the short names of the types are no names of anything else.
namespace schema {

using enum JsonType;

constexpr JsonField one(otlp::Field field, JsonType type) { return {.field = field, .type = type}; }
constexpr JsonField many(otlp::Field field, JsonType type) {
  return {.field = field, .type = type, .is_repeated = true};
}
constexpr JsonField one(otlp::Field field, const JsonMessage& of) {
  return {.field = field, .type = message, .message = &of};
}
constexpr JsonField many(otlp::Field field, const JsonMessage& of) {
  return {.field = field, .type = message, .is_repeated = true, .message = &of};
}
constexpr JsonField one(otlp::Field field, std::span<const JsonEnumerator> enumerators) {
  return {.field = field, .type = enumerator, .enumerators = enumerators};
}
constexpr JsonField nullable(otlp::Field field) { return {.field = field, .type = number, .null_is_nan = true}; }

constexpr JsonEnumerator span_kinds[] = {{"SPAN_KIND_UNSPECIFIED", 0}, {"SPAN_KIND_INTERNAL", 1},
                                         {"SPAN_KIND_SERVER", 2},      {"SPAN_KIND_CLIENT", 3},
                                         {"SPAN_KIND_PRODUCER", 4},    {"SPAN_KIND_CONSUMER", 5}};
constexpr JsonEnumerator status_codes[] = {{"STATUS_CODE_UNSET", 0}, {"STATUS_CODE_OK", 1}, {"STATUS_CODE_ERROR", 2}};
constexpr JsonEnumerator temporalities[] = {{"AGGREGATION_TEMPORALITY_UNSPECIFIED", 0},
                                            {"AGGREGATION_TEMPORALITY_DELTA", 1},
                                            {"AGGREGATION_TEMPORALITY_CUMULATIVE", 2}};
constexpr JsonEnumerator severities[] = {
    {"SEVERITY_NUMBER_UNSPECIFIED", 0}, {"SEVERITY_NUMBER_TRACE", 1},   {"SEVERITY_NUMBER_TRACE2", 2},
    {"SEVERITY_NUMBER_TRACE3", 3},      {"SEVERITY_NUMBER_TRACE4", 4},  {"SEVERITY_NUMBER_DEBUG", 5},
    {"SEVERITY_NUMBER_DEBUG2", 6},      {"SEVERITY_NUMBER_DEBUG3", 7},  {"SEVERITY_NUMBER_DEBUG4", 8},
    {"SEVERITY_NUMBER_INFO", 9},        {"SEVERITY_NUMBER_INFO2", 10},  {"SEVERITY_NUMBER_INFO3", 11},
    {"SEVERITY_NUMBER_INFO4", 12},      {"SEVERITY_NUMBER_WARN", 13},   {"SEVERITY_NUMBER_WARN2", 14},
    {"SEVERITY_NUMBER_WARN3", 15},      {"SEVERITY_NUMBER_WARN4", 16},  {"SEVERITY_NUMBER_ERROR", 17},
    {"SEVERITY_NUMBER_ERROR2", 18},     {"SEVERITY_NUMBER_ERROR3", 19}, {"SEVERITY_NUMBER_ERROR4", 20},
    {"SEVERITY_NUMBER_FATAL", 21},      {"SEVERITY_NUMBER_FATAL2", 22}, {"SEVERITY_NUMBER_FATAL3", 23},
    {"SEVERITY_NUMBER_FATAL4", 24}};

// Values hold values, so these are declared before what they hold.
extern const JsonMessage any_value_message, key_value_message;

constexpr JsonField array_value_fields[] = {many(otlp::any_value::values, any_value_message)};
constexpr JsonMessage array_value_message{array_value_fields};
constexpr JsonField kvlist_fields[] = {many(otlp::any_value::values, key_value_message)};
constexpr JsonMessage kvlist_message{kvlist_fields};
constexpr JsonField any_value_fields[] = {one(otlp::any_value::string_value, text),
                                          one(otlp::any_value::bool_value, boolean),
                                          one(otlp::any_value::int_value, int64),
                                          nullable(otlp::any_value::double_value),
                                          one(otlp::any_value::array_value, array_value_message),
                                          one(otlp::any_value::kvlist_value, kvlist_message),
                                          one(otlp::any_value::bytes_value, bytes)};
constexpr JsonMessage any_value_message{any_value_fields};
constexpr JsonField key_value_fields[] = {one(otlp::key_value::key, text),
                                          one(otlp::key_value::value, any_value_message)};
constexpr JsonMessage key_value_message{key_value_fields};

constexpr JsonField resource_fields[] = {many(otlp::resource::attributes, key_value_message),
                                         one(otlp::resource::dropped_attributes, uint32)};
constexpr JsonMessage resource_message{resource_fields};
constexpr JsonField scope_fields[] = {one(otlp::scope::name, text), one(otlp::scope::version, text),
                                      many(otlp::scope::attributes, key_value_message)};
constexpr JsonMessage scope_message{scope_fields};

constexpr JsonField span_event_fields[] = {one(otlp::span_event::time, fixed64), one(otlp::span_event::name, text),
                                           many(otlp::span_event::attributes, key_value_message),
                                           one(otlp::span_event::dropped_attributes, uint32)};
constexpr JsonMessage span_event_message{span_event_fields};
constexpr JsonField span_link_fields[] = {one(otlp::span_link::trace_id, id), one(otlp::span_link::span_id, id),
                                          one(otlp::span_link::trace_state, text),
                                          many(otlp::span_link::attributes, key_value_message)};
constexpr JsonMessage span_link_message{span_link_fields};
constexpr JsonField span_status_fields[] = {one(otlp::span_status::message, text),
                                            one(otlp::span_status::code, status_codes)};
constexpr JsonMessage span_status_message{span_status_fields};
constexpr JsonField span_fields[] = {one(otlp::span::trace_id, id),
                                     one(otlp::span::span_id, id),
                                     one(otlp::span::trace_state, text),
                                     one(otlp::span::parent_span_id, id),
                                     one(otlp::span::name, text),
                                     one(otlp::span::kind, span_kinds),
                                     one(otlp::span::start_time, fixed64),
                                     one(otlp::span::end_time, fixed64),
                                     many(otlp::span::attributes, key_value_message),
                                     one(otlp::span::dropped_attributes, uint32),
                                     many(otlp::span::events, span_event_message),
                                     one(otlp::span::dropped_events, uint32),
                                     many(otlp::span::links, span_link_message),
                                     one(otlp::span::dropped_links, uint32),
                                     one(otlp::span::status, span_status_message),
                                     one(otlp::span::flags, fixed32)};
constexpr JsonMessage span_message{span_fields};

constexpr JsonField log_record_fields[] = {one(otlp::log_record::time, fixed64),
                                           one(otlp::log_record::observed_time, fixed64),
                                           one(otlp::log_record::severity_number, severities),
                                           one(otlp::log_record::severity_text, text),
                                           one(otlp::log_record::body, any_value_message),
                                           many(otlp::log_record::attributes, key_value_message),
                                           one(otlp::log_record::dropped_attributes, uint32),
                                           one(otlp::log_record::flags, fixed32),
                                           one(otlp::log_record::trace_id, id),
                                           one(otlp::log_record::span_id, id),
                                           one(otlp::log_record::event_name, text)};
constexpr JsonMessage log_record_message{log_record_fields};

constexpr JsonField exemplar_fields[] = {
    one(otlp::exemplar::time, fixed64),    nullable(otlp::exemplar::as_double),
    one(otlp::exemplar::as_int, sfixed64), one(otlp::exemplar::span_id, id),
    one(otlp::exemplar::trace_id, id),     many(otlp::exemplar::filtered_attributes, key_value_message)};
constexpr JsonMessage exemplar_message{exemplar_fields};
constexpr JsonField number_point_fields[] = {one(otlp::number_point::start_time, fixed64),
                                             one(otlp::number_point::time, fixed64),
                                             nullable(otlp::number_point::as_double),
                                             one(otlp::number_point::as_int, sfixed64),
                                             many(otlp::number_point::exemplars, exemplar_message),
                                             many(otlp::number_point::attributes, key_value_message),
                                             one(otlp::number_point::flags, uint32)};
constexpr JsonMessage number_point_message{number_point_fields};
constexpr JsonField explicit_point_fields[] = {one(otlp::histogram_point::start_time, fixed64),
                                               one(otlp::histogram_point::time, fixed64),
                                               one(otlp::histogram_point::count, fixed64),
                                               one(otlp::histogram_point::sum, number),
                                               many(otlp::explicit_point::bucket_counts, fixed64),
                                               many(otlp::explicit_point::explicit_bounds, number),
                                               many(otlp::explicit_point::exemplars, exemplar_message),
                                               many(otlp::explicit_point::attributes, key_value_message),
                                               one(otlp::explicit_point::flags, uint32),
                                               one(otlp::explicit_point::min, number),
                                               one(otlp::explicit_point::max, number)};
constexpr JsonMessage explicit_point_message{explicit_point_fields};
constexpr JsonField buckets_fields[] = {one(otlp::buckets::offset, sint32), many(otlp::buckets::counts, uint64)};
constexpr JsonMessage buckets_message{buckets_fields};
constexpr JsonField histogram_point_fields[] = {many(otlp::histogram_point::attributes, key_value_message),
                                                one(otlp::histogram_point::start_time, fixed64),
                                                one(otlp::histogram_point::time, fixed64),
                                                one(otlp::histogram_point::count, fixed64),
                                                one(otlp::histogram_point::sum, number),
                                                one(otlp::histogram_point::scale, sint32),
                                                one(otlp::histogram_point::zero_count, fixed64),
                                                one(otlp::histogram_point::positive, buckets_message),
                                                one(otlp::histogram_point::negative, buckets_message),
                                                one(otlp::histogram_point::flags, uint32),
                                                many(otlp::histogram_point::exemplars, exemplar_message)};
constexpr JsonMessage histogram_point_message{histogram_point_fields};
constexpr JsonField quantile_fields[] = {one(otlp::summary_point::quantile, number),
                                         one(otlp::summary_point::value, number)};
constexpr JsonMessage quantile_message{quantile_fields};
constexpr JsonField summary_point_fields[] = {one(otlp::histogram_point::start_time, fixed64),
                                              one(otlp::histogram_point::time, fixed64),
                                              one(otlp::histogram_point::count, fixed64),
                                              one(otlp::histogram_point::sum, number),
                                              many(otlp::summary_point::quantile_values, quantile_message),
                                              many(otlp::summary_point::attributes, key_value_message),
                                              one(otlp::summary_point::flags, uint32)};
constexpr JsonMessage summary_point_message{summary_point_fields};

constexpr JsonField gauge_fields[] = {many(otlp::metric::data_points, number_point_message)};
constexpr JsonMessage gauge_message{gauge_fields};
constexpr JsonField sum_fields[] = {many(otlp::metric::data_points, number_point_message),
                                    one(otlp::metric::aggregation_temporality, temporalities),
                                    one(otlp::metric::is_monotonic, boolean)};
constexpr JsonMessage sum_message{sum_fields};
constexpr JsonField histogram_fields[] = {many(otlp::metric::data_points, explicit_point_message),
                                          one(otlp::metric::aggregation_temporality, temporalities)};
constexpr JsonMessage histogram_message{histogram_fields};
constexpr JsonField exponential_fields[] = {many(otlp::metric::data_points, histogram_point_message),
                                            one(otlp::metric::aggregation_temporality, temporalities)};
constexpr JsonMessage exponential_message{exponential_fields};
constexpr JsonField summary_fields[] = {many(otlp::metric::data_points, summary_point_message)};
constexpr JsonMessage summary_message{summary_fields};
constexpr JsonField metric_fields[] = {one(otlp::metric::name, text),
                                       one(otlp::metric::unit, text),
                                       one(otlp::metric::gauge, gauge_message),
                                       one(otlp::metric::sum, sum_message),
                                       one(otlp::metric::histogram, histogram_message),
                                       one(otlp::metric::exponential_histogram, exponential_message),
                                       one(otlp::metric::summary, summary_message)};
constexpr JsonMessage metric_message{metric_fields};

// The envelopes of the three signals.
template <const otlp::EnvelopeFields& fields, const JsonMessage& item>
struct Envelope {
  static constexpr JsonField scope_fields[] = {one(otlp::envelope::scope, scope_message), many(fields.items, item)};
  static constexpr JsonMessage scope{scope_fields};
  static constexpr JsonField resource_fields[] = {one(otlp::envelope::resource, resource_message),
                                                  many(fields.scope_items, scope)};
  static constexpr JsonMessage resource{resource_fields};
  static constexpr JsonField request_fields[] = {many(fields.resource_items, resource)};
  static constexpr JsonMessage request{request_fields};
};

}  // namespace schema

// Whether `name` is `camel`, or its form in snake_case.
bool is_name(std::string_view camel, std::string_view name) noexcept {
  std::size_t at = 0;
  for (const char c : camel) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper && at < name.size() && name[at] == '_') {
      if (at + 1 == name.size() || name[at + 1] != c - 'A' + 'a') return false;
      at += 2;
      continue;
    }
    if (at == name.size() || name[at] != c) return false;
    ++at;
  }
  return at == name.size();
}

}  // namespace

const JsonField* JsonMessage::find(std::string_view name) const noexcept {
  for (const JsonField& field : fields) {
    if (is_name(field.field.json, name)) return &field;
  }
  return nullptr;
}

const JsonMessage& json_request(otlp::Signal signal) noexcept {
  switch (signal) {
    case otlp::Signal::metrics:
      return schema::Envelope<otlp::metric_envelope, schema::metric_message>::request;
    case otlp::Signal::logs:
      return schema::Envelope<otlp::log_envelope, schema::log_record_message>::request;
    case otlp::Signal::traces:
      break;
  }
  return schema::Envelope<otlp::trace_envelope, schema::span_message>::request;
}

}  // namespace spark::detail::ingest
