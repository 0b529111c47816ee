// libFuzzer's entry: one program for each signal and encoding, by SPARK_FUZZ_SIGNAL and SPARK_FUZZ_ENCODING.
#include <cstddef>
#include <cstdint>

#include "fuzz/otlp_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spark::detail::otlp;  // NOLINT: the macros are enumerators of it
  spark::testing::fuzz_otlp(Signal::SPARK_FUZZ_SIGNAL, Encoding::SPARK_FUZZ_ENCODING,
                            {reinterpret_cast<const char*>(data), size});
  return 0;
}
