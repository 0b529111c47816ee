// What instrumentations of language models call the model, the tokens and the cost, and what we call
// them (telemetry/genai.h). A span that has only another name gets ours beside it; what it came with stays.
//
// The names move: the table has a version, which says when it was compared with its sources last.
//   OpenTelemetry's semantic conventions for generative AI (open-telemetry/semantic-conventions-genai), as of 2026-07,
//     with the deprecated names of open-telemetry/semantic-conventions up to 1.36;
//   OpenInference (Arize-ai/openinference, semconv/trace), 2026-07;
//   OpenLLMetry (traceloop/openllmetry, semconv_ai), of 2023 to 2026; OpenLIT's cost.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "ingest/attribute_list.h"
#include "telemetry/genai.h"

namespace spark::detail::ingest {

inline constexpr int genai_names_version = 1;

namespace ours = ::spark::detail::genai;

struct GenaiName {
  std::string_view ours;
  std::string_view theirs;
};

// Of several that a span has the first counts. OpenTelemetry's input tokens include those read from a cache and written
// to one, as OpenInference's prompt does; its output tokens include reasoning.
inline constexpr std::array genai_names = {
    GenaiName{ours::provider, "gen_ai.system"},  // OpenTelemetry until 1.36
    GenaiName{ours::provider, "llm.provider"},   // OpenInference, as is the next
    GenaiName{ours::provider, "llm.system"},
    GenaiName{ours::provider, "llm.vendor"},              // OpenLLMetry
    GenaiName{ours::request_model, "llm.request.model"},  // OpenLLMetry
    GenaiName{ours::response_model, "llm.response.model"},
    GenaiName{ours::request_model, "llm.request.model_name"},  // OpenInference
    GenaiName{ours::response_model, "llm.response.model_name"},
    GenaiName{ours::request_model, "llm.model_name"},
    GenaiName{ours::request_model, "embedding.model_name"},

    GenaiName{ours::input_tokens, "gen_ai.usage.prompt_tokens"},  // OpenTelemetry until 1.27
    GenaiName{ours::output_tokens, "gen_ai.usage.completion_tokens"},
    GenaiName{ours::input_tokens, "llm.usage.prompt_tokens"},  // OpenLLMetry
    GenaiName{ours::output_tokens, "llm.usage.completion_tokens"},
    GenaiName{ours::input_tokens, "llm.token_count.prompt"},  // OpenInference
    GenaiName{ours::output_tokens, "llm.token_count.completion"},

    GenaiName{ours::cache_read_input_tokens, "gen_ai.usage.cache_read_input_tokens"},  // OpenLLMetry
    GenaiName{ours::cache_read_input_tokens, "llm.usage.cache_read_input_tokens"},
    GenaiName{ours::cache_read_input_tokens, "llm.token_count.prompt_details.cache_read"},
    GenaiName{ours::cache_read_input_tokens, "llm.token_count.prompt_details.cache_input"},
    GenaiName{ours::cache_write_input_tokens, "gen_ai.usage.cache_creation.input_tokens"},  // until 2026
    GenaiName{ours::cache_write_input_tokens, "gen_ai.usage.cache_creation_input_tokens"},
    GenaiName{ours::cache_write_input_tokens, "gen_ai.usage.cache_write_input_tokens"},
    GenaiName{ours::cache_write_input_tokens, "llm.usage.cache_creation_input_tokens"},
    GenaiName{ours::cache_write_input_tokens, "llm.token_count.prompt_details.cache_write"},
    GenaiName{ours::reasoning_output_tokens, "gen_ai.usage.reasoning_tokens"},
    GenaiName{ours::reasoning_output_tokens, "llm.usage.reasoning_tokens"},
    GenaiName{ours::reasoning_output_tokens, "llm.token_count.completion_details.reasoning"},

    GenaiName{ours::cost, "llm.cost.total"},     // OpenInference
    GenaiName{ours::cost, "gen_ai.usage.cost"},  // OpenLIT
};

// What is worked out where neither name is there.
namespace foreign {
inline constexpr std::array costs = {std::string_view("llm.cost.prompt"), std::string_view("llm.cost.completion")};
inline constexpr std::array total_tokens = {std::string_view("llm.token_count.total"),
                                            std::string_view("llm.usage.total_tokens"),
                                            std::string_view("gen_ai.usage.total_tokens")};
// What kind of operation a span is, where it does not say so as OpenTelemetry does.
inline constexpr std::string_view openinference_kind = "openinference.span.kind";
inline constexpr std::string_view traceloop_kind = "traceloop.span.kind";
inline constexpr std::string_view traceloop_request = "llm.request.type";
}  // namespace foreign

// Their values, as OpenTelemetry says them.
inline constexpr std::array genai_operations = {GenaiName{"chat", "LLM"},
                                                GenaiName{"embeddings", "EMBEDDING"},
                                                GenaiName{"execute_tool", "TOOL"},
                                                GenaiName{"invoke_agent", "AGENT"},  // OpenInference, until here
                                                GenaiName{"execute_tool", "tool"},
                                                GenaiName{"invoke_agent", "agent"},  // OpenLLMetry, as are the next
                                                GenaiName{"chat", "chat"},
                                                GenaiName{"text_completion", "completion"},
                                                GenaiName{"embeddings", "embedding"}};

// Whether a span with this attribute may need them: a quick look, which errs on the side of yes.
[[nodiscard]] constexpr bool is_genai(std::string_view key) noexcept {
  if (key.size() < 8) return false;
  switch (key.front()) {
    case 'g':
      return key.starts_with("gen_ai.");
    case 'l':
      return key.starts_with("llm.");
    case 'o':
      return key == foreign::openinference_kind;
    case 't':
      return key == foreign::traceloop_kind;
    case 'e':
      return key.starts_with("embedding.");
    default:
      return false;
  }
}

// Adds our names; those that are there stay. At most `limit` attributes in all.
void normalize_genai(AttributeList& attributes, std::size_t limit);

}  // namespace spark::detail::ingest
