// Sampling over many traces: whole or absent, the right share, and the same in every process.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fakes/recording_sink.h"
#include "spark/base/random.h"

namespace spark {
namespace {

using fakes::TestManager;

constexpr std::uint64_t seed = 20'250'115;
constexpr int trace_count = 20'000;

// As a manager makes them, of any age.
std::vector<TraceId> seeded_ids() {
  Random random(seed);
  std::vector<TraceId> ids;
  for (int i = 0; i < trace_count; ++i) {
    const std::uint64_t high = random.next();
    ids.push_back(TraceId::make(random.next() >> 20, high, random.next()));
  }
  return ids;
}

TEST(SamplingCampaign, every_trace_is_whole_or_absent_and_the_share_is_the_configured_one) {
  const auto log = std::make_shared<fakes::SinkLog>();
  TestManager telemetry({.sampling_rate = 0.1}, {log});
  for (int i = 0; i < trace_count; ++i) {
    const ActiveTrace trace = telemetry.manager.start_trace("t");
    ActiveSpan outer = telemetry.manager.start_span("outer", trace.trace_id);
    const ActiveSpan inner = telemetry.manager.start_span("inner");
    telemetry.manager.record_event({.name = "current"});
    outer.end();
    telemetry.manager.record_event({.trace_id = trace.trace_id, .name = "by id"});
    telemetry.manager.record_metric({.name = "m", .trace_id = trace.trace_id});
    if (i % 1'000 == 0) telemetry.manager.flush(fakes::patience);
  }
  const auto& records = telemetry.log();
  std::map<TraceId, std::string> parts;
  for (const Trace& trace : records.traces()) parts[trace.trace_id] += trace.end_time ? "E" : "S";
  for (const Span& span : records.spans()) parts[span.trace_id] += "s";
  for (const Event& event : records.events()) parts[event.trace_id] += "e";
  for (const Metric& metric : records.metrics()) parts[metric.trace_id] += "m";
  int whole = 0;
  for (const auto& [id, text] : parts) whole += text == "SEsseem" ? 1 : 0;
  EXPECT_EQ(whole, static_cast<int>(parts.size()));
  // The 99.9 % interval of a binomial distribution with n = 20,000 and p = 0.1, by the normal approximation: 2,000 plus
  // and minus 3.29 standard deviations of 42.4. The ids are seeded, so the count is the same in each run.
  EXPECT_GE(whole, 1'861) << "seed " << seed;
  EXPECT_LE(whole, 2'139) << "seed " << seed;
  EXPECT_TRUE(telemetry.manager.stats().balanced());
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

std::string decisions(TelemetryManager& manager, const std::vector<TraceId>& ids) {
  std::string result;
  for (const TraceId id : ids) result += manager.start_span("s", id).is_recording() ? '1' : '0';
  return result;
}

TEST(SamplingCampaign, two_processes_agree_on_every_id) {
  const auto ids = seeded_ids();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    TelemetryManager manager({.sampling_rate = 0.1},
                             {.sinks = {fakes::RecordingSink::factory(std::make_shared<fakes::SinkLog>(false))}});
    const std::string mine = decisions(manager, ids);
    std::size_t written = 0;
    while (written < mine.size()) {
      const ssize_t more = ::write(ends[1], mine.data() + written, mine.size() - written);
      if (more <= 0) ::_exit(1);
      written += static_cast<std::size_t>(more);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string theirs;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    theirs.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  TelemetryManager manager(
      {.sampling_rate = 0.1},
      {.random_seed = 1, .sinks = {fakes::RecordingSink::factory(std::make_shared<fakes::SinkLog>(false))}});
  EXPECT_EQ(decisions(manager, ids), theirs);
  EXPECT_NE(theirs.find('1'), std::string::npos);
}

TEST(RemoteParent, decides_whether_its_trace_is_sampled) {
  const auto log = std::make_shared<fakes::SinkLog>();
  TestManager all({.sampling_rate = 1}, {log});
  TestManager none({.sampling_rate = 0}, {log});
  const TraceId kept{0x0195'0000'0000'7000, 0x8000'0000'0000'0001},
      refused{0x0195'0000'0000'7000, 0x80FF'FFFF'FFFF'FFFF};
  {
    const RemoteTrace remote = none.manager.join_trace(kept, SpanId{7}, true);
    // By its context, and by its id from elsewhere.
    EXPECT_TRUE(none.manager.start_span("elsewhere", kept).is_recording());
    const ContextScope scope(remote.context());
    ActiveSpan span = none.manager.start_span("server", {.kind = SpanKind::SERVER});
    EXPECT_TRUE(span.is_recording());
    EXPECT_TRUE(none.manager.start_span("child").is_recording());
  }
  {
    const RemoteTrace remote = all.manager.join_trace(refused, SpanId{7}, false);
    EXPECT_FALSE(all.manager.start_span("elsewhere", refused).is_recording());
    const ContextScope scope(remote.context());
    const ActiveSpan span = all.manager.start_span("server");
    EXPECT_FALSE(span.is_recording());
    EXPECT_FALSE(all.manager.start_span("child").is_recording());
  }
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
  // Without the handle the manager's own rate holds again.
  EXPECT_FALSE(none.manager.start_span("later", kept).is_recording());
  EXPECT_TRUE(all.manager.start_span("later", refused).is_recording());
  none.manager.flush(fakes::patience);
  const Span server = log->span("server");
  EXPECT_EQ(server.trace_id, kept);
  EXPECT_EQ(server.parent_span_id, SpanId{7});
  EXPECT_EQ(log->span("child").parent_span_id, server.span_id);
}

TEST(RemoteParent, its_first_local_span_stands_for_the_trace_in_a_store) {
  TelemetryManager manager(TelemetryConfig::create_memory());
  const TraceId id{0x0195'0000'0000'7000, 0x8000'0000'0000'0001};
  {
    const RemoteTrace remote = manager.join_trace(id, SpanId{7}, true);
    const ContextScope scope(remote.context());
    const ActiveSpan span = manager.start_span("handle_request", {.kind = SpanKind::SERVER});
    manager.start_span("inner").end();
  }
  manager.flush(fakes::patience);
  const Page<Trace> traces = manager.query_traces();
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].trace_id, id);
  EXPECT_EQ(traces[0].name, "handle_request");
  EXPECT_TRUE(traces[0].partial);
}

}  // namespace
}  // namespace spark
