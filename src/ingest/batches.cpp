#include "ingest/batches.h"

#include <utility>

#include "ingest/resource_reader.h"

namespace spark::detail::ingest {

BatchBuilder* Batches::of(std::string_view resource) {
  if (current_ != nullptr) bytes_of_others_ += current_->size_bytes();
  current_ = nullptr;
  const auto found = by_resource_.find(resource);
  if (found != by_resource_.end()) {
    current_ = found->second;
    bytes_of_others_ -= current_->size_bytes();
    return current_;
  }
  if (builders_.size() >= options_.resources) return nullptr;
  auto read = std::make_shared<const Resource>(read_resource(resource, options_.limits, cuts_));
  BatchBuilder& builder = builders_.emplace_back(std::move(read));
  by_resource_.emplace(resource, &builder);
  current_ = &builder;
  return &builder;
}

void Batches::charge(const BatchBuilder& builder, std::size_t shared) {
  bytes_of_others_ += shared;
  if (bytes_of_others_ + builder.size_bytes() > options_.most_bytes) throw RequestTooLarge(options_.most_bytes);
}

bool Batches::hand_over_if_full(BatchBuilder& builder) {
  if (builder.size() < options_.records_per_batch) return false;
  batches_.push_back(builder.build());
  bytes_of_others_ += batches_.back()->size_bytes();
  return true;
}

std::vector<std::shared_ptr<const Batch>> Batches::finish() {
  for (BatchBuilder& builder : builders_) {
    if (builder.size() != 0) batches_.push_back(builder.build());
  }
  return std::move(batches_);
}

}  // namespace spark::detail::ingest
