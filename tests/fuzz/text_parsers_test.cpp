// What the fuzzers of RPC and of agents begin with and what they found, whole, cut short at every byte, and changed at
// random.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fuzz/agents_targets.h"
#include "fuzz/rpc_targets.h"

namespace spark::testing {
namespace {

using TextTarget = void (*)(std::string_view);

struct TextParser {
  const char* folder;
  TextTarget target;
};
constexpr TextParser text_parsers[] = {{"json_rpc", fuzz_json_rpc},
                                       {"headers", fuzz_headers},
                                       {"event_stream", fuzz_event_stream},
                                       {"chat_response", fuzz_chat_response},
                                       {"chat_stream", fuzz_chat_stream}};

// In a place of its own, so that a read beyond its end is seen.
void run_exactly(TextTarget target, std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  target({copy.get(), bytes.size()});
}

std::vector<std::string> corpus_of(const TextParser& parser) {
  std::vector<std::string> inputs;
  const std::filesystem::path folder = std::filesystem::path(SPARK_SOURCE_DIR) / "tests/fuzz/corpus" / parser.folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

TEST(TextParserFuzz, the_corpus_does_no_harm_to_any_parser) {
  for (const TextParser& parser : text_parsers) {
    const auto inputs = corpus_of(parser);
    EXPECT_GE(inputs.size(), 10U) << parser.folder;
    for (const std::string& input : inputs) {
      for (const TextParser& any : text_parsers) run_exactly(any.target, input);
    }
  }
}

TEST(TextParserFuzz, an_input_cut_short_at_any_byte_does_no_harm) {
  for (const TextParser& parser : text_parsers) {
    for (const std::string& input : corpus_of(parser)) {
      for (std::size_t size = 0; size < input.size(); ++size) run_exactly(parser.target, input.substr(0, size));
    }
  }
}

TEST(TextParserFuzz, inputs_changed_at_random_do_no_harm) {
  const std::uint64_t count = std::getenv("SPARK_TEST_FULL") != nullptr ? 1'000'000 : 8'000;
  for (const TextParser& parser : text_parsers) {
    const auto inputs = corpus_of(parser);
    std::mt19937_64 random(1);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string input = inputs[random() % inputs.size()];
      for (std::uint64_t changes = 1 + random() % 4; changes > 0 && !input.empty(); --changes) {
        const std::size_t at = random() % input.size();
        if (random() % 3 == 0) {
          input[at] = static_cast<char>(random());
        } else if (random() % 2 == 0) {
          input.erase(at, 1 + random() % 8);
        } else {
          input.insert(at, input.substr(random() % input.size(), random() % 64));
        }
      }
      SCOPED_TRACE(std::string(parser.folder) + ", change " + std::to_string(i) + " with seed 1");
      run_exactly(parser.target, input);
    }
  }
}

}  // namespace
}  // namespace spark::testing
