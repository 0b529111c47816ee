#include "merged_batch.h"

namespace spark::detail {

std::shared_ptr<const Batch> merged_batch(const std::vector<std::shared_ptr<const Batch>>& batches) {
  BatchBuilder builder(std::shared_ptr<const Resource>(batches.front(), &batches.front()->resource()));
  for (const auto& batch : batches) {
    for (const TraceView& trace : batch->traces()) builder.add(trace);
    for (const SpanView& span : batch->spans()) builder.add(span);
    for (const EventView& event : batch->events()) builder.add(event);
    for (const MetricView& metric : batch->metrics()) builder.add(metric);
    for (const GraphDefinition& graph : batch->graphs()) builder.add(GraphDefinition(graph));
  }
  return builder.build();
}

}  // namespace spark::detail
