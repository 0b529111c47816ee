#include "telemetry/measurements.h"

#include <algorithm>
#include <utility>

#include "telemetry/exponential_histogram.h"

namespace spark::detail {
namespace {

// OpenTelemetry data model, "ExponentialHistogram": the scales that implementations have.
constexpr std::int32_t largest_scale = 20;

// Far more than any program measures, and far less than what overflows: of one distribution, and of a group.
constexpr std::uint64_t most_of_distribution = std::uint64_t{1} << 53, most_of_group = std::uint64_t{1} << 63;

// Of all finite doubles, at max_scale.
constexpr std::int64_t first_index = -1'075 * (1 << max_scale);
constexpr std::int64_t last_index = 1'024 * (1 << max_scale);

std::int64_t last_of(const Distribution::Buckets& buckets) noexcept {
  return std::int64_t{buckets.offset} + static_cast<std::int64_t>(buckets.counts.size()) - 1;
}

bool is_within_doubles(const Distribution::Buckets& buckets, std::int32_t scale) noexcept {
  const int finer = std::max(0, scale - max_scale), coarser = std::max(0, max_scale - scale);
  return buckets.counts.empty() || ((std::int64_t{buckets.offset} >> finer) >= (first_index >> coarser) &&
                                    (last_of(buckets) >> finer) <= (last_index >> coarser));
}

// All measurements in the buckets; more than most_of_distribution if there is no telling.
std::uint64_t count_of(const Distribution& distribution) noexcept {
  std::uint64_t count = std::min(distribution.zero_count, most_of_distribution + 1);
  for (const Distribution::Buckets* const side : {&distribution.positive, &distribution.negative}) {
    for (const std::uint64_t in_bucket : side->counts) {
      count += std::min(in_bucket, most_of_distribution + 1);
      if (count > most_of_distribution) return count;
    }
  }
  return count;
}

void trim(Distribution::Buckets& buckets) {
  const auto is_used = [](std::uint64_t count) { return count != 0; };
  buckets.counts.erase(std::find_if(buckets.counts.rbegin(), buckets.counts.rend(), is_used).base(),
                       buckets.counts.end());
  const auto first = std::find_if(buckets.counts.begin(), buckets.counts.end(), is_used);
  buckets.offset += static_cast<std::int32_t>(first - buckets.counts.begin());
  buckets.counts.erase(buckets.counts.begin(), first);
}

// How many buckets the two make together at a scale that is `shift` and `shift_more` coarser than theirs.
std::size_t joint_size(const Distribution::Buckets& buckets, int shift, const Distribution::Buckets& more,
                       int shift_more) noexcept {
  const auto size = [](std::int64_t first, std::int64_t last) { return static_cast<std::size_t>(last - first + 1); };
  const std::int64_t first = std::int64_t{buckets.offset} >> shift, last = last_of(buckets) >> shift;
  const std::int64_t first_more = std::int64_t{more.offset} >> shift_more, last_more = last_of(more) >> shift_more;
  if (more.counts.empty()) return buckets.counts.empty() ? 0 : size(first, last);
  if (buckets.counts.empty()) return size(first_more, last_more);
  return size(std::min(first, first_more), std::max(last, last_more));
}

// The upper bound of a bucket; where that is too large or too small for a double, the last one that is not.
double upper_bound(std::int64_t index, std::int32_t scale) noexcept {
  using Limits = std::numeric_limits<double>;
  return std::clamp(std::exp2(std::ldexp(static_cast<double>(index + 1), -scale)), Limits::denorm_min(), Limits::max());
}

// With the least relative error to all numbers of a bucket: 2 * low * high / (low + high), written so that it cannot
// overflow. The error is (base - 1) / (base + 1).
double middle(std::int64_t index, std::int32_t scale) noexcept {
  const double low = upper_bound(index - 1, scale), high = upper_bound(index, scale);
  return low * (2 / (1 + low / high));
}

double relative_error(std::int32_t scale) noexcept {
  const double growth = std::expm1(std::ldexp(std::log(2.0), -scale));  // base - 1
  return growth / (growth + 2);
}

// Places of p50, p90, p95 and p99 among `count` numbers, from 0.
constexpr std::uint64_t percents[] = {50, 90, 95, 99};
std::uint64_t place_of(std::uint64_t percent, std::uint64_t count) noexcept {
  // ceil(percent * count / 100) - 1, in two steps that do not overflow
  return percent * (count / 100) + (percent * (count % 100) + 99) / 100 - 1;
}

}  // namespace

void Measurements::add(double value) {
  if (std::isnan(value)) return;
  value += 0.0;  // makes -0 a 0: which of them was the first would show otherwise
  ++count_;
  sum_.add(value);
  see(value);
  if (has_buckets_) {
    add_to_buckets(value);
  } else {
    values_.push_back(value);
  }
}

void Measurements::add_to_buckets(double value) {
  if (std::isinf(value)) {
    ++(value > 0 ? infinite_ : minus_infinite_);
    return;
  }
  if (value == 0) {
    ++buckets_.zero_count;
    return;
  }
  Distribution::Buckets& side = value > 0 ? buckets_.positive : buckets_.negative;
  const std::int32_t index = bucket_index(std::fabs(value));
  const auto place = std::int64_t{index >> (max_scale - buckets_.scale)} - side.offset;
  if (place >= 0 && place < static_cast<std::int64_t>(side.counts.size())) {
    ++side.counts[static_cast<std::size_t>(place)];
    return;
  }
  Distribution one{.scale = max_scale};
  (value > 0 ? one.positive : one.negative) = {.offset = index, .counts = {1}};
  merge(std::move(one));
}

void Measurements::add(const Distribution& distribution) {
  if (distribution.scale > largest_scale || distribution.scale < min_scale || std::isnan(distribution.sum)) return;
  // The buckets are what percentiles are found in, so the count is theirs.
  const std::uint64_t count = count_of(distribution);
  if (count == 0 || count > most_of_distribution || count > most_of_group - count_) return;
  constexpr std::int64_t largest_index = std::numeric_limits<std::int32_t>::max();
  if (last_of(distribution.positive) > largest_index || last_of(distribution.negative) > largest_index) return;
  Distribution more = distribution;
  trim(more.positive);
  trim(more.negative);
  if (!is_within_doubles(more.positive, more.scale) || !is_within_doubles(more.negative, more.scale)) return;
  rescale(more, max_scale);
  count_ += count;
  sum_.add(distribution.sum);
  const Distribution::Buckets &negative = more.negative, &positive = more.positive;
  if (more.zero_count > 0) see(0);
  if (!positive.counts.empty()) {
    see(upper_bound(std::int64_t{positive.offset} - 1, more.scale));
    see(upper_bound(last_of(positive), more.scale));
  }
  if (!negative.counts.empty()) {
    see(-upper_bound(std::int64_t{negative.offset} - 1, more.scale));
    see(-upper_bound(last_of(negative), more.scale));
  }
  become_buckets();
  merge(std::move(more));
}

void Measurements::merge(Distribution more) {
  std::int32_t scale = std::min(buckets_.scale, more.scale);
  const auto size = [&] {
    const int shift = buckets_.scale - scale, shift_more = more.scale - scale;
    return joint_size(buckets_.positive, shift, more.positive, shift_more) +
           joint_size(buckets_.negative, shift, more.negative, shift_more);
  };
  while (scale > min_scale && size() > most_buckets_) --scale;
  rescale(buckets_, scale);
  rescale(more, scale);
  add_buckets(buckets_.positive, more.positive);
  add_buckets(buckets_.negative, more.negative);
  buckets_.zero_count += more.zero_count;
}

void Measurements::become_buckets() {
  if (has_buckets_) return;
  has_buckets_ = true;
  buckets_.scale = max_scale;
  for (const double value : values_) add_to_buckets(value);
  values_ = {};
}

void Measurements::hold_at_most(std::size_t room) {
  most_buckets_ = std::min(room, max_buckets);
  if (held() <= (has_buckets_ ? most_buckets_ : room)) return;
  become_buckets();
  merge(Distribution{.scale = buckets_.scale});
}

double Measurements::at_place(std::uint64_t place) const noexcept {
  if (place < minus_infinite_) return -std::numeric_limits<double>::infinity();
  place -= minus_infinite_;
  // Minimum and maximum are better known than their buckets.
  const auto known = [&](double value) { return std::clamp(value, min_, max_); };
  const auto& negative = buckets_.negative.counts;
  for (std::size_t i = negative.size(); i-- > 0; place -= negative[i]) {
    if (place < negative[i]) {
      return known(-middle(buckets_.negative.offset + static_cast<std::int64_t>(i), buckets_.scale));
    }
  }
  if (place < buckets_.zero_count) return 0;
  place -= buckets_.zero_count;
  const auto& positive = buckets_.positive.counts;
  for (std::size_t i = 0; i < positive.size(); place -= positive[i], ++i) {
    if (place < positive[i]) {
      return known(middle(buckets_.positive.offset + static_cast<std::int64_t>(i), buckets_.scale));
    }
  }
  return std::numeric_limits<double>::infinity();
}

void Measurements::summarize(Group& group) {
  group.measured = count_;
  group.sum = sum_.value();
  if (count_ == 0) return;
  group.mean = group.sum / static_cast<double>(count_);
  group.min = min_;
  group.max = max_;
  double* const fields[] = {&group.p50, &group.p90, &group.p95, &group.p99};
  auto begin = values_.begin();
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    const std::uint64_t place = place_of(percents[i], count_);
    if (has_buckets_) {
      *fields[i] = at_place(place);
      continue;
    }
    // What is before an earlier place is smaller, so each search has less to look through.
    const auto wanted = values_.begin() + static_cast<std::ptrdiff_t>(place);
    if (begin != values_.end() && wanted >= begin) std::nth_element(begin, wanted, values_.end());
    *fields[i] = *wanted;
    begin = wanted + 1;
  }
  if (has_buckets_) group.percentile_error = relative_error(buckets_.scale);
}

}  // namespace spark::detail
