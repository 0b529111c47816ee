#include "spark/propagation/propagate.h"

#include <pthread.h>

#include <memory>
#include <mutex>
#include <unordered_map>

namespace spark {

namespace {

using Content = std::shared_ptr<const RemoteContext>;

// What travels, by the number that contexts have for it. One for the process, never destroyed: a static destructor may
// still call somebody.
class Contents {
 public:
  static Contents& of_process() {
    static Contents* const contents = [] {
      auto* const made = new Contents;
      // A child has what its parent had, and must not find the lock held by a thread that it does not have.
      pthread_atfork([] { of_process().mutex_.lock(); }, [] { of_process().mutex_.unlock(); },
                     [] { of_process().mutex_.unlock(); });
      return made;
    }();
    return *contents;
  }

  std::uint64_t add(Content content) {
    const std::lock_guard lock(mutex_);
    contents_.emplace(++last_, std::move(content));
    return last_;
  }
  void remove(std::uint64_t number) noexcept {
    Content removed;  // destroyed without the lock
    const std::lock_guard lock(mutex_);
    const auto found = contents_.find(number);
    if (found == contents_.end()) return;
    removed = std::move(found->second);
    contents_.erase(found);
  }
  [[nodiscard]] Content find(std::uint64_t number) {
    if (number == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto found = contents_.find(number);
    return found != contents_.end() ? found->second : nullptr;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Content> contents_;
  std::uint64_t last_ = 0;
};

// Whether the context says all that the content does. Most calls bring a parent alone, and need no place of their own.
bool is_said_by(const TelemetryContext& context, const RemoteContext& content) noexcept {
  if (!content.state.empty() || !content.baggage.empty()) return false;
  return !content.parent ||
         (context.trace_id() == content.parent->trace_id && (content.parent->flags & TraceParent::random_flag) != 0);
}

RemoteTrace join(TelemetryManager* manager, const RemoteContext& remote) noexcept {
  if (manager == nullptr || !remote.parent) return {};
  return manager->join_trace(remote.parent->trace_id, remote.parent->span_id, remote.parent->is_sampled());
}

RemoteContext content_of_current() {
  const Content now = Contents::of_process().find(TelemetryContext::current().carried());
  return now ? *now : RemoteContext();
}

RemoteContext with_baggage(Baggage baggage) {
  RemoteContext content = content_of_current();
  content.baggage = std::move(baggage);
  return content;
}

// What came without a parent adds its baggage, if it has any.
RemoteContext below_current(Baggage baggage) {
  return baggage.empty() ? content_of_current() : with_baggage(std::move(baggage));
}

}  // namespace

std::vector<std::pair<std::string_view, std::string>> propagation_headers(const TelemetryContext& context) {
  std::vector<std::pair<std::string_view, std::string>> headers;
  const Content content = Contents::of_process().find(context.carried());
  std::optional<TraceParent> parent;
  const TraceParent* const remote = content && content->parent ? &*content->parent : nullptr;
  if (context.trace_id().is_valid()) {
    parent.emplace();
    parent->trace_id = context.trace_id();
    // A trace that is not recorded has no spans, and must be named all the same for its decision to travel.
    parent->span_id = context.span_id().is_valid() ? context.span_id() : root_span_id(parent->trace_id);
    if (context.is_sampled()) parent->flags = TraceParent::sampled_flag;
    // Who began the trace knows how random its id is; here they all are.
    const bool began_elsewhere = remote != nullptr && remote->trace_id == parent->trace_id;
    parent->flags |= began_elsewhere ? remote->flags & TraceParent::random_flag : TraceParent::random_flag;
  } else if (remote != nullptr) {
    parent = *remote;
  }
  if (parent) {
    headers.emplace_back("traceparent", parent->to_string());
    const bool is_of_state = remote != nullptr && remote->trace_id == parent->trace_id;
    if (is_of_state && !content->state.empty()) headers.emplace_back("tracestate", content->state.to_string());
  }
  if (content && !content->baggage.empty()) headers.emplace_back("baggage", content->baggage.to_string());
  return headers;
}

Baggage current_baggage() {
  const Content content = Contents::of_process().find(TelemetryContext::current().carried());
  return content ? content->baggage : Baggage();
}

namespace detail {

Carried::Carried(RemoteContext content, const TelemetryContext& below)
    : number_(is_said_by(below, content)
                  ? 0
                  : Contents::of_process().add(std::make_shared<const RemoteContext>(std::move(content)))) {}

Carried::~Carried() {
  if (number_ != 0) Contents::of_process().remove(number_);
}

}  // namespace detail

RemoteScope::RemoteScope(TelemetryManager* manager, RemoteContext remote)
    : has_parent_(remote.parent.has_value()),
      trace_(join(manager, remote)),
      carried_(has_parent_ ? std::move(remote) : below_current(std::move(remote.baggage)), trace_.context()),
      scope_((has_parent_ ? trace_.context() : TelemetryContext::current()).with_carried(carried_.number())) {}

BaggageScope::BaggageScope(Baggage baggage)
    : carried_(with_baggage(std::move(baggage)), TelemetryContext()),
      scope_(TelemetryContext::current().with_carried(carried_.number())) {}

}  // namespace spark
