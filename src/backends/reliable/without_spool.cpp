// In place of everything about spools, where the library is built without SQLite.
#include "backends/reliable/delivery.h"
#include "spark/base/error.h"

namespace spark::detail::reliable {

std::unique_ptr<ReliableSink::Delivery> make_spooled_delivery(std::unique_ptr<Sink>, const ReliableOptions&,
                                                              const ReliableSources&) {
  throw Error(ErrorCode::component_missing, "reliable.spool_path needs SQLite, which this library was built without");
}

}  // namespace spark::detail::reliable
