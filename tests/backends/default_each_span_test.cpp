// A store that has no each_span of its own gets one made of pages, which keeps the contract too.
#include <gtest/gtest.h>

#include "backends/store_contract.h"
#include "spark/backends/memory.h"

namespace spark::testing {
namespace {

class StoreOfPages final : public Store {
 public:
  std::string_view name() const noexcept override { return "pages"; }
  void write(const Batch& batch) override { store_.write(batch); }
  void flush(Deadline deadline) override { store_.flush(deadline); }
  Page<Trace> query_traces(const TraceQuery& query) override { return store_.query_traces(query); }
  Page<Span> query_spans(const SpanQuery& query) override { return store_.query_spans(query); }
  Page<Event> query_events(const EventQuery& query) override { return store_.query_events(query); }
  Page<Metric> query_metrics(const MetricQuery& query) override { return store_.query_metrics(query); }
  Page<GraphDefinition> query_graphs(const GraphQuery& query) override { return store_.query_graphs(query); }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content, std::uint64_t revision) override {
    return store_.put(kind, id, content, revision);
  }
  std::optional<Document> get(std::string_view kind, std::string_view id) override { return store_.get(kind, id); }
  std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  MemoryStore store_;
};

TEST(DefaultEachSpan, keeps_the_contract) {
  for (const ContractCase& contract_case : each_span_cases()) {
    StoreOfPages store;
    Checks checks;
    contract_case.run(store, checks);
    for (const std::string& failure : checks.failures()) ADD_FAILURE() << contract_case.name << ": " << failure;
  }
}

}  // namespace
}  // namespace spark::testing
