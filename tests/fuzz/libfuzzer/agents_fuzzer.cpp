// libFuzzer's entry: one program for each parser, by SPARK_FUZZ_TARGET.
#include <cstddef>
#include <cstdint>

#include "fuzz/agents_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  spark::testing::SPARK_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
