// The encoder when the allocator refuses, at each of its allocations in turn: what it throws leaves no trace.
#include <gtest/gtest.h>

#include <new>

#include "backends/records.h"
#include "fakes/refused_allocations.h"
#include "otlp/encoders.h"

namespace spark {
namespace {

using detail::otlp::Encoder;
using detail::otlp::Encoding;
using detail::otlp::Requests;
using detail::otlp::Temporality;

std::shared_ptr<const Batch> batch_of(std::int64_t time) {
  return testing::make_batch([=](BatchBuilder& b) {
    for (const auto type : {AggregationType::counter, AggregationType::histogram, AggregationType::gauge}) {
      for (int i = 0; i < 4; ++i) {
        const Object attributes = {{"attribute of some length", i + time}};
        Metric metric = testing::make_metric(1, "a metric with a long name", time + i, i < 2 ? attributes : Object{});
        metric.aggregation_type = type;
        metric.value = i;
        b.add(metric);
      }
    }
    b.add(testing::make_span(2, "a span that is a root", time, time + 5));
    b.add(testing::make_trace(1, "a trace", 0, time));
    b.add(testing::make_event(3, "an event", time));
  });
}

void expect_strong_guarantee(Encoding encoding, Temporality temporality) {
  const auto before = batch_of(10), lost = batch_of(20), after = batch_of(30);
  Encoder encoder({.encoding = encoding, .temporality = temporality});
  Encoder untroubled({.encoding = encoding, .temporality = temporality});
  (void)encoder.encode(*before);
  encoder.commit();
  (void)untroubled.encode(*before);
  untroubled.commit();
  const Requests expected = untroubled.encode(*after);

  std::size_t refusals = 0;
  for (bool has_thrown = true; has_thrown; ++refusals) {
    has_thrown = false;
    testing::allocations_left = refusals;
    try {
      (void)encoder.encode(*lost);
    } catch (const std::bad_alloc&) {
      has_thrown = true;
    }
    testing::allocations_left = testing::without_end;
    const Requests requests = encoder.encode(*after);
    ASSERT_EQ(requests.bodies, expected.bodies) << "after allocation " << refusals << " was refused";
    ASSERT_EQ(requests.refused, expected.refused);
  }
  EXPECT_GT(refusals, 20U);
}

TEST(OtlpOutOfMemory, a_batch_that_could_not_be_encoded_might_never_have_been_there) {
  for (const auto encoding : {Encoding::protobuf, Encoding::json}) {
    for (const auto temporality : {Temporality::cumulative, Temporality::delta}) {
      expect_strong_guarantee(encoding, temporality);
    }
  }
}

}  // namespace
}  // namespace spark
