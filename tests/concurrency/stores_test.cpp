// Stores are queried while they are written to: a query sees each batch whole or not at all.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"

namespace spark {
namespace {

constexpr std::uint64_t batches = 100;
constexpr std::uint64_t spans_a_batch = 10;

// Each batch is a trace of its own.
void write_batch(Store& store, const std::shared_ptr<const Resource>& resource, std::uint64_t number) {
  BatchBuilder builder(resource);
  const TraceId trace{1, number};
  const Timestamp time{std::chrono::nanoseconds(number)};
  builder.add(Trace{.trace_id = trace,
                    .name = "t",
                    .start_time = time,
                    .end_time = time,
                    .status = TraceStatus::completed,
                    .attributes = {},
                    .root_span_id = {},
                    .graph_hash = {}});
  for (std::uint64_t id = 1; id <= spans_a_batch; ++id) {
    builder.add(Span{.span_id = {id},
                     .trace_id = trace,
                     .parent_span_id = {},
                     .name = "s",
                     .start_time = time,
                     .end_time = time,
                     .status_message = {},
                     .error_type = {},
                     .attributes = {{"n", number}}});
  }
  store.write(*builder.build());
}

void query_while_writing(Store& store) {
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> partial_answers{0};
  const auto query = [&] {
    while (!done) {
      if (store.query_spans({}).size() % spans_a_batch != 0) ++partial_answers;
      for (const Trace& trace : store.query_traces({.limit = 3})) {
        if (store.query_spans({.trace_id = trace.trace_id}).size() != spans_a_batch) ++partial_answers;
      }
    }
  };
  // More threads than a SqliteStore has readers, so that some wait for their turn.
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) readers.emplace_back(query);
  std::thread documents([&] {
    for (std::uint64_t revision = 0; !done; ++revision) store.put("counter", "n", revision, revision);
  });
  const auto resource = std::make_shared<const Resource>();
  for (std::uint64_t number = 1; number <= batches; ++number) write_batch(store, resource, number);
  done = true;
  for (std::thread& reader : readers) reader.join();
  documents.join();

  EXPECT_EQ(partial_answers, 0U);
  EXPECT_EQ(store.query_spans({}).size(), batches * spans_a_batch);
}

TEST(StoresUnderConcurrency, memory_shows_whole_batches) {
  MemoryStore store;
  query_while_writing(store);
}

TEST(StoresUnderConcurrency, sqlite_shows_whole_batches) {
  std::string directory = (std::filesystem::temp_directory_path() / "spark_stores_XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  {
    SqliteStore store({.path = directory + "/telemetry.db", .checkpoint_bytes = 128 << 10});
    query_while_writing(store);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace spark
