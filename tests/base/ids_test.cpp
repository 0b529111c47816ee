#include "spark/base/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

#include "spark/base/error.h"
#include "spark/base/random.h"

namespace spark {
namespace {

using testing::HasSubstr;

constexpr TraceId example{0x550e8400e29b41d4, 0xa716446655440000};

template <class Id>
std::string parse_error(std::string_view text) {
  try {
    return "no error, but " + Id::parse(text).to_string();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
}

TEST(TraceId, prints_as_uuid_and_as_hex) {
  EXPECT_EQ(example.to_string(), "550e8400-e29b-41d4-a716-446655440000");
  EXPECT_EQ(example.to_hex(), "550e8400e29b41d4a716446655440000");
  EXPECT_EQ(TraceId{}.to_string(), "00000000-0000-0000-0000-000000000000");
}

TEST(TraceId, parses_both_forms_in_either_case) {
  EXPECT_EQ(TraceId::parse("550e8400-e29b-41d4-a716-446655440000"), example);
  EXPECT_EQ(TraceId::parse("550E8400-E29B-41D4-A716-446655440000"), example);
  EXPECT_EQ(TraceId::parse("550e8400e29b41d4a716446655440000"), example);
  EXPECT_EQ(TraceId::parse("550E8400E29B41D4A716446655440000"), example);
  EXPECT_FALSE(TraceId::parse("00000000000000000000000000000000").is_valid());
}

TEST(TraceId, refuses_everything_else_and_quotes_it) {
  EXPECT_EQ(parse_error<TraceId>("xyz"), "cannot read a trace id from \"xyz\": it needs a UUID or 32 hex digits");
  for (const char* text :
       {"", "550e8400-e29b-41d4-a716-44665544000", "550e8400-e29b-41d4-a716-4466554400000",
        "550e8400ee29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716_446655440000",
        "550e8400-e29b-41d4-a716-44665544000g", "550e8400e29b41d4a71644665544000", " 550e8400e29b41d4a71644665544000",
        "{550e8400-e29b-41d4-a716-446655440000}", "550e8400e29b41d4a71644665544000-", "550e8400e29b41d4"}) {
    EXPECT_THAT(parse_error<TraceId>(text), HasSubstr(std::string(1, '"').append(text).append(1, '"'))) << text;
  }
  EXPECT_LT(parse_error<TraceId>(std::string(100'000, 'a')).size(), 200U);
}

TEST(TraceId, is_a_uuid_of_version_7) {
  // RFC 9562, appendix A.6: the same time and random bits.
  const TraceId id = TraceId::make(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F);
  EXPECT_EQ(id.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  const TraceId ones = TraceId::make(0, ~0ULL, ~0ULL);
  EXPECT_EQ(ones.to_string(), "00000000-0000-7fff-bfff-ffffffffffff");
  EXPECT_EQ(ones.random_56(), 0xFFFFFFFFFFFFFFU);
}

TEST(TraceId, later_ids_are_greater) {
  EXPECT_LT(TraceId::make(1'736'935'200'000, ~0ULL, ~0ULL), TraceId::make(1'736'935'200'001, 0, 0));
}

TEST(SpanId, prints_and_parses_16_hex_digits) {
  EXPECT_EQ((SpanId{0x00f067aa0ba902b7}).to_string(), "00f067aa0ba902b7");
  EXPECT_EQ(SpanId::parse("00f067aa0ba902b7"), SpanId{0x00f067aa0ba902b7});
  EXPECT_EQ(SpanId::parse("00F067AA0BA902B7"), SpanId{0x00f067aa0ba902b7});
}

TEST(SpanId, a_uuid_is_refused_with_the_reason) {
  EXPECT_EQ(parse_error<SpanId>("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            "cannot read a span id from \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\": a UUID has 128 bits, a "
            "span id has 64 "
            "as W3C trace context and OTLP require; it needs 16 hex digits");
  for (const char* text : {"", "00f067aa0ba902b", "00f067aa0ba902b77", "00f067aa0ba902bg", "0x00f067aa0ba902"}) {
    EXPECT_EQ(parse_error<SpanId>(text),
              "cannot read a span id from \"" + std::string(text) + "\": it needs 16 hex digits");
  }
}

TEST(RecordId, is_a_uuid_of_version_8_that_keeps_producer_and_sequence) {
  const RecordId id = RecordId::make(0x1122334455667788, 42);
  EXPECT_EQ(id.to_string(), "11223344-5566-8788-8000-00000000002a");
  EXPECT_EQ(RecordId::parse("11223344-5566-8788-8000-00000000002a"), id);
  EXPECT_NE(RecordId::make(1, 42), RecordId::make(2, 42));
  EXPECT_NE(RecordId::make(1, 42), RecordId::make(1, 43));
  EXPECT_THROW(static_cast<void>(RecordId::parse("11223344")), Error);
}

TEST(Ids, random_ids_come_back_from_each_form) {
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    Random random(seed);
    const TraceId trace{random.next(), random.next()};
    ASSERT_EQ(TraceId::parse(trace.to_string()), trace) << "seed " << seed;
    ASSERT_EQ(TraceId::parse(trace.to_hex()), trace) << "seed " << seed;
    const SpanId span{random.next()};
    ASSERT_EQ(SpanId::parse(span.to_string()), span) << "seed " << seed;
    const RecordId record{random.next(), random.next()};
    ASSERT_EQ(RecordId::parse(record.to_string()), record) << "seed " << seed;
  }
}

TEST(Ids, zero_is_none) {
  EXPECT_FALSE(TraceId{}.is_valid());
  EXPECT_FALSE(SpanId{}.is_valid());
  EXPECT_FALSE(RecordId{}.is_valid());
  EXPECT_TRUE((TraceId{0, 1}).is_valid());
  EXPECT_TRUE((TraceId{1, 0}).is_valid());
}

TEST(Ids, nobody_outside_can_choose_ids_of_one_hash) {
  // What fell together under a hash without anything secret, of which these were the factors.
  std::unordered_set<std::size_t> traces, records, spans;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const std::uint64_t high = i << 32 | 0x7000, low = 0x8000'0000'0000'0001ULL ^ (high * 0x9E3779B97F4A7C15ULL);
    traces.insert(std::hash<TraceId>{}({high, low}));
    records.insert(std::hash<RecordId>{}({high, low}));
    // Multiples of a table's size.
    spans.insert(std::hash<SpanId>{}({i * 107'897}) % 107'897);
  }
  EXPECT_EQ(traces.size(), 1'000U);
  EXPECT_EQ(records.size(), 1'000U);
  EXPECT_GT(spans.size(), 900U);
}

TEST(Ids, the_root_span_id_follows_from_the_trace_id) {
  EXPECT_EQ(root_span_id(example), root_span_id(example));
  EXPECT_TRUE(root_span_id(TraceId{}).is_valid());
  std::unordered_set<SpanId> roots;
  std::unordered_set<TraceId> traces;
  Random random(1);
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    const TraceId trace = TraceId::make(i / 100, random.next(), random.next());
    roots.insert(root_span_id(trace));
    traces.insert(trace);
  }
  EXPECT_EQ(roots.size(), traces.size());
}

}  // namespace
}  // namespace spark
