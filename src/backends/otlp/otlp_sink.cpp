#include "backends/otlp/sender.h"
#include "spark/backends/otlp.h"

namespace spark {

class OtlpSink::Impl {
 public:
  Impl(const detail::otlp::Settings& settings, const Clock& clock)
      : sender(settings, detail::otlp::make_batch_encoder(settings, clock.wall_now()), clock) {}

  detail::otlp::Sender sender;
};

OtlpSink::OtlpSink(const TelemetryConfig& config, const Clock& clock)
    : impl_(std::make_unique<Impl>(detail::otlp::resolve_settings(config), clock)) {}

OtlpSink::~OtlpSink() = default;

std::string_view OtlpSink::name() const noexcept { return impl_->sender.name(); }

std::string OtlpSink::destination() const { return impl_->sender.destination(); }

void OtlpSink::write(const Batch& batch) { impl_->sender.write(batch); }

void OtlpSink::flush(Deadline) {}

Refusals OtlpSink::take_refusals() { return impl_->sender.take_refusals(); }

bool OtlpSink::abandon() noexcept {
  impl_->sender.abandon();
  return true;
}

}  // namespace spark

extern "C" spark::Sink* spark_make_otlp_sink(const spark::TelemetryConfig& config) {
  return new spark::OtlpSink(config);
}
