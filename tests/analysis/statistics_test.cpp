// Intervals and tests, with published examples where there are some and otherwise numbers that a pencil gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "analysis/refusal.h"
#include "analysis/sample.h"
#include "analysis/sum.h"
#include "spark/analysis/proportions.h"
#include "spark/analysis/rank_test.h"
#include "spark/analysis/trend_test.h"
#include "spark/base/error.h"

namespace spark::analysis {
namespace {

using ::spark::testing::refusal;
using ::testing::DoubleNear;
using ::testing::FieldsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

auto interval_near(double low, double high, double tolerance = 5e-5) {
  return FieldsAre(DoubleNear(low, tolerance), DoubleNear(high, tolerance));
}

TEST(TwoSidedZ, IsThatOfTheTables) {
  EXPECT_NEAR(two_sided_z(0.95), 1.959963984540054, 1e-12);
  EXPECT_NEAR(two_sided_z(0.99), 2.5758293035489004, 1e-12);
  EXPECT_NEAR(two_sided_z(0.5), 0.6744897501960817, 1e-12);
}

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I,
// method 3.
TEST(WilsonInterval, IsThatOfNewcombesExamples) {
  EXPECT_THAT(wilson_interval({81, 263}), interval_near(0.2553, 0.3662));
  EXPECT_THAT(wilson_interval({15, 148}), interval_near(0.0624, 0.1605));
  EXPECT_THAT(wilson_interval({0, 20}), interval_near(0.0000, 0.1611));
  EXPECT_THAT(wilson_interval({1, 29}), interval_near(0.0061, 0.1718));
}

TEST(WilsonInterval, TouchesTheEndsExactly) {
  EXPECT_EQ(wilson_interval({0, 7}).low, 0);
  EXPECT_EQ(wilson_interval({7, 7}).high, 1);
  EXPECT_EQ(wilson_interval({0, 0}), (RealInterval{0, 1}));
}

// Newcombe, "Interval estimation for the difference between independent proportions", 1998, table II, method 10. His
// difference is that of the first and the second.
TEST(NewcombeInterval, IsThatOfNewcombesExamples) {
  EXPECT_THAT(newcombe_interval({48, 80}, {56, 70}), interval_near(0.0524, 0.3339));
  EXPECT_THAT(newcombe_interval({3, 10}, {9, 10}), interval_near(0.1705, 0.8090));
  EXPECT_THAT(newcombe_interval({2, 7}, {6, 7}), interval_near(0.0582, 0.8062));
  EXPECT_THAT(newcombe_interval({0, 29}, {5, 56}), interval_near(-0.0381, 0.1926));
  EXPECT_THAT(newcombe_interval({0, 20}, {0, 10}), interval_near(-0.1611, 0.2775));
  EXPECT_THAT(newcombe_interval({0, 20}, {10, 10}), interval_near(0.6791, 1.0000));
}

// The tea of Fisher, "The Design of Experiments", 1935; the twins of his "Logic of inductive inference", 1935, as
// evaluated in R's manual of fisher.test.
TEST(FisherExact, IsThatOfFishersExamples) {
  EXPECT_NEAR(fisher_exact({3, 4}, {1, 4}), 34.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_exact({4, 4}, {0, 4}), 2.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_exact({2, 17}, {10, 13}), 0.0005367, 5e-8);
}

TEST(FisherExact, IsOneWhereNothingCanBeTold) {
  EXPECT_EQ(fisher_exact({0, 0}, {3, 5}), 1);
  EXPECT_NEAR(fisher_exact({5, 10}, {50, 100}), 1, 1e-9);
  EXPECT_NEAR(fisher_exact({0, 10}, {0, 10}), 1, 1e-12);
}

TEST(FisherExact, TakesManyTrials) {
  EXPECT_LT(fisher_exact({1'000, 100'000}, {1'200, 100'000}), 1e-4);
  EXPECT_GT(fisher_exact({1'000, 100'000}, {1'010, 100'000}), 0.5);
}

TEST(Proportions, RefuseWhatCannotBe) {
  EXPECT_EQ(refusal([] { (void)wilson_interval({2, 1}); }), "Proportion::hits is 2: there were 1 trials");
  EXPECT_EQ(refusal([] { (void)fisher_exact({2, 1}, {0, 1}); }), "Proportion::hits is 2: there were 1 trials");
  EXPECT_EQ(refusal([] {
              (void)fisher_exact({0, 1}, {0, max_fisher_trials});
            }),
            "fisher_exact: trials are more than 10000000");
  for (const double confidence : {0.0, 1.0, -1.0, nan}) {
    EXPECT_THAT(refusal([&] { (void)wilson_interval({1, 2}, confidence); }), ::testing::StartsWith("confidence is "));
  }
}

// The manual of SciPy's mannwhitneyu: the ages at which men and women were found to have diabetes.
TEST(MannWhitney, IsThatOfScipysExample) {
  const std::vector<double> men{19, 22, 16, 29, 24}, women{20, 11, 17, 12};
  const MannWhitney result = mann_whitney(women, men);
  EXPECT_EQ(result.u, 17);
  EXPECT_NEAR(result.p_value, 0.11134688653314041, 1e-12);
  EXPECT_DOUBLE_EQ(result.probability, 0.85);
  EXPECT_EQ(mann_whitney(men, women).u, 3);
}

// Hollander and Wolfe, "Nonparametric statistical methods", 1973, p. 69: permeability of membranes at term and before.
TEST(MannWhitneyAndHodgesLehmann, AreThoseOfHollanderAndWolfe) {
  const std::vector<double> term{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> before{1.15, 0.88, 0.90, 0.74, 1.21};
  EXPECT_EQ(mann_whitney(before, term).u, 35);
  EXPECT_NEAR(hodges_lehmann(before, term).shift, 0.305, 1e-12);
}

TEST(MannWhitney, CorrectsTheVarianceForTies) {
  // u is 8 of 9; 2 is there three times and 3 twice: the variance is 9/12 (7 - (24 + 6)/30), z = (3.5 - 0.5)/its root.
  const MannWhitney result = mann_whitney(std::vector<double>{1, 2, 2}, std::vector<double>{2, 3, 3});
  EXPECT_EQ(result.u, 8);
  EXPECT_NEAR(result.p_value, std::erfc(3.0 / std::sqrt(9.0 / 12 * (7 - 30.0 / 30)) / std::sqrt(2.0)), 1e-12);
}

TEST(MannWhitney, FindsNothingInEqualOrEmptySamples) {
  EXPECT_EQ(mann_whitney(std::vector<double>{5, 5}, std::vector<double>{5, 5, 5}).p_value, 1);
  EXPECT_EQ(mann_whitney({}, std::vector<double>{5}), (MannWhitney{.size_b = 1}));
  EXPECT_EQ(mann_whitney(std::vector<double>{nan, infinity, 1}, std::vector<double>{nan}), (MannWhitney{.size_a = 1}));
}

TEST(HodgesLehmann, IsTheMedianOfAllDifferences) {
  constexpr std::uint64_t seed = 5;
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    std::vector<double> a(1 + random.next() % 30), b(1 + random.next() % 30), differences;
    // Small whole numbers have many ties; quarters are exact.
    for (double& value : a) value = static_cast<double>(random.next() % 40) / 4 - 5;
    for (double& value : b) value = static_cast<double>(random.next() % 40) / 4 - 4;
    for (const double x : a) {
      for (const double y : b) differences.push_back(y - x);
    }
    std::sort(differences.begin(), differences.end());
    const std::size_t count = differences.size();
    const HodgesLehmann result = hodges_lehmann(a, b);
    ASSERT_EQ(result.shift, (differences[(count - 1) / 2] + differences[count / 2]) / 2);
    const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
    const double k = std::floor(n * m / 2 - 1.959963984540054 * std::sqrt(n * m * (n + m + 1) / 12));
    const std::size_t from_the_end = k < 1 ? 1 : static_cast<std::size_t>(k);
    ASSERT_EQ(result.interval, (RealInterval{differences[from_the_end - 1], differences[count - from_the_end]}));
  }
}

TEST(HodgesLehmann, LeavesOutWhatIsNoNumber) {
  EXPECT_EQ(hodges_lehmann(std::vector<double>{1, nan}, std::vector<double>{infinity, 3, -infinity}),
            (HodgesLehmann{2, {2, 2}}));
  EXPECT_EQ(hodges_lehmann({}, std::vector<double>{1}), HodgesLehmann{});
}

TEST(MannKendall, CountsPairsThatRiseAndFall) {
  std::vector<Point> points;
  for (int i = 9; i >= 0; --i) points.push_back({static_cast<double>(i), static_cast<double>(i * i)});
  const MannKendall rising = mann_kendall(points);
  EXPECT_EQ(rising.s, 45);
  EXPECT_EQ(rising.variance, 125);  // 10 * 9 * 25 / 18
  EXPECT_NEAR(rising.p_value, std::erfc(44 / std::sqrt(250.0)), 1e-15);

  // 1 2 2 3 1: rises 4, falls 3, ties two of 2: (5*4*15 - 2*2*1*9)/18.
  const MannKendall tied = mann_kendall(std::vector<Point>{{0, 1}, {1, 2}, {2, 2}, {3, 3}, {4, 1}});
  EXPECT_EQ(tied.s, 2);
  EXPECT_DOUBLE_EQ(tied.variance, 264.0 / 18);
  EXPECT_NEAR(tied.p_value, std::erfc(1 / std::sqrt(264.0 / 18) / std::sqrt(2.0)), 1e-15);
}

TEST(MannKendall, FindsNothingWhereNothingChanges) {
  EXPECT_EQ(mann_kendall(std::vector<Point>{{0, 7}, {1, 7}, {2, 7}}).p_value, 1);
  EXPECT_EQ(mann_kendall({}), MannKendall{});
  EXPECT_EQ(mann_kendall(std::vector<Point>{{0, nan}, {nan, 1}, {2, infinity}}), MannKendall{});
}

TEST(TheilSen, IsTheMedianOfTheSlopesOfAllPairs) {
  // 1, 1, 1, and to the wild one 33, 49, 97.
  const TheilSen wild = theil_sen(std::vector<Point>{{3, 100}, {1, 2}, {0, 1}, {2, 3}});
  EXPECT_DOUBLE_EQ(wild.slope, 17);
  EXPECT_EQ(wild.interval, (RealInterval{1, 97}));
  // 1, 2 and 1.5.
  EXPECT_DOUBLE_EQ(theil_sen(std::vector<Point>{{0, 0}, {1, 1}, {2, 3}}).slope, 1.5);
}

TEST(TheilSen, HasSensInterval) {
  // With C = 1.96 sqrt(125) = 21.9 it is from the 12th of the 45 slopes to the 34th; 36 of them are 1, none is less.
  std::vector<Point> points;
  for (int i = 0; i < 9; ++i) points.push_back({static_cast<double>(i), static_cast<double>(i)});
  points.push_back({9, 100});
  EXPECT_EQ(theil_sen(points).interval, (RealInterval{1, 1}));
  // 21 of the slopes are -2, none is less.
  points.clear();
  for (int i = 0; i < 10; ++i) points.push_back({static_cast<double>(i), i < 4 ? i : 3.0 - 2 * (i - 3)});
  const TheilSen bent = theil_sen(points);
  EXPECT_EQ(bent.interval.low, -2);
  EXPECT_LT(bent.slope, 0);
}

TEST(TheilSen, LeavesOutPairsWithoutASlope) {
  EXPECT_EQ(theil_sen(std::vector<Point>{{1, 1}, {1, 5}, {nan, 2}}), TheilSen{});
  EXPECT_EQ(theil_sen({}), TheilSen{});
  EXPECT_EQ(refusal([] { (void)theil_sen(std::vector<Point>(2'001)); }),
            "points are 2001: at most 2000 can be compared");
}

TEST(NearestRank, IsAMeasuredValue) {
  std::vector<int> values;
  for (int i = 20; i > 0; --i) values.push_back(i);
  EXPECT_EQ(detail::nearest_rank(values, 50), 10);
  EXPECT_EQ(detail::nearest_rank(values, 95), 19);
  values.push_back(21);
  EXPECT_EQ(detail::nearest_rank(values, 50), 11);
  EXPECT_EQ(detail::nearest_rank(values, 95), 20);
  std::vector<int> one{7}, none;
  EXPECT_EQ(detail::nearest_rank(one, 95), 7);
  EXPECT_EQ(detail::nearest_rank(none, 95), 0);
}

TEST(Reservoir, KeepsEachValueEquallyOften) {
  std::vector<int> kept(20, 0);
  for (std::uint64_t seed = 0; seed < 4'000; ++seed) {
    Random random(seed * 0x9E3779B97F4A7C15ULL);
    detail::Reservoir<int> reservoir(5);
    for (int value = 0; value < 20; ++value) reservoir.add(value, random);
    ASSERT_EQ(reservoir.values().size(), 5u);
    ASSERT_EQ(reservoir.seen(), 20u);
    for (const int value : reservoir.values()) ++kept[static_cast<std::size_t>(value)];
  }
  // 1,000 of each are expected, with a standard deviation of 27.
  for (const int times : kept) EXPECT_NEAR(times, 1'000, 150);
}

TEST(Sum, LosesNothingInRounding) {
  detail::Sum sum;
  for (const double value : {1.0, 1e100, 1.0, -1e100}) sum.add(value);
  EXPECT_EQ(sum.value(), 2);
}

TEST(Sum, BeyondTheLargestDoubleIsInfinite) {
  detail::Sum sum;
  for (int i = 0; i < 3; ++i) sum.add(1e308);
  EXPECT_EQ(sum.value(), std::numeric_limits<double>::infinity());
  detail::Sum more;
  more.add(1);
  more.add(sum);
  EXPECT_EQ(more.value(), std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace spark::analysis
