// What spans of language models become, whoever instrumented them: our analysis finds model, tokens and cost.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ingest/decoded.h"
#include "ingest/genai_names.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using testing::attributes_of_span;

std::string attributes(std::string_view members) { return to_json(attributes_of_span(members)); }

TEST(GenaiNames, openinference_is_understood_and_kept) {
  EXPECT_EQ(attributes(R"("openinference.span.kind":{"stringValue":"LLM"},"llm.model_name":{"stringValue":"gpt-4o"},
      "llm.provider":{"stringValue":"openai"},"llm.token_count.prompt":{"intValue":"100"},
      "llm.token_count.completion":{"intValue":"20"},"llm.token_count.total":{"intValue":"120"},
      "llm.token_count.prompt_details.cache_read":{"intValue":"64"},
      "llm.token_count.prompt_details.cache_write":{"intValue":"8"},
      "llm.token_count.completion_details.reasoning":{"intValue":"5"},
      "llm.cost.prompt":{"doubleValue":0.25},"llm.cost.completion":{"doubleValue":0.5})"),
            R"({"gen_ai.operation.name":"chat","gen_ai.provider.name":"openai","gen_ai.request.model":"gpt-4o",)"
            R"("gen_ai.usage.cache_read.input_tokens":64,"gen_ai.usage.cache_write.input_tokens":8,)"
            R"("gen_ai.usage.input_tokens":100,"gen_ai.usage.output_tokens":20,)"
            R"("gen_ai.usage.reasoning.output_tokens":5,"llm.cost":0.75,"llm.cost.completion":0.5,)"
            R"("llm.cost.prompt":0.25,"llm.model_name":"gpt-4o","llm.provider":"openai",)"
            R"("llm.token_count.completion":20,"llm.token_count.completion_details.reasoning":5,)"
            R"("llm.token_count.prompt":100,"llm.token_count.prompt_details.cache_read":64,)"
            R"("llm.token_count.prompt_details.cache_write":8,"llm.token_count.total":120,)"
            R"("openinference.span.kind":"LLM"})");
}

TEST(GenaiNames, openllmetry_is_understood_and_kept) {
  EXPECT_EQ(attributes(R"("llm.vendor":{"stringValue":"Anthropic"},"llm.request.type":{"stringValue":"chat"},
      "llm.request.model":{"stringValue":"claude-3"},"llm.usage.completion_tokens":{"intValue":"7"},
      "llm.usage.total_tokens":{"intValue":"12"},"gen_ai.usage.cache_creation_input_tokens":{"intValue":"3"})"),
            R"({"gen_ai.operation.name":"chat","gen_ai.provider.name":"Anthropic","gen_ai.request.model":"claude-3",)"
            R"("gen_ai.usage.cache_creation_input_tokens":3,"gen_ai.usage.cache_write.input_tokens":3,)"
            R"("gen_ai.usage.input_tokens":5,"gen_ai.usage.output_tokens":7,"llm.request.model":"claude-3",)"
            R"("llm.request.type":"chat","llm.usage.completion_tokens":7,"llm.usage.total_tokens":12,)"
            R"("llm.vendor":"Anthropic"})");
}

TEST(GenaiNames, old_names_of_opentelemetry_become_the_new_ones) {
  EXPECT_EQ(attributes(R"("gen_ai.system":{"stringValue":"openai"},"gen_ai.usage.prompt_tokens":{"intValue":"9"},
      "gen_ai.usage.completion_tokens":{"intValue":"1"},
      "gen_ai.usage.cache_creation.input_tokens":{"intValue":"4"})"),
            R"({"gen_ai.provider.name":"openai","gen_ai.system":"openai",)"
            R"("gen_ai.usage.cache_creation.input_tokens":4,"gen_ai.usage.cache_write.input_tokens":4,)"
            R"("gen_ai.usage.completion_tokens":1,"gen_ai.usage.input_tokens":9,"gen_ai.usage.output_tokens":1,)"
            R"("gen_ai.usage.prompt_tokens":9})");
}

TEST(GenaiNames, a_name_of_ours_that_is_there_stays_as_it_is) {
  EXPECT_EQ(attributes(R"("gen_ai.request.model":{"stringValue":"a"},"llm.model_name":{"stringValue":"b"},
      "llm.cost":{"doubleValue":1},"llm.cost.total":{"doubleValue":2})"),
            R"({"gen_ai.request.model":"a","llm.cost":1.0,"llm.cost.total":2.0,"llm.model_name":"b"})");
}

TEST(GenaiNames, a_span_of_something_else_gets_none) {
  EXPECT_EQ(attributes(R"("http.route":{"stringValue":"/"},"embeddings":{"intValue":1})"),
            R"({"embeddings":1,"http.route":"/"})");
}

// Otherwise a span would be looked at in vain, or not at all.
TEST(GenaiNames, every_name_of_the_table_is_recognized) {
  for (const auto& name : detail::ingest::genai_names) {
    EXPECT_TRUE(detail::ingest::is_genai(name.theirs)) << name.theirs;
    EXPECT_NE(name.ours, name.theirs);
  }
}

}  // namespace
}  // namespace spark
