// 2,000 graphs made at random, run in parallel and compared with a reference that knows no parallelism: the same
// outputs, the same nodes executed as often, and a whole trace.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "graph/random_graphs.h"
#include "spark/async/executor.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using tests::Journal;
using tests::RandomGraph;
using tests::RandomOutcome;

constexpr int graphs_of_a_seed = 500;

std::map<std::string, std::int64_t> count_by_node(const Page<Span>& spans) {
  std::map<std::string, std::int64_t> counts;
  for (const Span& span : spans) {
    if (const Value* id = span.attributes.find("node_id")) ++counts[id->as_string()];
  }
  return counts;
}

std::map<std::string, std::int64_t> by_name(const std::map<std::size_t, std::int64_t>& executions) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [node, count] : executions) counts["n" + std::to_string(node)] = count;
  return counts;
}

std::string sorted_json(const Object& object) {
  std::map<std::string, std::string> members;
  for (const auto& [name, value] : object) members.emplace(std::string(name), to_json(value));
  std::string text;
  for (const auto& [name, value] : members) text += name + ": " + value + "\n";
  return text;
}

// What holds for every trace: spans have their parents, starts their ends, and the status is that of the run.
void expect_whole(TelemetryManager& manager, TraceId trace_id, bool has_failed) {
  const Page<Trace> traces = manager.query_traces({.trace_id = trace_id});
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces.front().status, has_failed ? TraceStatus::failed : TraceStatus::completed);
  const Page<Span> spans = manager.query_spans({.trace_id = trace_id});
  const SpanId top = traces.front().root_span_id;
  std::size_t tops = 0;
  for (const Span& span : spans) {
    if (span.attributes.find("node_id") == nullptr) {
      ++tops;
      EXPECT_EQ(span.span_id, top);
    } else {
      EXPECT_EQ(span.parent_span_id, top) << span.name;
    }
    EXPECT_LE(span.start_time, span.end_time);
  }
  EXPECT_EQ(tops, 1U);
  std::map<SpanId, int> open;
  for (const Event& event : manager.query_events({.trace_id = trace_id, .order = Order::oldest_first})) {
    if (event.type == "node_started") ++open[event.span_id];
    if (event.type == "node_finished" || event.type == "node_failed" || event.type == "node_retry")
      --open[event.span_id];
  }
  for (const Span& span : spans) {
    if (span.attributes.find("node_id") == nullptr) continue;
    EXPECT_EQ(open[span.span_id], span.status == SpanStatus::cancelled ? 1 : 0) << span.name;
  }
}

class RandomGraphs : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomGraphs, run_as_their_reference_does) {
  const std::uint32_t threads = GetParam();
  VirtualClock clock;
  Executor executor({.threads = threads, .clock = &clock});
  int failed = 0, looped = 0, skipped = 0;
  for (int number = 0; number < graphs_of_a_seed; ++number) {
    Random random(threads * 1'000'003ULL + static_cast<std::uint64_t>(number));
    const RandomGraph described = tests::make_random_graph(random);
    SCOPED_TRACE("seed " + std::to_string(threads) + ", graph " + std::to_string(number));
    const Inputs inputs{{"seed", number}};
    const RandomOutcome expected = tests::run_in_sequence(described, inputs);
    TelemetryManager manager(TelemetryConfig::create_memory(), {.clock = &clock, .random_seed = 1});
    Journal journal;
    const Graph graph({.start = tests::connect_nodes(described, journal),
                       .id = "random",
                       .telemetry = &manager,
                       .max_parallel_nodes = static_cast<std::size_t>(number % 4)});
    bool has_failed = false;
    Outputs outputs;
    try {
      outputs = sync_wait(executor, graph.run(inputs));
    } catch (const Error& error) {
      FAIL() << "no node throws this: " << error.what();
    } catch (const std::runtime_error&) {
      has_failed = true;
    }
    manager.flush();
    const TraceId trace_id = manager.query_traces({}).front().trace_id;
    expect_whole(manager, trace_id, has_failed);
    ASSERT_EQ(has_failed, expected.has_failed);
    EXPECT_EQ(count_by_node(manager.query_spans({.trace_id = trace_id})), by_name(journal.executions()));
    failed += has_failed ? 1 : 0;
    // Of a run that failed, how far it came depends on what ran beside the node that failed.
    if (!has_failed) {
      ASSERT_EQ(sorted_json(outputs), sorted_json(expected.outputs));
      ASSERT_EQ(by_name(journal.executions()), by_name(expected.executions));
    }
    skipped += expected.executions.size() < described.nodes.size() ? 1 : 0;
    for (const auto& [node, count] : expected.executions) {
      if (count > described.nodes[node].attempts) {
        ++looped;
        break;
      }
    }
  }
  // The seeds are fixed: all that is to be tested is among them.
  EXPECT_GT(failed, graphs_of_a_seed / 50);
  EXPECT_LT(failed, graphs_of_a_seed / 2);
  EXPECT_GT(looped, graphs_of_a_seed / 20);
  EXPECT_GT(skipped, graphs_of_a_seed / 10);
}

INSTANTIATE_TEST_SUITE_P(Threads, RandomGraphs, testing::Values(0U, 1U, 2U, 4U),
                         [](const auto& info) { return "with_" + std::to_string(info.param); });

}  // namespace
}  // namespace spark
