#include "self_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>
#include <string_view>

#include "core.h"

namespace spark::detail {
namespace {

// What our record kinds are called in OpenTelemetry.
struct Signal {
  RecordKind kind;
  std::string_view exported;
};
constexpr Signal signals[] = {{RecordKind::span, "otel.sdk.exporter.span.exported"},
                              {RecordKind::event, "otel.sdk.exporter.log.exported"},
                              {RecordKind::metric, "otel.sdk.exporter.metric_data_point.exported"}};

double cpu_seconds() noexcept {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The second field of /proc/self/statm (proc(5)): resident pages.
double resident_bytes() noexcept {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

class Points {
 public:
  Points(Decoder& decoder, std::int64_t now) : decoder_(decoder), now_(now) {}

  void add(std::string_view name, AggregationType type, std::string_view unit, double value,
           std::initializer_list<AttributeView> attributes = {}) {
    BatchBuilder& builder = decoder_.builder();
    const auto copied = builder.attributes(attributes.size());
    std::size_t at = 0;
    for (const AttributeView& attribute : attributes) {
      copied[at++] = {attribute.key, ValueView(builder.copy(attribute.value.text()))};
    }
    builder.add(MetricView{.metric_id = decoder_.next_record_id(),
                           .time_ns = now_,
                           .value = value,
                           .aggregation_type = type,
                           .is_self_metric = true,
                           .name = name,
                           .unit = unit,
                           .attributes = copied});
    ++count_;
  }
  void growth(std::string_view name, std::string_view unit, std::uint64_t now, std::uint64_t before,
              std::initializer_list<AttributeView> attributes = {}) {
    if (now > before) add(name, AggregationType::counter, unit, static_cast<double>(now - before), attributes);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  Decoder& decoder_;
  const std::int64_t now_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::uint64_t SelfMetrics::add_to(Decoder& decoder, const Core& core) {
  Points points(decoder, core.ticks().epoch_now_ns());
  Stats now = core.front_stats_in_round();
  core.add_sink_stats(now);
  const FrontRow& spans = now[RecordKind::span];
  points.growth("otel.sdk.span.started", "{span}", spans.recorded, last_[RecordKind::span].recorded);
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    const AttributeView error{"error.type", ValueView(to_string(static_cast<DropReason>(reason)))};
    points.growth("otel.sdk.processor.span.processed", "{span}", spans.dropped[reason],
                  last_[RecordKind::span].dropped[reason], {error});
  }
  points.growth("otel.sdk.processor.span.processed", "{span}", spans.admitted, last_[RecordKind::span].admitted);
  for (std::size_t i = 0; i < now.sinks.size(); ++i) {
    const SinkStats& sink = now.sinks[i];
    const SinkStats* const before = i < last_.sinks.size() ? &last_.sinks[i] : nullptr;
    const AttributeView component{"otel.component.name", ValueView(std::string_view(sink.name))};
    for (const Signal& signal : signals) {
      const auto kind = static_cast<std::size_t>(signal.kind);
      points.growth(signal.exported, "{record}", sink.rows[kind].exported,
                    before != nullptr ? before->rows[kind].exported : 0, {component});
    }
    points.add("otel.sdk.processor.span.queue.size", AggregationType::gauge, "{span}",
               static_cast<double>(sink.rows[static_cast<std::size_t>(RecordKind::span)].queued), {component});
  }
  const double cpu = cpu_seconds();
  points.add("process.cpu.time", AggregationType::counter, "s", cpu - last_cpu_seconds_);
  points.add("process.memory.usage", AggregationType::gauge, "By", resident_bytes());
  last_ = std::move(now);
  last_cpu_seconds_ = cpu;
  return points.count();
}

}  // namespace spark::detail
