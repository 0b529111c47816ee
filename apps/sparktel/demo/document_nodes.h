// The nodes of the demo's workflow (document_workflow.h), connected. What they compute is in documents.h.
#pragma once

#include "apps/sparktel/demo/document_workflow.h"
#include "spark/base/ids.h"
#include "spark/graph/node.h"

namespace spark::sparktel {

// The first node. It writes which trace each run is to `trace_id`, because a run that fails gives no outputs to say it
// in. Both arguments must outlive the nodes.
[[nodiscard]] NodePtr make_document_nodes(TraceId& trace_id, const DocumentEvents& events);

}  // namespace spark::sparktel
