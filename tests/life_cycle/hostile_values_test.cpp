// Values that nobody would send on purpose, through a manager into two stores: both have the same, and it is what the
// limits say.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "backends/temporary_directory.h"
#include "fakes/recording_sink.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using testing_directory = testing::TemporaryDirectory;

class HostileValues : public ::testing::Test {
 protected:
  // Records a span with these attributes and gives it as the memory store has it, checked to be the SQLite store's too.
  Span recorded(const Object& attributes) {
    TelemetryManager manager(TelemetryConfig::create_multi(
        {TelemetryConfig::create_memory(), TelemetryConfig::create_sqlite(directory_.file("values.db"))}));
    manager.start_span("s", {.attributes = attributes}).end();
    EXPECT_TRUE(manager.flush(fakes::patience).complete());
    stats_ = manager.stats();
    EXPECT_TRUE(stats_.balanced());
    EXPECT_EQ(stats_.dropped(), 0U);
    Page<Span> spans = manager.query_spans();
    EXPECT_EQ(spans.size(), 1U);
    SqliteStore file({.path = directory_.file("values.db"), .read_only = true});
    const Page<Span> from_file = file.query_spans({.trace_id = spans.front().trace_id});
    EXPECT_EQ(from_file.size(), 1U);
    EXPECT_EQ(to_json(from_file.front().attributes), to_json(spans.front().attributes));
    return std::move(spans.rows.front());
  }

  testing_directory directory_;
  Stats stats_;
};

TEST_F(HostileValues, of_every_type_survive) {
  const Object attributes{{"null", nullptr},
                          {"true", true},
                          {"least", std::numeric_limits<std::int64_t>::min()},
                          {"most", std::numeric_limits<std::int64_t>::max()},
                          {"number", 0.1},
                          {"nan", std::nan("")},
                          {"infinity", std::numeric_limits<double>::infinity()},
                          {"minus infinity", -std::numeric_limits<double>::infinity()},
                          {"minus zero", -0.0},
                          {"least double", std::numeric_limits<double>::denorm_min()},
                          {"text",
                           "Gr\xC3\xBC\xC3\x9F"
                           "e"},
                          {"empty", ""},
                          {"bytes", Bytes{{0, 1, 255}}},
                          {"array", Array{1, "two", Array{}, Object{}}},
                          {"object", Object{{"$double", "not a tag"}, {"", "empty key"}}}};
  EXPECT_EQ(to_json(recorded(attributes).attributes), to_json(attributes));
}

TEST_F(HostileValues, that_are_no_text_become_replacement_characters) {
  const std::string nul("a\0b", 3);
  const Span span = recorded({{nul, nul}, {"invalid", "a\xFF\xC3"}, {"nested", Object{{nul, Array{nul}}}}});
  EXPECT_EQ(span.attributes, (Object{{"a\uFFFDb", "a\uFFFDb"},
                                     {"invalid", "a\uFFFD\uFFFD"},
                                     {"nested", Object{{"a\uFFFDb", Array{"a\uFFFDb"}}}}}));
  EXPECT_GE(stats_.texts_repaired, 4U);
}

TEST_F(HostileValues, longer_than_the_limit_are_cut_and_keep_their_size) {
  const std::string text(10 << 20, 'x');
  const Span span = recorded({{"text", text}, {"nested", Object{{"text", text}}}, {text, 1}});
  EXPECT_EQ(span.attributes.at("text"), Value(std::string(8'192, 'x')));
  EXPECT_EQ(span.attributes.at("text.original_bytes"), Value(10 << 20));
  EXPECT_EQ(span.attributes.at("nested").as_object().at("text"), Value(std::string(8'192, 'x')));
  EXPECT_EQ(span.attributes.at(std::string(256, 'x')), Value(1));
  EXPECT_EQ(stats_.texts_cut, 3U);
}

TEST_F(HostileValues, more_than_the_limit_are_dropped_and_counted) {
  std::vector<Object::Member> members;
  for (int i = 0; i < 100'000; ++i) members.emplace_back("k" + std::to_string(i), i);
  const Span span = recorded(Object(std::move(members)));
  EXPECT_EQ(span.attributes.size(), 128U);
  EXPECT_EQ(stats_.attributes_dropped, 100'000U - 128U);
}

TEST_F(HostileValues, deeper_than_the_limit_end_there) {
  Value deep("the bottom");
  for (int i = 0; i < 10'000; ++i) {
    Array array;
    array.push_back(std::move(deep));  // a braced list would copy
    deep = std::move(array);
  }
  const Span span = recorded(Object{{"deep", std::move(deep)}});
  int depth = 0;
  const Value* value = &span.attributes.at("deep");
  for (; value->is_array(); value = &value->as_array().front()) ++depth;
  EXPECT_TRUE(value->is_null());
  EXPECT_EQ(depth, 32);
  EXPECT_EQ(stats_.values_cut, 1U);
}

TEST_F(HostileValues, in_names_and_messages_are_cut_and_repaired_too) {
  TelemetryManager manager(TelemetryConfig::create_multi(
      {TelemetryConfig::create_memory(), TelemetryConfig::create_sqlite(directory_.file("names.db"))}));
  const std::string name = std::string("n\0", 2) + std::string(10 << 20, 'n');
  {
    ActiveSpan span = manager.start_span(name);
    span.set_status(SpanStatus::failed, name);
    span.add_event(name);
  }
  manager.record_event({.event_type = name, .name = name});
  manager.record_metric({.name = name, .value = std::nan(""), .unit = name});
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  SqliteStore file({.path = directory_.file("names.db"), .read_only = true});
  const std::string expected = "n\uFFFD" + std::string(8'190, 'n');
  for (const auto& spans : {manager.query_spans(), file.query_spans({})}) {
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_EQ(spans[0].name, expected);
    EXPECT_EQ(spans[0].status_message, expected);
  }
  for (const auto& metrics : {manager.query_metrics(), file.query_metrics({})}) {
    ASSERT_EQ(metrics.size(), 1U);
    EXPECT_TRUE(std::isnan(metrics[0].value));
    EXPECT_EQ(metrics[0].unit, expected);
  }
  EXPECT_EQ(manager.query_events().size(), 2U);
  EXPECT_EQ(file.query_events({}).size(), 2U);
}

}  // namespace
}  // namespace spark
