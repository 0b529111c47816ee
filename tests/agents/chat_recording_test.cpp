// What a call of any model records, what it costs, and what a budget does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "spark/agents/model.h"
#include "spark/agents/scripted_model.h"
#include "spark/async.h"
#include "spark/telemetry.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const PriceTable> chat_prices() {
  return std::make_shared<const PriceTable>(PriceTable::from_json(
      R"({"version": "t1", "models": [{"names": ["known*"], "input": "2", "cached_input": "1", "output": "8"}]})"));
}

// Answers with what it is given.
class GivenModel final : public Model {
 public:
  using Answer = std::function<ModelResponse(const ModelRequest&, ModelCall&)>;
  GivenModel(ModelOptions options, std::string id, Answer answer)
      : Model(std::move(options)), id_(std::move(id)), answer_(std::move(answer)) {}

  [[nodiscard]] const std::string& model_id() const noexcept override { return id_; }
  [[nodiscard]] std::string provider() const override { return "given"; }
  [[nodiscard]] std::string server_address() const override { return "models.example"; }
  [[nodiscard]] std::uint16_t server_port() const override { return 443; }

 protected:
  Task<ModelResponse> answer(const ModelRequest& request, ModelCall& call) override {
    co_return answer_(request, call);
  }

 private:
  const std::string id_;
  const Answer answer_;
};

class ChatRecordings : public ::testing::Test {
 protected:
  ModelOptions options() {
    ModelOptions options;
    options.prices = chat_prices();
    options.telemetry = &*manager_;
    return options;
  }
  static ModelResponse reply(std::string text, TokenUsage usage) {
    ModelResponse response(std::move(text));
    response.usage = usage;
    response.finish_reason = "stop";
    response.id = "answer-1";
    response.model = "known-2026-01-01";
    return response;
  }
  static GivenModel::Answer replying(std::string text, TokenUsage usage) {
    return [text, usage](const ModelRequest&, ModelCall&) { return reply(text, usage); };
  }
  Span only_span() {
    manager_->flush();
    const auto spans = manager_->query_spans().rows;
    EXPECT_EQ(spans.size(), 1U);
    return spans.empty() ? Span() : spans.front();
  }
  double sum_of(const char* metric) {
    manager_->flush();
    double sum = 0;
    for (const Metric& one : manager_->query_metrics({.name = metric}).rows) sum += one.value;
    return sum;
  }

  void restart() { manager_.emplace(TelemetryConfig::create_memory()); }

  std::optional<TelemetryManager> manager_{std::in_place, TelemetryConfig::create_memory()};
};

TEST_F(ChatRecordings, a_call_is_a_client_span_with_the_names_of_the_conventions) {
  GivenModel model(options(), "known", [](const ModelRequest&, ModelCall& call) {
    call.retried("answered with 429", 2s);
    call.first_chunk();
    return reply("forty-two", {1'000, 400, 0, 50, 20});
  });
  ModelRequest request("what is the answer?");
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.max_output_tokens = 100;
  request.seed = 7;
  request.stop_sequences = {"END"};
  const ModelResponse response = sync_wait(model.chat(request));
  EXPECT_EQ(response.text, "forty-two");
  EXPECT_EQ(response.cost->total.to_string(), "0.002");

  const Span span = only_span();
  EXPECT_EQ(span.name, "chat known");
  EXPECT_EQ(span.kind, SpanKind::CLIENT);
  EXPECT_EQ(span.status, SpanStatus::completed);
  Object attributes = span.attributes;
  EXPECT_TRUE(attributes.erase("gen_ai.response.time_to_first_chunk"));
  EXPECT_EQ(to_pretty_json(attributes), R"({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "given",
  "gen_ai.request.max_tokens": 100,
  "gen_ai.request.model": "known",
  "gen_ai.request.seed": 7,
  "gen_ai.request.stop_sequences": [
    "END"
  ],
  "gen_ai.request.stream": false,
  "gen_ai.request.temperature": 0.5,
  "gen_ai.request.top_p": 0.9,
  "gen_ai.response.finish_reasons": [
    "stop"
  ],
  "gen_ai.response.id": "answer-1",
  "gen_ai.response.model": "known-2026-01-01",
  "gen_ai.usage.cache_read.input_tokens": 400,
  "gen_ai.usage.input_tokens": 1000,
  "gen_ai.usage.output_tokens": 50,
  "gen_ai.usage.reasoning.output_tokens": 20,
  "http.request.resend_count": 1,
  "llm.cost": 0.002,
  "llm.cost.formula": "600 input at $2 + 400 cached_input at $1 + 30 output at $8 + 20 reasoning at $8 a million = $0.002",
  "llm.price_version": "t1",
  "server.address": "models.example",
  "server.port": 443
})");
  const auto retries = manager_->query_events({.name = "retry"}).rows;
  ASSERT_EQ(retries.size(), 1U);
  EXPECT_EQ(retries[0].span_id, span.span_id);
  EXPECT_EQ(retries[0].attributes.at("delay_seconds"), Value(2.0));
}

TEST_F(ChatRecordings, a_call_is_an_event_and_metrics_too) {
  GivenModel model(options(), "known", replying("x", {1'000, 0, 0, 50, 0}));
  sync_wait(model.chat(ModelRequest("?")));
  sync_wait(model.chat(ModelRequest("?")));
  manager_->flush();
  const auto events = manager_->query_events({.event_type = "llm_api_call"}).rows;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].name, "chat known");
  EXPECT_EQ(events[0].attributes.at("cost"), Value(0.0024));
  EXPECT_EQ(events[0].attributes.at("input_tokens"), Value(1'000));
  EXPECT_EQ(sum_of("llm_input_tokens"), 2'000);
  EXPECT_EQ(sum_of("llm_output_tokens"), 100);
  EXPECT_DOUBLE_EQ(sum_of("api_cost"), 0.0048);
  const auto cost = manager_->query_metrics({.name = "api_cost"}).rows;
  EXPECT_EQ(cost.front().attributes.at("model"), Value("known"));
  EXPECT_EQ(cost.front().unit, "dollars");
  EXPECT_FALSE(manager_->query_metrics({.name = "gen_ai.client.operation.duration"}).rows.empty());
}

TEST_F(ChatRecordings, a_model_without_a_price_is_unpriced_and_never_free) {
  GivenModel model(options(), "unheard-of", [](const ModelRequest&, ModelCall&) {
    ModelResponse response = reply("x", {1'000, 0, 0, 50, 0});
    response.model.clear();
    return response;
  });
  EXPECT_FALSE(sync_wait(model.chat(ModelRequest("?"))).cost);
  EXPECT_FALSE(only_span().attributes.contains("llm.cost"));
  EXPECT_EQ(manager_->query_metrics({.name = "api_cost"}).size(), 0U);
  EXPECT_EQ(manager_->query_events({.event_type = "llm_api_call"}).front().attributes.at("cost"), Value());
}

TEST_F(ChatRecordings, an_answer_of_another_model_has_not_the_price_of_the_one_asked_for) {
  GivenModel model(options(), "known", [](const ModelRequest&, ModelCall&) {
    ModelResponse response = reply("x", {1'000, 0, 0, 50, 0});
    response.model = "another";
    return response;
  });
  EXPECT_FALSE(sync_wait(model.chat(ModelRequest("?"))).cost);
}

TEST_F(ChatRecordings, an_executor_may_end_under_a_call_and_take_the_model_first) {
  const std::string long_name(100, 'm');
  const auto call = [](Model& model) -> Task<void> { co_await model.chat(ModelRequest("?")); };
  std::atomic<bool> was_asked{false};
  const auto owner = [&]() -> Task<void> {
    ModelOptions of_model = options();
    ScriptedModelOptions scripted;
    scripted.model_id = long_name;
    scripted.options = of_model;
    const auto answer = [&was_asked](const ModelRequest&) {
      was_asked = true;
      return ScriptedStep("late").after(1h);
    };
    ScriptedModel model(answer, scripted);
    TaskGroup group;
    group.spawn(call(model));
    // Its timer is earlier than the model's, and so this frame goes first.
    for (;;) co_await sleep_for(1ms);
  };
  ExecutorOptions one_thread;
  one_thread.threads = 1;
  auto executor = std::make_unique<Executor>(one_thread);
  auto spawned = std::make_unique<Spawned<void>>(spawn(*executor, owner()));
  while (!was_asked) std::this_thread::yield();
  executor.reset();
  spawned.reset();
  EXPECT_EQ(only_span().status, SpanStatus::cancelled);
}

TEST_F(ChatRecordings, a_failed_call_says_in_few_names_why) {
  GivenModel refused(options(), "known", [](const ModelRequest&, ModelCall&) -> ModelResponse {
    throw ModelError(ModelErrorKind::rate_limited, "too many requests", 429);
  });
  EXPECT_THROW(sync_wait(refused.chat(ModelRequest("?"))), ModelError);
  const Span span = only_span();
  EXPECT_EQ(span.status, SpanStatus::failed);
  EXPECT_EQ(span.error_type, "rate_limited");
  EXPECT_EQ(manager_->query_events({.event_type = "llm_api_call"}).front().attributes.at("error_type"),
            Value("rate_limited"));
}

TEST_F(ChatRecordings, an_answer_that_is_not_of_the_schema_has_been_paid_for) {
  const Object schema{
      {"type", "object"}, {"properties", Object{{"days", Object{{"type", "integer"}}}}}, {"required", Array{"days"}}};
  ModelRequest request("how many days?");
  request.output_schema = schema;
  GivenModel good(options(), "known", replying(R"({"days": 3})", {1'000, 0, 0, 0, 0}));
  EXPECT_EQ(sync_wait(good.chat(request)).output, Value(Object{{"days", 3}}));
  for (const char* answer : {"canary", R"({"days": "canary"})", "{}"}) {
    restart();
    GivenModel bad(options(), "known", replying(answer, {1'000, 0, 0, 0, 0}));
    try {
      sync_wait(bad.chat(request));
      ADD_FAILURE() << "nothing was thrown";
    } catch (const ModelError& error) {
      EXPECT_EQ(error.kind(), ModelErrorKind::output_mismatch);
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("canary")));
    }
    EXPECT_EQ(only_span().error_type, "output_mismatch");
    EXPECT_EQ(only_span().attributes.at("llm.cost"), Value(0.002));
  }
}

TEST_F(ChatRecordings, content_is_recorded_only_where_it_was_asked_for) {
  for (const bool captures : {false, true}) {
    restart();
    ModelOptions wanted = options();
    wanted.capture_content = captures;
    GivenModel model(wanted, "known", [](const ModelRequest&, ModelCall&) {
      ModelResponse response = reply("canary of the answer", {});
      response.tool_calls.emplace_back("call-1", "look", R"({"at":"canary of a call"})");
      return response;
    });
    ModelRequest request({Message::system("canary of the system"), Message::user("canary of the prompt"),
                          Message::assistant("", {ToolCall("call-0", "look", "{}")}),
                          Message::tool("call-0", "canary of a result")});
    request.tools.emplace_back("look", "canary of a tool", Object{{"type", "object"}});
    sync_wait(model.chat(request));
    const Span span = only_span();
    const std::string text = to_json(span.attributes);
    for (const char* what : {"canary of the system", "canary of the prompt", "canary of a result", "canary of a tool",
                             "canary of the answer", "canary of a call"}) {
      EXPECT_EQ(text.find(what) != std::string::npos, captures) << what;
    }
    if (!captures) continue;
    EXPECT_EQ(to_json(span.attributes.at("gen_ai.output.messages")),
              R"([{"finish_reason":"stop","parts":[{"content":"canary of the answer","type":"text"},)"
              R"({"arguments":"{\"at\":\"canary of a call\"}","id":"call-1","name":"look","type":"tool_call"}],)"
              R"("role":"assistant"}])");
  }
}

TEST_F(ChatRecordings, a_request_that_can_never_be_right_is_refused_before_anything_is_recorded) {
  GivenModel model(options(), "known", replying("x", {}));
  EXPECT_THROW(sync_wait(model.chat(ModelRequest())), Error);
  ModelRequest request("?");
  request.max_output_tokens = 0;
  EXPECT_THROW(sync_wait(model.chat(request)), Error);
  manager_->flush();
  EXPECT_EQ(manager_->query_spans().size(), 0U);
}

TEST_F(ChatRecordings, without_telemetry_a_call_is_the_same_and_costs_the_same) {
  ModelOptions quiet = options();
  TelemetryManager off(TelemetryConfig::create_noop());
  quiet.telemetry = &off;
  GivenModel model(quiet, "known", replying("x", {500, 0, 0, 0, 0}));
  EXPECT_EQ(sync_wait(model.chat(ModelRequest("?"))).cost->total.to_string(), "0.001");
}

TEST_F(ChatRecordings, a_budget_tells_when_a_share_is_spent_and_stops_further_calls) {
  std::vector<std::string> told;
  CostBudgetOptions limits;
  limits.limit = Dollars::parse("0.01");
  limits.shares = {0.5, 1.0};
  limits.on_spent = [&told](const CostBudgetState& state) {
    told.push_back(std::to_string(state.share).substr(0, 3) + " " + state.spent.to_string());
    throw std::runtime_error("ignored");
  };
  const auto budget = std::make_shared<CostBudget>(limits);
  ModelOptions shared = options();
  shared.budget = budget;
  GivenModel model(shared, "known", replying("x", {2'000, 0, 0, 0, 0}));  // 0.004 each
  for (int i = 0; i < 3; ++i) sync_wait(model.chat(ModelRequest("?")));
  EXPECT_THAT(told, ElementsAre("0.5 0.008", "1.0 0.012"));
  try {
    sync_wait(model.chat(ModelRequest("?")));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::budget_exceeded);
    EXPECT_STREQ(error.what(), "$0.012 of a budget of $0.01 are spent");
  }
  EXPECT_EQ(budget->state().calls, 3U);
  manager_->flush();
  EXPECT_EQ(manager_->query_spans({.status = SpanStatus::failed}).front().error_type, "budget_exceeded");
}

TEST_F(ChatRecordings, a_call_that_fails_after_it_was_sent_counts_as_unpriced_in_a_budget) {
  CostBudgetOptions limits;
  limits.limit = Dollars::parse("1");
  const auto budget = std::make_shared<CostBudget>(limits);
  ModelOptions shared = options();
  shared.budget = budget;
  GivenModel model(shared, "known", [](const ModelRequest&, ModelCall&) -> ModelResponse {
    throw ModelError(ModelErrorKind::truncated_stream, "broke off");
  });
  EXPECT_THROW(sync_wait(model.chat(ModelRequest("?"))), ModelError);
  EXPECT_EQ(budget->state().unpriced, 1U);
  GivenModel limited(shared, "known", [](const ModelRequest&, ModelCall&) -> ModelResponse {
    throw ModelError(ModelErrorKind::rate_limited, "slow down", 429);
  });
  EXPECT_THROW(sync_wait(limited.chat(ModelRequest("?"))), ModelError);
  EXPECT_EQ(budget->state().unpriced, 1U);
}

TEST_F(ChatRecordings, a_budget_that_only_tells_stops_nothing_and_unpriced_calls_spend_nothing) {
  CostBudgetOptions limits;
  limits.limit = Dollars::parse("0.001");
  limits.stops_calls = false;
  const auto budget = std::make_shared<CostBudget>(limits);
  ModelOptions shared = options();
  shared.budget = budget;
  GivenModel known(shared, "known", replying("x", {2'000, 0, 0, 0, 0}));
  GivenModel unknown(shared, "unheard-of", [](const ModelRequest&, ModelCall&) { return ModelResponse("x"); });
  sync_wait(known.chat(ModelRequest("?")));
  sync_wait(known.chat(ModelRequest("?")));
  sync_wait(unknown.chat(ModelRequest("?")));
  EXPECT_EQ(budget->state().spent.to_string(), "0.008");
  EXPECT_EQ(budget->state().unpriced, 1U);
  EXPECT_EQ(budget->state().share, 1.0);
}

TEST(CostBudget, limits_that_cannot_be_are_refused_by_name) {
  const auto refusal = [](CostBudgetOptions options) -> std::string {
    try {
      CostBudget budget(std::move(options));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(refusal({}), "CostBudgetOptions::limit is 0, must be more than 0");
  EXPECT_THAT(refusal({.limit = Dollars::parse("1"), .shares = {0.5, 0.5}}), HasSubstr("CostBudgetOptions::shares"));
  EXPECT_THAT(refusal({.limit = Dollars::parse("1"), .shares = {1.5}}), HasSubstr("CostBudgetOptions::shares"));
}

TEST(CostBudget, counts_what_many_threads_spend) {
  std::atomic<int> told{0};
  CostBudgetOptions limits;
  limits.limit = Dollars::parse("0.002");
  limits.on_spent = [&told](const CostBudgetState&) { ++told; };
  CostBudget budget(limits);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (int n = 0; n < 1'000; ++n) budget.add(Dollars::parse("0.000001"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.state().spent.to_string(), "0.004");
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace spark::testing
