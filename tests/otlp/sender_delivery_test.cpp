// Batches of several signals: what is sent again, what is not, and what the ledger is told.
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::uint64_t rejected(const Refusals& refusals, RecordKind kind) {
  return refusals.rejected[static_cast<std::size_t>(kind)];
}

// Answers by the end of the path, 200 where the test says nothing; the test may change its mind.
class Collector {
 public:
  std::map<std::string, std::string> answers;  // by "/v1/traces" and so on

  [[nodiscard]] std::string url() const { return server_.url(); }
  // Target and body of each request.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : server_.requests()) all.push_back(request.target + " " + request.body);
    return all;
  }

 private:
  HttpServer server_{[this](const HttpConnection& connection, const HttpRequest& request) {
    const auto answer = answers.find(request.target);
    return connection.send(answer == answers.end() ? http_answer(200) : answer->second);
  }};
};

class SenderDelivery : public SenderTest {
 protected:
  SenderDelivery() { encoder = ScriptedEncoder({"T", "M", "L"}, 4); }

  Collector collector;
};

TEST_F(SenderDelivery, a_batch_written_again_sends_the_same_bytes_and_only_what_is_missing) {
  collector.answers["/v1/metrics"] = http_answer(503);
  Sender sender = make_sender(collector.url());
  EXPECT_TRUE(failure_of(sender, *batch).is_retryable);
  encoder.requests().bodies = {"other", "other", "other"};
  EXPECT_TRUE(failure_of(sender, *batch).is_retryable);
  collector.answers.clear();
  EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
  EXPECT_THAT(collector.requests(),
              ElementsAre("/v1/traces T", "/v1/metrics M", "/v1/logs L", "/v1/metrics M", "/v1/metrics M"));
  EXPECT_EQ(encoder.encoded(), 1);
  EXPECT_THAT(encoder.committed(), ElementsAre(Signal::traces, Signal::logs, Signal::metrics));
}

TEST_F(SenderDelivery, another_batch_begins_anew_even_at_the_same_address) {
  collector.answers["/v1/traces"] = http_answer(503);
  Sender sender = make_sender(collector.url());
  for (int i = 0; i < 3; ++i) {
    // Gone before the next is made, which may therefore get its place.
    const auto short_lived = make_batch({.spans = 1});
    EXPECT_TRUE(failure_of(sender, *short_lived).is_retryable);
  }
  EXPECT_EQ(encoder.encoded(), 3);
}

TEST_F(SenderDelivery, a_collector_that_is_down_does_not_keep_another_from_its_signals) {
  ::setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
           ("http://127.0.0.1:" + std::to_string(free_port()) + "/v1/traces").c_str(), 1);
  ::setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url().c_str(), 1);
  Sender sender = make_sender("");
  EXPECT_TRUE(failure_of(sender, *batch).is_retryable);
  EXPECT_THAT(collector.requests(), ElementsAre("/v1/metrics M", "/v1/logs L"));
}

TEST_F(SenderDelivery, what_one_signal_refuses_for_good_the_others_do_not_suffer) {
  collector.answers["/v1/logs"] = http_answer(404);
  const auto mixed = make_batch({.spans = 3, .trace_ends = 2, .events = 4, .metrics = 5});
  Sender sender = make_sender(collector.url());
  EXPECT_EQ(failure_of(sender, *mixed).message, "nothing was thrown");
  const Refusals refusals = sender.take_refusals();
  EXPECT_EQ(rejected(refusals, RecordKind::event), 4U);
  EXPECT_EQ(rejected(refusals, RecordKind::span), 0U);
  EXPECT_EQ(rejected(refusals, RecordKind::trace_end), 0U);
  EXPECT_EQ(rejected(refusals, RecordKind::metric), 0U);
  EXPECT_EQ(refusals.message, collector.url() + "/v1/logs: HTTP status 404");
  EXPECT_THAT(encoder.committed(), ElementsAre(Signal::traces, Signal::metrics));
}

TEST_F(SenderDelivery, a_batch_that_is_refused_altogether_throws) {
  for (const char* path : {"/v1/traces", "/v1/metrics", "/v1/logs"}) collector.answers[path] = http_answer(401);
  Sender sender = make_sender(collector.url());
  const Failure failure = failure_of(sender, *batch);
  EXPECT_EQ(failure.code, ErrorCode::permission_denied);
  EXPECT_FALSE(failure.is_retryable);
  EXPECT_EQ(collector.requests().size(), 3U);
}

TEST_F(SenderDelivery, rejected_items_are_counted_as_the_records_they_were_made_of) {
  const auto partial = [](const char* name, int count) {
    return http_answer(
        200, "Content-Type: application/json\r\n",
        "{\"partialSuccess\":{\"" + std::string(name) + "\":" + std::to_string(count) + ",\"errorMessage\":\"no\"}}");
  };
  collector.answers["/v1/traces"] = partial("rejectedSpans", 4);
  collector.answers["/v1/metrics"] = partial("rejectedDataPoints", 3);
  collector.answers["/v1/logs"] = partial("rejectedLogRecords", 1);
  const auto mixed = make_batch({.spans = 3, .trace_ends = 1, .events = 4, .metrics = 9});
  encoder.requests().refused_by_kind[static_cast<std::size_t>(RecordKind::metric)] = 2;
  Sender sender = make_sender(collector.url(), {.protocol = OtlpProtocol::http_json});
  sender.write(*mixed);
  Refusals refusals = sender.take_refusals();
  EXPECT_EQ(rejected(refusals, RecordKind::span), 3U);
  EXPECT_EQ(rejected(refusals, RecordKind::trace_end), 1U);
  EXPECT_EQ(rejected(refusals, RecordKind::metric), 3U);
  EXPECT_EQ(rejected(refusals, RecordKind::event), 1U);
  EXPECT_EQ(refusals.invalid[static_cast<std::size_t>(RecordKind::metric)], 2U);
  EXPECT_THAT(refusals.message, HasSubstr("rejected 4 of the spans: no; "));
  EXPECT_THAT(refusals.message, HasSubstr("rejected 3 of the data points: no; "));
  EXPECT_THAT(refusals.message, HasSubstr("rejected 1 of the log records: no"));
  // All four points: then all seven metrics that they were made of. And no more than there were, whatever is claimed.
  collector.answers["/v1/metrics"] = partial("rejectedDataPoints", 4);
  collector.answers["/v1/logs"] = partial("rejectedLogRecords", 1'000'000);
  sender.write(*mixed);
  refusals = sender.take_refusals();
  EXPECT_EQ(rejected(refusals, RecordKind::metric), 7U);
  EXPECT_EQ(rejected(refusals, RecordKind::event), 4U);
}

TEST_F(SenderDelivery, a_request_that_no_server_would_take_is_not_sent) {
  encoder = ScriptedEncoder({std::string(Sender::longest_request + 1, 'x'), "", ""});
  Sender sender = make_sender(collector.url());
  const Failure failure = failure_of(sender, *batch);
  EXPECT_EQ(failure.code, ErrorCode::invalid_argument);
  EXPECT_EQ(failure.message, collector.url() + "/v1/traces: a request of 67108865 bytes is longer than OTLP's 64 MiB");
  EXPECT_TRUE(collector.requests().empty());
}

TEST_F(SenderDelivery, every_place_that_repeats_a_secret_hides_it) {
  constexpr const char* canary = "hunter2-hunter2";
  const std::string said = "the token Bearer hunter2-hunter2 (hunter2-hunter2) and ?key=hunter2-hunter2 are wrong";
  for (const int status : {200, 400, 401, 429, 503}) {
    const std::string json =
        status == 200 ? R"({"partialSuccess":{"errorMessage":")" + said + "\"}}" : R"({"message":")" + said + "\"}";
    collector.answers.clear();
    for (const char* path : {"/v1/traces", "/v1/metrics", "/v1/logs"}) {
      collector.answers[std::string(path) + "?key=" + canary] =
          http_answer(status, "Content-Type: application/json\r\n", json);
    }
    Sender sender = make_sender(
        collector.url() + "?key=" + canary,
        {.protocol = OtlpProtocol::http_json, .headers = {{"authorization", std::string("Bearer ") + canary}}});
    const Failure failure = failure_of(sender, *batch);
    const std::string told = failure.message + sender.take_refusals().message + sender.name();
    EXPECT_THAT(told, HasSubstr("are wrong")) << status;
    EXPECT_THAT(told, HasSubstr("(secret)")) << status;
    EXPECT_EQ(told.find("hunter2"), std::string::npos) << told;
  }
}

}  // namespace
}  // namespace spark::testing
