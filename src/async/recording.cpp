#include "spark/async/recording.h"

#include "spark/async/blocking.h"

namespace spark {

namespace {

Value to_value(const AttributeValue& value) {
  switch (value.type()) {
    case AttributeValue::Type::null:
      return nullptr;
    case AttributeValue::Type::boolean:
      return value.boolean();
    case AttributeValue::Type::integer:
      return value.integer();
    case AttributeValue::Type::number:
      return value.number();
    case AttributeValue::Type::text:
      return value.text().view();
    case AttributeValue::Type::value:
      return value.value();
  }
  return nullptr;
}

Object to_object(const Attributes& attributes) {
  if (attributes.object() != nullptr) return *attributes.object();
  Object result;
  for (const Attribute& attribute : attributes.list()) {
    result.set(std::string(attribute.key.view()), to_value(attribute.value));
  }
  return result;
}

// Queries are aggregates: in a class with a constructor they are safe to pass to a coroutine.
template <class Query>
class Owned {
 public:
  explicit Owned(const Query& query) : query_(query) {}

  [[nodiscard]] const Query& get() const noexcept { return query_; }

 private:
  Query query_;
};

template <class Record, class Query>
Task<Page<Record>> query_on_pool(const TelemetryManager* manager,
                                 Page<Record> (TelemetryManager::*function)(const Query&) const, Owned<Query> query) {
  auto work = [&] { return (manager->*function)(query.get()); };
  auto task = run_blocking(std::move(work));
  co_return co_await std::move(task);
}

Task<FlushResult> flush_on_pool(TelemetryManager* manager, Seconds deadline) {
  auto work = [manager, deadline] { return manager->flush(deadline); };
  auto task = run_blocking(std::move(work));
  co_return co_await std::move(task);
}

}  // namespace

namespace detail {

OwnedSpan::OwnedSpan(Text name, const SpanOptions& options)
    : literal_(name.is_literal() ? name : Text()),
      name_(name.is_literal() ? std::string() : std::string(name.view())),
      parent_span_id_(options.parent_span_id),
      kind_(options.kind),
      is_root_(options.is_root),
      attributes_(to_object(options.attributes)) {}

ActiveSpan OwnedSpan::start(TelemetryManager& manager) const noexcept {
  return manager.start_span(
      literal_.is_literal() ? literal_ : Text(name_),
      {.parent_span_id = parent_span_id_, .kind = kind_, .attributes = attributes_, .is_root = is_root_});
}

}  // namespace detail

Task<FlushResult> async_flush(TelemetryManager& manager, Seconds deadline) { return flush_on_pool(&manager, deadline); }

Task<Page<Trace>> async_query(TelemetryManager& manager, const TraceQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_traces, Owned(query));
}
Task<Page<Span>> async_query(TelemetryManager& manager, const SpanQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_spans, Owned(query));
}
Task<Page<Event>> async_query(TelemetryManager& manager, const EventQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_events, Owned(query));
}
Task<Page<Metric>> async_query(TelemetryManager& manager, const MetricQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_metrics, Owned(query));
}
Task<Page<GraphDefinition>> async_query(TelemetryManager& manager, const GraphQuery& query) {
  return query_on_pool(&manager, &TelemetryManager::query_graphs, Owned(query));
}

}  // namespace spark
