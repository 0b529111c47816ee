// What tracing adds to a step of an agent; and what it costs to read a streamed answer of a model, without the network:
// the event stream alone, and with the JSON of its chunks put together to the answer. The chunks are as OpenAI sends
// them, of a token each, and come in pieces of 16 KiB, as TLS has them. Processor time of the thread.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "agents/chat_protocol.h"
#include "agents/event_stream.h"
#include "cpu_time.h"
#include "harness.h"
#include "spark/agents.h"
#include "spark/async/sync_wait.h"
#include "spark/telemetry.h"
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

// An agent whose model answers at once, with a call of a tool, `steps` times, and then with a text.
class SteppingAgent {
 public:
  SteppingAgent(const TelemetryConfig& config, std::int64_t steps)
      : manager_(config), steps_(steps), agent_(model(), agent_options()) {}

  // Processor time of a step on the calling thread, which runs all of it.
  double ns_of_step() {
    const std::int64_t begin = thread_cpu_ns();
    const AgentResult result = sync_wait(agent_.run("go"));
    const double ns = static_cast<double>(thread_cpu_ns() - begin);
    if (result.steps != steps_ + 1 || result.text != "done") throw std::runtime_error("the agent did something else");
    return ns / static_cast<double>(steps_);
  }
  void flush() {
    if (!manager_.flush().complete() || manager_.stats().dropped() != 0) throw std::runtime_error("records were lost");
  }

 private:
  std::shared_ptr<Model> model() {
    ScriptedModelOptions options;
    options.model_id = "gpt-4o";
    options.options.telemetry = &manager_;
    const auto answer = [steps = steps_](const ModelRequest& request) {
      // The prompt, and two messages of each step.
      const bool is_last = request.messages.size() > 2 * static_cast<std::size_t>(steps);
      return (is_last ? ScriptedStep("done") : ScriptedStep::call("add", {{"a", 1}, {"b", 2}})).with_usage(120, 15);
    };
    return std::make_shared<ScriptedModel>(answer, options);
  }
  AgentOptions agent_options() {
    AgentOptions options;
    options.tools.push_back(
        Tool("add", "Adds", {{"a", ""}, {"b", ""}}, [](std::int64_t a, std::int64_t b) { return a + b; }));
    options.max_steps = steps_ + 1;
    options.telemetry = &manager_;
    return options;
  }

  TelemetryManager manager_;
  const std::int64_t steps_;
  Agent agent_;
};

std::vector<Result> step_overhead(const Options& options) {
  constexpr std::int64_t steps = 20;
  const int runs = options.quick ? 50 : 400;
  SteppingAgent on(TelemetryConfig::create_memory(), steps), off(TelemetryConfig::create_noop(), steps);
  std::vector<double> with, without;
  for (int i = 0; i < runs; ++i) {
    with.push_back(on.ns_of_step());
    without.push_back(off.ns_of_step());
    if (i % 10 == 0) on.flush();
  }
  on.flush();
  const double traced = median(std::move(with)), plain = median(std::move(without));
  Result result{.name = "agent_step_overhead", .value = traced - plain, .unit = "ns"};
  char note[160];
  std::snprintf(note, sizeof note,
                "a model's call and a tool's: %.1f µs with tracing, %.1f without; %d runs each, in turn", traced / 1e3,
                plain / 1e3, runs);
  result.note = note;
  return {result};
}

}  // namespace

void add_agent_rows(std::vector<Row>& rows) {
  rows.push_back({{"agent_step_overhead"}, step_overhead});
  rows.push_back({{"sse_parse_mb_per_s", "chat_stream_mb_per_s"}, streamed_answers});
}

}  // namespace spark::bench
