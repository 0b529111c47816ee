// Writes the seeds into a folder for each fuzzer, to start it with: fuzz_otlp_write_seeds FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fuzz/otlp_seeds.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("fuzz_otlp_write_seeds FOLDER\n", stderr);
    return 2;
  }
  constexpr const char* signals[] = {"traces", "metrics", "logs"};
  constexpr const char* encodings[] = {"protobuf", "json"};
  int number = 0;
  for (const spark::testing::OtlpSeed& seed : spark::testing::otlp_seeds()) {
    const std::filesystem::path folder =
        std::filesystem::path(arguments[1]) / (std::string(signals[static_cast<std::size_t>(seed.signal)]) + "_" +
                                               encodings[static_cast<std::size_t>(seed.encoding)]);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / std::to_string(number++), std::ios::binary) << seed.body;
  }
  return 0;
}
