// What it costs to read a streamed answer of a model, without the network: the event stream alone, and with the JSON of
// its chunks put together to the answer. The chunks are as OpenAI sends them, of a token each, and come in pieces of
// 16 KiB, as TLS has them. Processor time of the thread.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "agents/chat_protocol.h"
#include "agents/event_stream.h"
#include "cpu_time.h"
#include "harness.h"
#include "statistics.h"

namespace spark::bench {
namespace {

constexpr int stream_tokens = 2'000;

std::string chat_stream_text() {
  const std::string begin =
      R"(data: {"id":"chatcmpl-AYd1VxJ7TnQm0o3Q9m5bXk2c8uHfE","object":"chat.completion.chunk","created":1732800000,)"
      R"("model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_7f6be3efb0","choices":[)";
  const std::string words[] = {" the", " stream", " of", " tokens", ",", "\\n", " caf\xC3\xA9", " is"};
  std::string text;
  for (int i = 0; i < stream_tokens; ++i) {
    text += begin + R"({"index":0,"delta":{"content":")" + words[i % 8] +
            R"("},"logprobs":null,"finish_reason":null}],)" + R"("usage":null})" + "\n\n";
  }
  text += begin + R"({"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null})" + "\n\n";
  text += begin + R"(],"usage":{"prompt_tokens":1200,"completion_tokens":2000,"total_tokens":3200,)" +
          R"("prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},)" +
          R"("completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}})" + "\n\n";
  return text + "data: [DONE]\n\n";
}

// Events, each told to `take`.
template <class Take>
std::size_t read_events(std::string_view text, const Take& take) {
  constexpr std::size_t piece = 16 << 10;
  agents::EventStream events(1 << 20);
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    events.feed(text.substr(i, piece));
    while (const agents::ServerSentEvent* const event = events.next()) {
      ++count;
      take(*event);
    }
  }
  return count;
}

// Of rounds that each read the whole text.
template <class Round>
Result stream_row(const char* name, const std::string& text, int rounds, const Round& round) {
  std::vector<double> rates;
  for (int repetition = 0; repetition < 9; ++repetition) {
    const std::int64_t begin = thread_cpu_ns();
    for (int i = 0; i < rounds; ++i) round();
    const double seconds = static_cast<double>(thread_cpu_ns() - begin) * 1e-9;
    rates.push_back(static_cast<double>(text.size()) * rounds / seconds / 1e6);
  }
  Result result{.name = name, .value = median(std::move(rates)), .unit = "MB/s"};
  result.target = 50;
  result.better = Result::Better::higher;
  result.note = std::to_string(text.size() / stream_tokens) + " B a chunk";
  return result;
}

std::vector<Result> streamed_answers(const Options& options) {
  const std::string text = chat_stream_text();
  const int rounds = options.quick ? 5 : 40;
  const auto events_alone = [&text] {
    std::size_t bytes = 0;
    const std::size_t count = read_events(text, [&bytes](const auto& event) { bytes += event.data.size(); });
    // All but "data: " and the two ends of each event.
    if (count != stream_tokens + 3U || bytes != text.size() - 8 * count) throw std::runtime_error("events were lost");
  };
  const agents::ChatErrors errors("the server", {"sk-test"});
  const auto whole_answer = [&text, &errors] {
    agents::ChatStream chat(errors);
    read_events(text, [&chat](const auto& event) { static_cast<void>(chat.take(event.data)); });
    const ModelResponse response = chat.finish();
    const bool is_whole = response.text.size() == 32U * (stream_tokens / 8) && response.usage &&
                          response.usage->output_tokens == stream_tokens;
    if (!is_whole) throw std::runtime_error("the answer is not whole");
  };
  return {stream_row("sse_parse_mb_per_s", text, rounds, events_alone),
          stream_row("chat_stream_mb_per_s", text, rounds, whole_answer)};
}

}  // namespace

void add_agent_rows(std::vector<Row>& rows) {
  rows.push_back({{"sse_parse_mb_per_s", "chat_stream_mb_per_s"}, streamed_answers});
}

}  // namespace spark::bench
