// The fuzzers' seeds, whole, cut short at every byte, and changed at random: nothing of it may end the program. What
// clang's fuzzers find is added to tests/fuzz/corpus, which is run here too.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/otlp_seeds.h"
#include "fuzz/otlp_targets.h"

namespace spark::testing {
namespace {

using detail::otlp::Encoding;
using detail::otlp::Signal;

bool is_full() { return std::getenv("SPARK_TEST_FULL") != nullptr; }

std::string changed(std::string body, std::mt19937_64& random) {
  for (std::uint64_t changes = 1 + random() % 4; changes > 0 && !body.empty(); --changes) {
    const std::size_t at = random() % body.size();
    switch (random() % 5) {
      case 0:
        body[at] = static_cast<char>(random());
        break;
      case 1:
        body[at] = static_cast<char>(static_cast<unsigned char>(body[at]) ^ (1U << random() % 8));
        break;
      case 2:
        body.erase(at, 1 + random() % 8);
        break;
      case 3:
        body.insert(at, body.substr(random() % body.size(), random() % 64));
        break;
      default:
        body.insert(at, 1 + random() % 3, random() % 2 == 0 ? '\xFF' : '\0');
    }
  }
  return body;
}

TEST(OtlpFuzz, every_seed_is_a_request) {
  for (const OtlpSeed& seed : otlp_seeds()) EXPECT_TRUE(fuzz_otlp(seed.signal, seed.encoding, seed.body));
}

TEST(OtlpFuzz, a_seed_cut_short_at_any_byte_does_no_harm) {
  for (const OtlpSeed& seed : otlp_seeds()) {
    const std::size_t step = is_full() ? 1 : 1 + seed.body.size() / 2'000;
    for (std::size_t size = 0; size < seed.body.size(); size += step) {
      // In a place of its own, so that a read beyond its end is seen.
      const auto copy = std::make_unique<char[]>(size);
      std::copy_n(seed.body.data(), size, copy.get());
      fuzz_otlp(seed.signal, seed.encoding, {copy.get(), size});
    }
  }
}

TEST(OtlpFuzz, seeds_changed_at_random_do_no_harm) {
  const auto seeds = otlp_seeds();
  const std::uint64_t count = is_full() ? 1'000'000 : 8'000;
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const OtlpSeed& seed = seeds[random() % seeds.size()];
    if (seed.body.size() > 20'000) continue;
    const std::string body = changed(seed.body, random);
    SCOPED_TRACE("change " + std::to_string(i) + " with seed 1");
    fuzz_otlp(seed.signal, seed.encoding, body);
  }
}

TEST(OtlpFuzz, what_fuzzers_found_before_does_no_harm) {
  const std::filesystem::path folder = std::filesystem::path(SPARK_SOURCE_DIR) / "tests/fuzz/corpus";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "nothing was found yet";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
      fuzz_otlp(signal, Encoding::protobuf, body);
      fuzz_otlp(signal, Encoding::json, body);
    }
  }
}

}  // namespace
}  // namespace spark::testing
