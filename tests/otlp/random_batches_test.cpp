// Batches of everything at random: both encodings say the same, every record is in there, and what the first pass
// measured is what the second wrote (the strict reader refuses anything missing or left over).
#include <gtest/gtest.h>

#include "otlp/encoders.h"
#include "otlp/random_records.h"

namespace spark {
namespace {

using detail::otlp::Signal;
using detail::otlp::Temporality;

class OtlpRandomBatches : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, OtlpRandomBatches, ::testing::Range<std::uint64_t>(1, 41));

TEST_P(OtlpRandomBatches, are_the_same_in_both_encodings_and_hold_every_record) {
  testing::RandomRecords generator(GetParam());
  testing::Encoders encoders({.temporality = static_cast<Temporality>(generator.below(3)), .series_per_metric = 4});
  for (int i = 0; i < 5; ++i) {
    const auto batch = testing::make_batch([&](BatchBuilder& b) { generator.fill(b); });
    auto encoded = generator.below(2) == 0 ? encoders.send(*batch) : encoders.encode(*batch);
    std::size_t ends = reduce_traces(*batch).size();
    EXPECT_EQ(encoded.requests.item_count(Signal::traces) + encoded.requests.item_count(Signal::logs),
              batch->spans().size() + batch->events().size() + batch->graphs().size() + ends);
  }
}

}  // namespace
}  // namespace spark
