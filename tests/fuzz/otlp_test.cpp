// The fuzzers' seeds, whole, cut short at every byte, and changed at random: nothing of it may end the program. What
// clang's fuzzers found is in tests/fuzz/corpus, a folder for each, and is run here too, by all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "fuzz/otlp_seeds.h"
#include "fuzz/otlp_targets.h"

namespace spark::testing {
namespace {

using detail::otlp::Encoding;
using detail::otlp::Signal;

// In a place of its own, so that a read beyond its end is seen.
bool fuzz_exactly(Signal signal, Encoding encoding, std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  return fuzz_otlp(signal, encoding, {copy.get(), bytes.size()});
}

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
  for (const OtlpSeed& seed : otlp_seeds()) EXPECT_TRUE(fuzz_exactly(seed.signal, seed.encoding, seed.body));
}

TEST(OtlpFuzz, a_seed_cut_short_at_any_byte_does_no_harm) {
  for (const OtlpSeed& seed : otlp_seeds()) {
    const std::size_t step = is_full() ? 1 : 1 + seed.body.size() / 2'000;
    for (std::size_t size = 0; size < seed.body.size(); size += step) {
      fuzz_exactly(seed.signal, seed.encoding, std::string_view(seed.body).substr(0, size));
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
    fuzz_exactly(seed.signal, seed.encoding, body);
  }
}

TEST(OtlpFuzz, what_fuzzers_found_before_does_no_harm) {
  const std::filesystem::path corpus = std::filesystem::path(SPARK_SOURCE_DIR) / "tests/fuzz/corpus";
  for (const char* fuzzer :
       {"traces_protobuf", "traces_json", "metrics_protobuf", "metrics_json", "logs_protobuf", "logs_json"}) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus / fuzzer)) {
      SCOPED_TRACE(entry.path().string());
      ++files;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string body{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
        fuzz_exactly(signal, Encoding::protobuf, body);
        fuzz_exactly(signal, Encoding::json, body);
      }
    }
    EXPECT_GT(files, 0u) << fuzzer;
  }
}

}  // namespace
}  // namespace spark::testing
