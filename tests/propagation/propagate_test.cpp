#include "spark/propagation/propagate.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include "spark/telemetry.h"

namespace spark {
namespace {

using HeaderMap = std::map<std::string, std::string>;
using HeaderList = std::vector<std::pair<std::string, std::string>>;

const std::string remote_trace = "0af7651916cd43dd8448eb211c80319c", remote_span = "b7ad6b7169203331";

HeaderList remote_headers(const std::string& flags) {
  return {{"TraceParent", "00-" + remote_trace + "-" + remote_span + "-" + flags},
          {"tracestate", "foo=1"},
          {"Content-Type", "text/plain"},
          {"TRACESTATE", "bar=2"},
          {"baggage", "user=alice"}};
}

HeaderMap injected() {
  HeaderMap headers;
  inject(headers);
  return headers;
}

TEST(Propagate, a_span_of_ones_own_is_named_with_the_random_flag) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  auto span = manager.start_span("call");
  const HeaderMap headers = injected();
  const HeaderMap expected{
      {"traceparent", "00-" + span.trace_id().to_hex() + "-" + span.span_id().to_string() + "-03"}};
  EXPECT_EQ(headers, expected);
}

TEST(Propagate, a_trace_that_is_not_recorded_is_named_with_that_decision) {
  TelemetryManager manager(TelemetryConfig::create_memory({.sampling_rate = 0.0}));
  auto span = manager.start_span("call");
  const auto parent = TraceParent::parse(injected()["traceparent"]);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace_id, span.trace_id());
  EXPECT_FALSE(parent->is_sampled());
}

TEST(Propagate, outside_of_any_trace_nothing_is_injected) { EXPECT_TRUE(injected().empty()); }

TEST(Propagate, a_callable_may_be_the_carrier) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  auto span = manager.start_span("call");
  std::string written;
  inject(
      [&written](std::string_view name, const std::string& value) { written.append(name).append(": ").append(value); });
  EXPECT_EQ(written, "traceparent: 00-" + span.trace_id().to_hex() + "-" + span.span_id().to_string() + "-03");
}

TEST(Propagate, what_came_is_extracted_whatever_the_case_of_its_names) {
  const RemoteContext remote = extract(remote_headers("01"));
  ASSERT_TRUE(remote.parent);
  EXPECT_EQ(remote.parent->trace_id.to_hex(), remote_trace);
  EXPECT_EQ(remote.state.to_string(), "foo=1,bar=2");
  EXPECT_EQ(remote.baggage.find("user"), "alice");
}

TEST(Propagate, of_a_malformed_or_doubled_traceparent_nothing_but_the_baggage_comes) {
  HeaderList headers = remote_headers("01");
  headers.emplace_back("traceparent", headers.front().second);
  for (const HeaderList& one : {headers, remote_headers("0x"), remote_headers("1")}) {
    const RemoteContext remote = extract(one);
    EXPECT_FALSE(remote.parent);
    EXPECT_TRUE(remote.state.empty());
    EXPECT_EQ(remote.baggage.find("user"), "alice");
  }
}

TEST(Propagate, a_malformed_tracestate_does_not_touch_the_traceparent) {
  HeaderList headers = remote_headers("01");
  headers.emplace_back("tracestate", "NO=1");
  const RemoteContext remote = extract(headers);
  EXPECT_TRUE(remote.parent);
  EXPECT_TRUE(remote.state.empty());
}

TEST(Propagate, white_space_around_a_traceparent_is_not_part_of_it) {
  HeaderList headers = remote_headers("01");
  headers.front().second = " \t" + headers.front().second + " ";
  EXPECT_TRUE(extract(headers).parent);
}

TEST(Propagate, a_span_below_a_remote_scope_is_the_remote_spans_child_and_passes_on_what_came) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  {
    const RemoteScope scope(&manager, extract(remote_headers("01")));
    auto span = manager.start_span("serve", {.kind = SpanKind::SERVER});
    const HeaderMap expected{{"traceparent", "00-" + remote_trace + "-" + span.span_id().to_string() + "-01"},
                             {"tracestate", "foo=1,bar=2"},
                             {"baggage", "user=alice"}};
    EXPECT_EQ(injected(), expected);
  }
  EXPECT_TRUE(injected().empty());
  manager.flush();
  const auto spans = manager.query_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].trace_id.to_hex(), remote_trace);
  EXPECT_EQ(spans[0].parent_span_id.to_string(), remote_span);
}

TEST(Propagate, the_random_flag_travels_as_it_came) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  HeaderList headers{remote_headers("03").front()};
  for (const char* flags : {"01", "03", "00", "02"}) {
    headers.front().second.replace(53, 2, flags);
    const RemoteScope scope(&manager, extract(headers));
    auto span = manager.start_span("serve");
    EXPECT_EQ(injected()["traceparent"].substr(53), flags);
  }
}

TEST(Propagate, the_callers_decision_to_sample_holds_on_either_side_of_the_rate) {
  for (const bool is_sampled : {true, false}) {
    TelemetryManager manager(TelemetryConfig::create_memory({.sampling_rate = is_sampled ? 0.0 : 1.0}));
    {
      const RemoteScope scope(&manager, extract(remote_headers(is_sampled ? "01" : "00")));
      auto span = manager.start_span("serve");
      EXPECT_EQ(injected()["traceparent"].substr(53), is_sampled ? "01" : "00");
    }
    manager.flush();
    EXPECT_EQ(manager.query_spans().size(), is_sampled ? 1U : 0U);
  }
}

TEST(Propagate, without_a_manager_the_headers_are_passed_on_unchanged) {
  const RemoteScope scope(nullptr, extract(remote_headers("01")));
  const HeaderMap expected{{"traceparent", "00-" + remote_trace + "-" + remote_span + "-01"},
                           {"tracestate", "foo=1,bar=2"},
                           {"baggage", "user=alice"}};
  EXPECT_EQ(injected(), expected);
}

TEST(Propagate, what_comes_without_a_parent_leaves_the_current_trace_and_brings_its_baggage) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  const RemoteScope outer(&manager, extract(remote_headers("01")));
  auto span = manager.start_span("handles");
  const HeaderMap before = injected();
  {
    const RemoteScope nothing(&manager, extract(HeaderMap{}));
    EXPECT_EQ(injected(), before);
  }
  const RemoteScope baggage(&manager, extract(HeaderMap{{"baggage", "user=bob"}}));
  HeaderMap expected = before;
  expected["baggage"] = "user=bob";
  EXPECT_EQ(injected(), expected);
}

TEST(Propagate, headers_may_be_made_while_they_are_read) {
  const HeaderList headers = remote_headers("01");
  const auto made =
      headers | std::views::transform([](const auto& header) { return std::pair<std::string, std::string>(header); });
  const RemoteContext remote = extract(made);
  ASSERT_TRUE(remote.parent);
  EXPECT_EQ(remote.parent->span_id.to_string(), remote_span);
  EXPECT_EQ(remote.baggage.to_string(), "user=alice");
}

TEST(Propagate, a_disabled_manager_passes_the_headers_on_unchanged) {
  TelemetryManager manager(TelemetryConfig::create_noop());
  const RemoteScope scope(&manager, extract(remote_headers("01")));
  auto span = manager.start_span("serve");
  EXPECT_EQ(injected()["traceparent"], "00-" + remote_trace + "-" + remote_span + "-01");
}

TEST(Propagate, the_tracestate_does_not_go_with_another_trace) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  const RemoteScope scope(&manager, extract(remote_headers("01")));
  auto trace = manager.start_trace("of its own");
  auto span = manager.start_span("call", trace.trace_id);
  const HeaderMap headers = injected();
  EXPECT_EQ(headers.count("tracestate"), 0U);
  EXPECT_EQ(headers.at("baggage"), "user=alice");
  EXPECT_EQ(headers.at("traceparent").substr(53), "03");
}

TEST(Propagate, a_tracestate_of_long_entries_alone_is_passed_on_as_far_as_it_fits) {
  std::string state;
  for (char c = 'a'; c <= 'z'; ++c) state += std::string(c == 'a' ? "" : ",") + c + "=" + std::string(200, c);
  HeaderList headers = remote_headers("01");
  for (auto& [name, value] : headers) {
    if (name == "tracestate") value = state;
  }
  const RemoteScope scope(nullptr, extract(headers));
  EXPECT_EQ(injected()["tracestate"], state.substr(0, 10 * 203 - 1) + ",bar=2");
}

TEST(Propagate, baggage_is_changed_for_a_scope_and_the_rest_stays) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  const RemoteScope scope(&manager, extract(remote_headers("01")));
  auto span = manager.start_span("serve");
  {
    Baggage baggage = current_baggage();
    baggage.set("tenant", "a b");
    const BaggageScope changed(baggage);
    auto inner = manager.start_span("call");
    HeaderMap headers = injected();
    EXPECT_EQ(headers["baggage"], "user=alice,tenant=a%20b");
    EXPECT_EQ(headers["tracestate"], "foo=1,bar=2");
    EXPECT_EQ(headers["traceparent"].substr(36, 16), inner.span_id().to_string());
  }
  EXPECT_EQ(injected()["baggage"], "user=alice");
}

TEST(Propagate, baggage_needs_no_trace) {
  Baggage baggage;
  baggage.set("user", "alice");
  const BaggageScope scope(baggage);
  const HeaderMap expected{{"baggage", "user=alice"}};
  EXPECT_EQ(injected(), expected);
}

TEST(Propagate, concurrent_requests_of_one_trace_keep_their_own_baggage) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&manager, &wrong, i] {
      HeaderList headers = remote_headers("01");
      headers.back().second = "user=" + std::to_string(i);
      for (int round = 0; round < 500; ++round) {
        const RemoteScope scope(&manager, extract(headers));
        auto span = manager.start_span("serve");
        if (injected()["baggage"] != "user=" + std::to_string(i)) ++wrong[static_cast<std::size_t>(i)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Propagate, a_context_that_outlives_its_request_has_nothing_to_pass_on_but_its_span) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  TelemetryContext kept;
  {
    const RemoteScope scope(&manager, extract(remote_headers("01")));
    kept = TelemetryContext::current();
  }
  HeaderMap headers;
  inject(headers, kept);
  const HeaderMap expected{{"traceparent", "00-" + remote_trace + "-" + remote_span + "-03"}};
  EXPECT_EQ(headers, expected);
}

}  // namespace
}  // namespace spark
