#include "apps/sparktel/terminal/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {
namespace {

TEST(Histogram, AScaleGoesFromOnePowerOfTenToAnother) {
  const LogScale scale(0.002, 0.5, 6);
  EXPECT_DOUBLE_EQ(scale.low(), 0.001);
  EXPECT_DOUBLE_EQ(scale.high(), 1);
  EXPECT_EQ(scale.cell_of(0.001), 0u);
  EXPECT_EQ(scale.cell_of(0.0099), 1u);
  EXPECT_EQ(scale.cell_of(0.0101), 2u);
  EXPECT_EQ(scale.cell_of(1), 5u);
}

TEST(Histogram, AScaleOfOneValueIsOnePowerOfTen) {
  const LogScale scale(0.001, 0.001, 10);
  EXPECT_DOUBLE_EQ(scale.low(), 0.001);
  EXPECT_DOUBLE_EQ(scale.high(), 0.01);
}

TEST(Histogram, WhatLiesOutsideIsInTheOuterCells) {
  const LogScale scale(1, 10, 4);
  for (const double value : {0.0, -1.0, 1e-300, std::nan("")}) EXPECT_EQ(scale.cell_of(value), 0u);
  for (const double value : {10.0, 1e300, std::numeric_limits<double>::infinity()}) EXPECT_EQ(scale.cell_of(value), 3u);
}

TEST(Histogram, BlocksAreAsHighAsTheirShareOfTheLargest) {
  EXPECT_EQ(draw_blocks(std::vector<std::uint64_t>{0, 1, 2, 4, 8, 1}), " ▁▂▄█▁");
  EXPECT_EQ(draw_blocks(std::vector<std::uint64_t>{1, 1'000'000}), "▁█");
  EXPECT_EQ(draw_blocks(std::vector<std::uint64_t>{0, 0}), "  ");
}

TEST(Histogram, SharesAreNeverRoundedToNothingOrAll) {
  EXPECT_EQ(format_share(0), "0 %");
  EXPECT_EQ(format_share(0.0001), "<0.1 %");
  EXPECT_EQ(format_share(0.034), "3.4 %");
  EXPECT_EQ(format_share(0.41), "41 %");
  EXPECT_EQ(format_share(0.9996), ">99.9 %");
  EXPECT_EQ(format_share(0.995), "99.5 %");
  EXPECT_EQ(format_share(1), "100 %");
}

}  // namespace
}  // namespace spark::sparktel
