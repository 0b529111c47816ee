// Batches as bytes: all that a batch can hold comes back, and bytes that are anything else are refused.
#include "backends/reliable/batch_codec.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "backends/records.h"
#include "spark/base/error.h"

namespace spark::detail::reliable {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  std::string text() {
    std::string out;
    for (std::uint64_t i = below(12) * below(12); i > 0; --i) out.push_back(static_cast<char>(below(256)));
    return out;
  }
  Value value(int depth = 0) {
    switch (below(depth > 30 ? 6 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) >> below(64);
      case 3:
        return special_[below(std::size(special_))];
      case 4:
        return text();
      case 5:
        return Bytes{std::vector<std::uint8_t>(below(5), static_cast<std::uint8_t>(below(256)))};
      case 6: {
        Array array(below(4));
        for (Value& element : array) element = value(depth + 1);
        return array;
      }
      default:
        return object(depth + 1);
    }
  }
  Object object(int depth = 0) {
    Object object;
    for (std::uint64_t i = below(5); i > 0; --i) object.set(text(), value(depth));
    return object;
  }
  AttributesView attributes(BatchBuilder& builder) {
    const Object members = object();
    const auto views = builder.attributes(members.size());
    std::size_t at = 0;
    for (const Object::Member& member : members) {
      const Value& kept = builder.keep(std::make_unique<const Value>(member.value));
      views[at++] = {builder.copy(member.key), ValueView(kept)};
    }
    return views;
  }
  std::int64_t time() { return static_cast<std::int64_t>(random_()) >> 4; }  // the texts are relative to 2025
  SpanId span_id() { return {random_() >> below(64)}; }
  TraceId trace_id() { return {random_(), random_()}; }

  void add_trace(BatchBuilder& builder) {
    TraceView trace{.is_end = below(2) == 0, .trace_id = trace_id(), .root_span_id = span_id(), .start_ns = time()};
    trace.end_ns = time();
    trace.status = static_cast<TraceStatus>(below(4));
    trace.name = builder.copy(text());
    trace.graph_hash = builder.copy(text());
    trace.attributes = attributes(builder);
    builder.add(trace);
  }
  void add_span(BatchBuilder& builder) {
    SpanView span{.trace_id = trace_id(), .span_id = span_id(), .parent_span_id = span_id(), .start_ns = time()};
    span.end_ns = time();
    span.kind = static_cast<SpanKind>(below(5));
    span.status = static_cast<SpanStatus>(below(3));
    span.is_local_root = below(2) == 0;
    span.name = builder.copy(text());
    span.status_message = builder.copy(text());
    span.error_type = builder.copy(text());
    span.attributes = attributes(builder);
    const auto events = builder.span_events(below(3));
    for (SpanEventView& event : events) {
      event = {{random_(), random_()}, time(), builder.copy(text()), attributes(builder)};
    }
    span.events = events;
    builder.add(span);
  }
  void add_event(BatchBuilder& builder) {
    EventView event{.event_id = {random_(), random_()}, .trace_id = trace_id(), .span_id = span_id()};
    event.time_ns = time();
    event.type = builder.copy(text());
    event.name = builder.copy(text());
    event.attributes = attributes(builder);
    event.source = static_cast<EventSource>(below(2));
    builder.add(event);
  }
  void add_metric(BatchBuilder& builder) {
    MetricView metric{.metric_id = {random_(), random_()}, .trace_id = trace_id(), .span_id = span_id()};
    metric.time_ns = time();
    metric.value = special_[below(std::size(special_))];
    metric.aggregation_type = static_cast<AggregationType>(below(3));
    metric.is_self_metric = below(2) == 0;
    metric.name = builder.copy(text());
    metric.unit = builder.copy(text());
    metric.attributes = attributes(builder);
    if (below(2) == 0) {
      Distribution distribution{.count = random_(), .sum = special_[below(std::size(special_))]};
      distribution.scale = static_cast<std::int32_t>(random_());
      distribution.zero_count = random_() >> below(64);
      distribution.positive = {static_cast<std::int32_t>(random_()), std::vector<std::uint64_t>(below(200), below(9))};
      distribution.negative = {-1, std::vector<std::uint64_t>(below(3), random_())};
      metric.distribution = &builder.keep(std::make_unique<const Distribution>(distribution));
    }
    builder.add(metric);
  }
  std::shared_ptr<const Batch> batch() {
    Resource resource{.service_name = text(), .service_version = text(), .host_name = text()};
    resource.process_id = time();
    resource.producer_id = random_();
    resource.metadata = object();
    BatchBuilder builder(std::make_shared<Resource>(resource));
    for (std::uint64_t i = below(6); i > 0; --i) add_trace(builder);
    for (std::uint64_t i = below(12); i > 0; --i) add_span(builder);
    for (std::uint64_t i = below(12); i > 0; --i) add_event(builder);
    for (std::uint64_t i = below(12); i > 0; --i) add_metric(builder);
    for (std::uint64_t i = below(3); i > 0; --i) {
      builder.add(GraphDefinition{.hash = text(), .graph_id = text(), .version = text(), .content = object()});
    }
    return builder.build();
  }

 private:
  static constexpr double special_[] = {0.0,
                                        -0.0,
                                        0.1,
                                        1e300,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::denorm_min()};
  std::mt19937_64 random_;
};

// Everything in a batch, for people. Equal texts and equal bytes together leave nothing out: what the text has of
// doubles the bytes have exactly.
std::string text_of(const Batch& batch) {
  const Resource& resource = batch.resource();
  std::string out = resource.service_name + "|" + resource.service_version + "|" + resource.host_name + "|" +
                    std::to_string(resource.process_id) + "|" + std::to_string(resource.producer_id) + "\n";
  for (const TraceView& trace : batch.traces()) {
    out += testing::text(to_record(trace)) + (trace.is_end ? " end " : " start ") + std::to_string(trace.end_ns) + "\n";
  }
  for (const SpanView& span : batch.spans()) {
    out += testing::text(to_record(span)) + (span.is_local_root ? " root\n" : "\n");
    for (const SpanEventView& event : span.events) out += testing::text(to_record(span, event)) + "\n";
  }
  for (const EventView& event : batch.events()) out += testing::text(to_record(event)) + "\n";
  for (const MetricView& metric : batch.metrics()) {
    out += testing::text(to_record(metric)) + (metric.is_self_metric ? " self\n" : "\n");
  }
  for (const GraphDefinition& graph : batch.graphs()) out += testing::text(graph) + "\n";
  return out;
}

class RandomBatches : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomBatches, ::testing::Range<std::uint64_t>(1, 21));

TEST_P(RandomBatches, come_back_as_they_were) {
  Generator generator(GetParam());
  for (int i = 0; i < 10; ++i) {
    const auto batch = generator.batch();
    const std::string bytes = encode_batch(*batch);
    const auto decoded = decode_batch(bytes);
    EXPECT_EQ(text_of(*decoded), text_of(*batch));
    EXPECT_EQ(decoded->counts(), batch->counts());
    EXPECT_EQ(encode_batch(*decoded), bytes);
  }
}

std::string error_of(std::string_view bytes) {
  try {
    (void)decode_batch(bytes);
  } catch (const Error& error) {
    return std::string(to_string(error.code()));
  }
  return "none";
}

// As a row that was written by somebody else: the checksum is right.
std::string sealed(std::string bytes) {
  bytes.resize(bytes.size() - 8);
  const std::uint64_t sum = checksum(bytes);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(sum >> (8 * i) & 0xFF));
  return bytes;
}

TEST_P(RandomBatches, are_refused_if_one_byte_is_missing_or_another_one) {
  Generator generator(GetParam());
  const std::string bytes = encode_batch(*generator.batch());
  const std::size_t step = 1 + bytes.size() / 500;
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    EXPECT_EQ(error_of(std::string_view(bytes).substr(0, i)), "corrupt") << "the first " << i << " bytes";
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ static_cast<char>(1 << generator.below(8)));
    EXPECT_EQ(error_of(changed), "corrupt") << "byte " << i;
  }
  EXPECT_EQ(error_of(bytes + "x"), "corrupt");
}

TEST_P(RandomBatches, with_a_right_checksum_over_wrong_bytes_are_refused_or_are_some_batch) {
  Generator generator(GetParam());
  const std::string bytes = encode_batch(*generator.batch());
  for (int i = 0; i < 500; ++i) {
    std::string changed = bytes;
    for (std::uint64_t changes = 1 + generator.below(3); changes > 0; --changes) {
      // Not the magic, the version and the checksum.
      const std::size_t at = 5 + generator.below(changed.size() - 13);
      switch (generator.below(3)) {
        case 0:
          changed[at] = static_cast<char>(generator.below(256));
          break;
        case 1:
          changed.erase(at, 1);
          break;
        default:
          changed.insert(at, 1, static_cast<char>(0xFF));
      }
    }
    const std::string error = error_of(sealed(changed));
    EXPECT_TRUE(error == "corrupt" || error == "none") << error;
  }
}

TEST(BatchCodec, keeps_every_bit_of_a_double) {
  BatchBuilder builder(std::make_shared<Resource>());
  const double odd_nan = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'DEAD'BEEF});
  builder.add(Metric{.name = "nan", .value = odd_nan});
  builder.add(Metric{.name = "minus zero", .value = -0.0});
  const auto decoded = decode_batch(encode_batch(*builder.build()));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(decoded->metrics()[0].value), 0x7FF8'0000'DEAD'BEEFU);
  EXPECT_TRUE(std::signbit(decoded->metrics()[1].value));
}

TEST(BatchCodec, makes_null_of_what_is_nested_too_deep) {
  Value value = "innermost";
  for (int depth = 0; depth < 2'000; ++depth) value = Array{std::move(value)};
  BatchBuilder builder(std::make_shared<Resource>());
  builder.add(Event{.name = "deep", .attributes = {{"value", std::move(value)}}});
  const auto decoded = decode_batch(encode_batch(*builder.build()));
  const Value* level = &decoded->events()[0].attributes[0].value.nested();
  int levels = 0;
  for (; level->is_array(); level = &level->as_array()[0]) ++levels;
  EXPECT_TRUE(level->is_null());
  EXPECT_EQ(levels, max_value_depth + 1);
}

TEST(BatchCodec, tells_a_later_version_from_damage) {
  std::string bytes = encode_batch(*Generator(1).batch());
  bytes[4] = 2;
  EXPECT_EQ(error_of(sealed(bytes)), "too_new");
  EXPECT_EQ(error_of(""), "corrupt");
  EXPECT_EQ(error_of("SPKB"), "corrupt");
}

TEST(BatchCodec, allocates_nothing_for_what_is_not_there) {
  // An empty batch, but for a list of events that claims 2^60 elements.
  const std::string empty = encode_batch(*BatchBuilder(std::make_shared<Resource>()).build());
  std::string bytes = empty.substr(0, empty.size() - 8 - 3);  // ends before the number of events
  bytes += "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x0F";
  EXPECT_EQ(error_of(sealed(bytes + "12345678")), "corrupt");
}

}  // namespace
}  // namespace spark::detail::reliable
