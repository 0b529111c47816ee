// What the fuzzers of agents call, and what the tests run on seeds: whatever a model's server sends, it is refused as
// what it is, or becomes an answer within limits that can be sent back.
#pragma once

#include <string_view>

namespace spark::testing {

// Each ends the program if something is wrong.
// An event stream, whole and in pieces, has the same events.
void fuzz_event_stream(std::string_view bytes);
// The body of an answer.
void fuzz_chat_response(std::string_view bytes);
// The event stream of an answer.
void fuzz_chat_stream(std::string_view bytes);

}  // namespace spark::testing
