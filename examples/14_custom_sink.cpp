// A backend of one's own: a Sink gets batches on a thread of its own; the manager is given a factory for it.

#include <spark/telemetry.h>
#include <spark/telemetry/sink.h>

#include <cstdio>
#include <memory>

namespace {

class PrintingSink : public spark::Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "printing"; }

  void write(const spark::Batch& batch) override {
    for (const spark::SpanView& span : batch.spans()) {
      std::string attributes;
      spark::append_json(attributes, span.attributes);
      std::printf("%.*s %s\n", static_cast<int>(span.name.size()), span.name.data(), attributes.c_str());
    }
  }

  void flush(spark::Deadline) override { std::fflush(stdout); }
};

}  // namespace

int main() {
  spark::ManagerSources sources;
  sources.sinks.push_back([](const spark::TelemetryConfig&) { return std::make_unique<PrintingSink>(); });
  spark::TelemetryManager manager(spark::TelemetryConfig{}, sources);

  {
    auto trace = manager.start_trace("order");
    auto span = manager.start_span("pay", trace.trace_id, {.attributes = {{"amount", 12.5}, {"currency", "EUR"}}});
  }
  std::printf("complete: %s\n", manager.flush().complete() ? "yes" : "no");
}
