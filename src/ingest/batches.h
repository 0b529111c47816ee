// The batches that one request becomes: one for each resource, and more where there are many records. One thread at a
// time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/decoder_options.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::ingest {

class Batches {
 public:
  Batches(const DecoderOptions& options, Cuts& cuts) : options_(options), cuts_(cuts) {}

  // The builder for records of the Resource with these bytes, which outlive this; lives as long. Null: there are as
  // many resources as there may be.
  [[nodiscard]] BatchBuilder* of(std::string_view resource);
  // After each record that was put into `builder`, and for what is in none yet. Throws RequestTooLarge. `shared`: what
  // the record shares with others in memory, but not where it is written.
  void charge(const BatchBuilder& builder, std::size_t shared);
  // Hands a full batch over. True if it was one:
  // what is in the arena for further records has to be put there anew.
  bool hand_over_if_full(BatchBuilder& builder);
  // All that is left. Batches without records are left out.
  [[nodiscard]] std::vector<std::shared_ptr<const Batch>> finish();

 private:
  const DecoderOptions& options_;
  Cuts& cuts_;
  std::deque<BatchBuilder> builders_;
  std::unordered_map<std::string_view, BatchBuilder*> by_resource_;
  std::vector<std::shared_ptr<const Batch>> batches_;
  BatchBuilder* current_ = nullptr;
  std::size_t bytes_of_others_ = 0;  // of batches handed over, and of all builders but the current one
};

}  // namespace spark::detail::ingest
