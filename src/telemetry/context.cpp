#include "spark/telemetry/context.h"

#include "core.h"

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
  if (context_slot() != installed_) return;
  context_slot() = previous_;
  detail::ended_spans.settle(context_slot());
}

}  // namespace spark
