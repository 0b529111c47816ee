#include "spark/telemetry/context.h"

#include "core.h"
#include "spark/telemetry/detail/ended_spans.h"

namespace spark {

TelemetryManager* TelemetryContext::manager() const noexcept {
  auto* const core = reinterpret_cast<detail::Core*>(slot_.words[0]);
  return core != nullptr ? &core->face() : nullptr;
}

ContextScope::ContextScope(const TelemetryContext& context) noexcept
    : previous_(context_slot()), installed_(context.slot(previous_.chain)) {
  context_slot() = installed_;
}

ContextScope::~ContextScope() {
  if (context_slot() != installed_) {
    detail::note_ended(installed_, previous_);  // a span that began in it is still current
    return;
  }
  context_slot() = previous_;
  detail::settle(context_slot());
}

}  // namespace spark
