// A model that answers by a script.
#include "spark/agents/scripted_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "fakes/tasks.h"
#include "spark/async/sync_wait.h"
#include "spark/async/when_all.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST(ScriptedModels, answer_in_the_order_of_the_script) {
  VirtualClock clock;
  ScriptedModel model({"one", ScriptedStep::call("look", {{"x", 1}}).with_usage(10, 2),
                       ScriptedStep("late").after(Seconds(3)), ScriptedStep::failure(std::runtime_error("broken"))});
  const auto ask = [&](const std::string& prompt) {
    return sync_wait(model.chat(ModelRequest(prompt)), {.clock = &clock});
  };
  const ModelResponse first = ask("a");
  EXPECT_EQ(first.text, "one");
  EXPECT_EQ(first.finish_reason, "stop");
  EXPECT_FALSE(first.usage.has_value());
  const ModelResponse second = ask("b");
  EXPECT_THAT(second.tool_calls, ElementsAre(ToolCall("call_1", "look", R"({"x":1})")));
  EXPECT_EQ(second.finish_reason, "tool_calls");
  EXPECT_EQ(second.usage->output_tokens, 2);
  EXPECT_EQ(ask("c").text, "late");
  EXPECT_EQ(clock.steady_now(), std::chrono::seconds(3));
  EXPECT_EQ(test::thrown_by([&] { ask("d"); }), "broken");
  EXPECT_EQ(test::thrown_by([&] { ask("e"); }),
            "not_found: the script of the model scripted is over: it has 4 steps, and this is call 5");
  ASSERT_THAT(model.requests(), SizeIs(5));
  EXPECT_EQ(model.requests()[2].messages.front().text, "c");
}

TEST(ScriptedModels, a_function_answers_the_request) {
  ScriptedModel model([](const ModelRequest& request) { return ScriptedStep("re: " + request.messages.back().text); });
  EXPECT_EQ(sync_wait(model.chat(ModelRequest("hi"))).text, "re: hi");
}

TEST(ScriptedModels, a_streamed_answer_comes_in_pieces_that_cut_no_character) {
  ScriptedModel model({"größe", std::string("\xff\xff\xff\xff\xff")}, {.piece_bytes = 4});
  ModelRequest request("?");
  std::vector<std::string> pieces;
  request.on_text = [&pieces](std::string_view piece) { pieces.emplace_back(piece); };
  EXPECT_EQ(sync_wait(model.chat(request)).text, "größe");
  EXPECT_THAT(pieces, ElementsAre("grö", "ße"));
  pieces.clear();
  sync_wait(model.chat(request));
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  EXPECT_EQ(all, "\xff\xff\xff\xff\xff");
}

TEST(ScriptedModels, concurrent_calls_get_each_step_once) {
  std::vector<ScriptedStep> steps;
  for (int i = 0; i < 200; ++i) steps.push_back(ScriptedStep::call("t"));
  ScriptedModel model(std::move(steps));
  Executor executor({.threads = 4});
  std::vector<Task<ModelResponse>> calls;
  for (int i = 0; i < 200; ++i) calls.push_back(model.chat(ModelRequest("?")));
  std::set<std::string> ids;
  for (const ModelResponse& response : sync_wait(executor, when_all(std::move(calls)))) {
    ids.insert(response.tool_calls.front().id);
  }
  EXPECT_THAT(ids, SizeIs(200));
}

TEST(ScriptedModels, an_answer_that_is_not_of_the_schema_comes_with_the_mismatch) {
  ScriptedModel model({ScriptedStep(R"({"secret":1})").with_usage(5, 7), "no JSON"});
  ModelRequest request("?");
  request.output_schema = parse_json(R"({"required":["days"],"additionalProperties":false})").as_object();
  try {
    sync_wait(model.chat(request));
    ADD_FAILURE() << "it was accepted";
  } catch (const OutputMismatch& mismatch) {
    EXPECT_EQ(mismatch.kind(), ModelErrorKind::output_mismatch);
    EXPECT_THAT(mismatch.faults(), UnorderedElementsAre("/days is missing", "/secret must not be there"));
    EXPECT_EQ(mismatch.response().text, R"({"secret":1})");
    EXPECT_EQ(mismatch.response().usage->output_tokens, 7);
    // It is recorded, and names in the answer are content.
    EXPECT_STREQ(mismatch.what(), "the answer of scripted is not of the schema, at 2 places");
  }
  EXPECT_THROW(sync_wait(model.chat(request)), OutputMismatch);
}

}  // namespace
}  // namespace spark
