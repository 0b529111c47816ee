#include "ingest/known_senders.h"

#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

constexpr const char* document_kind = "otlp_sender";

}  // namespace

bool KnownSenders::is_new(const RecordId& sender) {
  const std::lock_guard lock(mutex_);
  if (const auto found = is_new_.find(sender); found != is_new_.end()) return found->second;
  // One that is forgotten is found in the store again, and counts as known to it: less is counted, never more.
  if (is_new_.size() >= most) is_new_.clear();
  return is_new_.emplace(sender, remember(sender)).first->second;
}

bool KnownSenders::remember(const RecordId& sender) {
  const std::string id = sender.to_string();
  try {
    if (store_.get(document_kind, id)) return false;
    store_.put(document_kind, id, Value(Object{}), 0);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::conflict) return false;  // another receiver was quicker
    throw SendersNotKept(error.what());
  }
}

}  // namespace spark::detail::ingest
