// What the attributes of generative AI are called here, by OpenTelemetry's semantic conventions
// (open-telemetry/semantic-conventions-genai): the one table for whoever records, reads or translates them. The names
// move; the version says when the table was last compared with its source.
//
// Input tokens include those that were read from a cache and written to one; output tokens include reasoning.
#pragma once

namespace spark::detail::genai {

inline constexpr int names_version = 1;  // compared in 2026-07

// clang-format off
inline constexpr char operation[] = "gen_ai.operation.name";  // chat, execute_tool, invoke_agent, …
inline constexpr char provider[] = "gen_ai.provider.name";
inline constexpr char request_model[] = "gen_ai.request.model";
inline constexpr char request_temperature[] = "gen_ai.request.temperature";
inline constexpr char request_top_p[] = "gen_ai.request.top_p";
inline constexpr char request_max_tokens[] = "gen_ai.request.max_tokens";
inline constexpr char request_seed[] = "gen_ai.request.seed";
inline constexpr char request_stop_sequences[] = "gen_ai.request.stop_sequences";
inline constexpr char request_stream[] = "gen_ai.request.stream";
inline constexpr char output_type[] = "gen_ai.output.type";
inline constexpr char response_id[] = "gen_ai.response.id";
inline constexpr char response_model[] = "gen_ai.response.model";
inline constexpr char response_finish_reasons[] = "gen_ai.response.finish_reasons";
inline constexpr char response_time_to_first_chunk[] = "gen_ai.response.time_to_first_chunk";  // seconds

inline constexpr char input_tokens[] = "gen_ai.usage.input_tokens";
inline constexpr char cache_read_input_tokens[] = "gen_ai.usage.cache_read.input_tokens";
inline constexpr char cache_write_input_tokens[] = "gen_ai.usage.cache_write.input_tokens";
inline constexpr char output_tokens[] = "gen_ai.usage.output_tokens";
inline constexpr char reasoning_output_tokens[] = "gen_ai.usage.reasoning.output_tokens";

inline constexpr char agent_name[] = "gen_ai.agent.name";
inline constexpr char tool_name[] = "gen_ai.tool.name";
inline constexpr char tool_description[] = "gen_ai.tool.description";
inline constexpr char tool_type[] = "gen_ai.tool.type";  // function
inline constexpr char tool_call_id[] = "gen_ai.tool.call.id";

// Content: only where it was asked for.
inline constexpr char input_messages[] = "gen_ai.input.messages";
inline constexpr char output_messages[] = "gen_ai.output.messages";
inline constexpr char tool_definitions[] = "gen_ai.tool.definitions";
inline constexpr char tool_call_arguments[] = "gen_ai.tool.call.arguments";
inline constexpr char tool_call_result[] = "gen_ai.tool.call.result";

// Ours, for what the conventions have no name for.
inline constexpr char cost[] = "llm.cost";                    // dollars
inline constexpr char cost_formula[] = "llm.cost.formula";    // term by term, for people
inline constexpr char price_version[] = "llm.price_version";  // of the table of prices
// clang-format on

inline constexpr char client_operation_duration[] = "gen_ai.client.operation.duration";  // metric, seconds

}  // namespace spark::detail::genai
