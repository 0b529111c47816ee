// A receiver on a free loopback port that stores into memory, unless the store is told to fail.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "http/raw_client.h"
#include "ingest/receiver.h"
#include "spark/backends/memory.h"

namespace spark::testing {

// A memory store that takes nothing while `is_failing`.
class FailingStore final : public Store {
 public:
  std::atomic<bool> is_failing{false};

  [[nodiscard]] std::string_view name() const noexcept override { return "failing"; }
  void write(const Batch& batch) override {
    fail_if_asked();
    store_.write(batch);
  }
  void flush(Deadline deadline) override { store_.flush(deadline); }
  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query) override { return store_.query_traces(query); }
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query) override { return store_.query_spans(query); }
  [[nodiscard]] Page<Event> query_events(const EventQuery& query) override { return store_.query_events(query); }
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query) override { return store_.query_metrics(query); }
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query) override {
    return store_.query_graphs(query);
  }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override {
    fail_if_asked();
    return store_.put(kind, id, content, expected_revision);
  }
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override {
    return store_.get(kind, id);
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  void fail_if_asked() const {
    if (is_failing) throw Error(ErrorCode::unavailable, "the disk /secret/place is full");
  }

  MemoryStore store_;
};

class ReceiverTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  // Ends the one before.
  void start(detail::ingest::ReceiverOptions options);

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] RawReply send(std::string_view target, std::string_view body, std::string_view headers);
  [[nodiscard]] RawReply send_json(std::string_view target, std::string_view body) {
    return send(target, body, "Content-Type: application/json\r\n");
  }

  FailingStore store;
  std::unique_ptr<detail::ingest::Receiver> receiver;
};

// ExportTraceServiceRequest in JSON: spans of one trace, named "s1", "s2" …, with these numbers as ids.
[[nodiscard]] std::string spans_json(std::uint64_t first, std::uint64_t count);

}  // namespace spark::testing
