#include "telemetry/record_json.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "spark/base/json.h"

namespace spark::detail {
namespace {

Object buckets_to_object(const Distribution::Buckets& buckets) {
  Array counts;
  counts.reserve(buckets.counts.size());
  for (const std::uint64_t count : buckets.counts) counts.emplace_back(count);
  return Object{{"offset", buckets.offset}, {"counts", std::move(counts)}};
}

// Counts above the int64 range became doubles, and the largest the next power of two.
std::uint64_t count_of(const Value& value) {
  if (value.is_int()) return static_cast<std::uint64_t>(value.as_int());
  const double count = value.as_double();
  if (!(count >= 0)) return 0;
  return count < 0x1p64 ? static_cast<std::uint64_t>(count) : std::numeric_limits<std::uint64_t>::max();
}

Distribution::Buckets buckets_from_object(const Object& object) {
  Distribution::Buckets buckets;
  buckets.offset = static_cast<std::int32_t>(object.at("offset").as_int());
  const Array& counts = object.at("counts").as_array();
  buckets.counts.reserve(counts.size());
  for (const Value& count : counts) buckets.counts.push_back(count_of(count));
  return buckets;
}

}  // namespace

Object resource_to_object(const Resource& resource) {
  return Object{{"service_name", resource.service_name},
                {"service_version", resource.service_version},
                {"host_name", resource.host_name},
                {"process_id", resource.process_id},
                {"producer_id", SpanId{resource.producer_id}.to_string()},  // 64 bits do not fit a JSON integer
                {"metadata", resource.metadata}};
}

Object distribution_to_object(const Distribution& distribution) {
  return Object{{"count", distribution.count},
                {"sum", distribution.sum},
                {"scale", distribution.scale},
                {"zero_count", distribution.zero_count},
                {"positive", buckets_to_object(distribution.positive)},
                {"negative", buckets_to_object(distribution.negative)}};
}

Distribution distribution_from_json(std::string_view json) {
  const Value value = parse_json(json);
  const Object& object = value.as_object();
  Distribution distribution;
  distribution.count = count_of(object.at("count"));
  distribution.sum = object.at("sum").as_double();
  distribution.scale = static_cast<std::int32_t>(object.at("scale").as_int());
  distribution.zero_count = count_of(object.at("zero_count"));
  distribution.positive = buckets_from_object(object.at("positive").as_object());
  distribution.negative = buckets_from_object(object.at("negative").as_object());
  return distribution;
}

}  // namespace spark::detail
