// What the fuzzers of RPC call, and what the tests run on seeds: whatever the bytes are, the parsers refuse them or
// make values that come back as they went.
#pragma once

#include <string_view>

namespace spark::testing {

// Each ends the program if something is wrong.
void fuzz_json_rpc(std::string_view bytes);
// Lines of "name: value", as a request's headers would be.
void fuzz_headers(std::string_view bytes);

}  // namespace spark::testing
