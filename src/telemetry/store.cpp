#include "spark/telemetry/sink.h"
#include "telemetry/query_rules.h"

namespace spark {

void Store::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) {
  constexpr std::size_t page_size = 1'000;
  detail::check_each(query);
  const std::optional<detail::TimeLimit> limit =
      query.time_limit ? std::optional(detail::TimeLimit(query.time_limit, {})) : std::nullopt;
  SpanQuery next = query;
  next.limit = page_size;
  for (;;) {
    const Page<Span> page = query_spans(next);
    for (const Span& span : page) {
      if (limit) limit->check();
      if (!visit(span)) return;
    }
    if (!page.truncated) return;
    next.cursor = page.cursor;
  }
}

}  // namespace spark
