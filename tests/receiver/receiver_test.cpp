// What the receiver answers, and what the store has then.
#include <thread>
#include <tuple>
#include <vector>

#include "backends/otlp/gzip.h"
#include "backends/records.h"
#include "receiver/receiver_fixture.h"
#include "spark/backends/otlp.h"

namespace spark::testing {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view json = "Content-Type: application/json\r\n";

std::string gzip(std::string_view bytes) {
  std::string packed;
  detail::otlp::append_gzip(packed, bytes);
  return packed;
}

std::size_t span_count(Store& store) { return store.query_spans({.limit = 100'000}).size(); }

TEST_F(ReceiverTest, stores_what_it_acknowledges) {
  const RawReply reply = send_json("/v1/traces", spans_json(1, 3));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(span_count(store), 3U);
  const detail::ingest::ReceiverStats stats = receiver->stats();
  EXPECT_EQ(stats.requests, 1U);
  EXPECT_EQ(stats.stored[static_cast<std::size_t>(RecordKind::span)], 3U);
}

TEST_F(ReceiverTest, a_request_sent_again_is_there_once) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send_json("/v1/traces", spans_json(1, 3)).status, 200);
  EXPECT_EQ(span_count(store), 3U);
}

TEST_F(ReceiverTest, what_our_sink_sends_comes_back) {
  BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
  Trace trace = make_trace(1, "work", 0, 5);
  trace.root_span_id = root_span_id(trace.trace_id);
  const Span span = make_span(1, "step", 1, 2);
  const Event event = make_event(1, "said", 3);
  const Metric metric = make_metric(1, "load", 4);
  builder.add(trace);
  builder.add(span);
  builder.add(event);
  builder.add(metric);
  const auto batch = builder.build();
  for (const OtlpProtocol protocol : {OtlpProtocol::http_protobuf, OtlpProtocol::http_json}) {
    for (const OtlpCompression compression : {OtlpCompression::none, OtlpCompression::gzip}) {
      OtlpSink sink(
          TelemetryConfig::create_otlp(receiver->url(), {.otlp = {.protocol = protocol, .compression = compression}}));
      sink.write(*batch);
      EXPECT_EQ(sink.take_refusals().message, "");
    }
  }
  EXPECT_EQ(text(store.query_traces({})), text(trace) + "\n");
  EXPECT_EQ(text(store.query_spans({})), text(span) + "\n");
  EXPECT_EQ(text(store.query_events({})), text(event) + "\n");
  EXPECT_EQ(store.query_metrics({}).size(), 1U);
}

// One point of the counter "jobs" of a process, which has counted so many since second 1.
std::string jobs_json(const char* process, int count, int second) {
  const std::string nanoseconds = "000000000";
  return R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.instance.id","value":{"stringValue":")" +
         std::string(process) +
         R"("}}]},"scopeMetrics":[{"metrics":[{"name":"jobs","sum":{"isMonotonic":true,"aggregationTemporality":2,
         "dataPoints":[{"asInt":)" +
         std::to_string(count) + R"(,"startTimeUnixNano":")" + "1" + nanoseconds + R"(","timeUnixNano":")" +
         std::to_string(second) + nanoseconds + R"("}]}}]}]}]})";
}

double jobs(Store& store) {
  double sum = 0;
  for (const Metric& metric : store.query_metrics({.name = "jobs"})) sum += metric.value;
  return sum;
}

// As `sparktel receive` has it: what began earlier may have been stored by the receiver before.
detail::ingest::ReceiverOptions begun_at_second_100() {
  detail::ingest::ReceiverOptions options;
  options.decoder.since_ns = 100'000'000'000;
  return options;
}

TEST_F(ReceiverTest, counts_whole_what_a_process_sends_that_ran_before_it_and_whom_the_store_does_not_know) {
  start(begun_at_second_100());
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("spooled", 5, 50)).status, 200);
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("spooled", 5, 50)).status, 200);  // sent again
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("spooled", 7, 60)).status, 200);
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("another", 4, 60)).status, 200);
  EXPECT_EQ(jobs(store), 11);
  EXPECT_EQ(receiver->stats().points_standing, 0U);
}

TEST_F(ReceiverTest, that_is_started_anew_counts_nothing_twice) {
  start(begun_at_second_100());
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 5, 50)).status, 200);
  start(begun_at_second_100());
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 7, 60)).status, 200);  // how many of these are stored?
  EXPECT_EQ(jobs(store), 5);
  EXPECT_EQ(receiver->stats().points_standing, 1U);
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 10, 70)).status, 200);
  EXPECT_EQ(jobs(store), 8);
}

TEST_F(ReceiverTest, a_request_that_is_refused_makes_no_sender_known) {
  start(begun_at_second_100());
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 5, 50) + "}").status, 400);
  start(begun_at_second_100());
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 5, 50)).status, 200);
  EXPECT_EQ(jobs(store), 5);
}

TEST_F(ReceiverTest, asks_for_counts_again_when_it_cannot_remember_their_sender) {
  start(begun_at_second_100());
  store.is_failing = true;
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 5, 50)).status, 503);
  store.is_failing = false;
  EXPECT_EQ(send_json("/v1/metrics", jobs_json("known", 5, 50)).status, 200);
  EXPECT_EQ(jobs(store), 5);
}

struct Refused {
  const char* what;
  std::string target;
  std::string body;
  std::string headers;
  int status;
};

TEST_F(ReceiverTest, refuses_what_is_not_otlp) {
  const std::string deep = R"({"resourceSpans":)" + std::string(100'000, '[');
  const std::string good = spans_json(1, 1);
  const std::string packed = "Content-Encoding: gzip\r\n" + std::string(json);
  const std::vector<Refused> all = {
      {"another path", "/v1/profiles", good, std::string(json), 404},
      {"no content type", "/v1/traces", good, "", 415},
      {"another content type", "/v1/traces", good, "Content-Type: text/xml\r\n", 415},
      {"another packing", "/v1/traces", good, "Content-Encoding: br\r\n" + std::string(json), 415},
      {"no JSON", "/v1/traces", "{", std::string(json), 400},
      {"no object", "/v1/logs", "[]", std::string(json), 400},
      {"no protobuf", "/v1/traces", "\x0a\xff\xff", "Content-Type: application/x-protobuf\r\n", 400},
      {"JSON as protobuf", "/v1/metrics", good, "Content-Type: application/x-protobuf\r\n", 400},
      {"nested too deep", "/v1/traces", deep, std::string(json), 400},
      {"not packed", "/v1/traces", good, packed, 400},
      {"packed and cut short", "/v1/traces", gzip(good).substr(0, 40), packed, 400},
  };
  for (const Refused& refused : all) {
    const RawReply reply = send(refused.target, refused.body, refused.headers);
    EXPECT_EQ(reply.status, refused.status) << refused.what << ": " << reply.body;
    EXPECT_NE(reply.body, "") << refused.what;
  }
  EXPECT_EQ(RawClient(port()).ask(get("/v1/traces")).status, 405);
  EXPECT_EQ(span_count(store), 0U);
}

TEST_F(ReceiverTest, says_what_is_wrong_in_the_encoding_of_the_request) {
  const std::string protobuf = "Content-Type: application/x-protobuf\r\n";
  for (const auto& [target, headers, status, code] :
       {std::tuple("/v1/profiles", ""s, 404, 12), std::tuple("/v1/traces", "Content-Encoding: br\r\n"s, 415, 3)}) {
    const RawReply as_json = send(target, "{}", headers + std::string(json));
    EXPECT_EQ(as_json.status, status);
    EXPECT_EQ(as_json.header("Content-Type"), "application/json");
    EXPECT_THAT(as_json.body, HasSubstr("\"code\":" + std::to_string(code)));
    const RawReply as_protobuf = send(target, "", headers + protobuf);
    EXPECT_EQ(as_protobuf.status, status);
    EXPECT_EQ(as_protobuf.header("Content-Type"), "application/x-protobuf");
    EXPECT_EQ(as_protobuf.body.substr(0, 2), std::string({'\x08', static_cast<char>(code)}));
  }
  const RawReply got = RawClient(port()).ask("GET /v1/traces HTTP/1.1\r\nHost: t\r\n" + std::string(json) + "\r\n");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.header("Allow"), "POST");
  EXPECT_EQ(got.header("Content-Type"), "application/json");
  EXPECT_EQ(send("/v1/profiles", "{}", "").header("Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(ReceiverTest, says_what_the_server_refuses_in_the_encoding_of_the_request_too) {
  start({.http = {.limits = {.body_bytes = 1000}}});
  const RawReply reply = send_json("/v1/traces", std::string(2000, ' '));
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_THAT(reply.body, HasSubstr("\"code\":8"));
}

TEST_F(ReceiverTest, a_slow_sender_is_asked_to_come_again) {
  start({.http = {.limits = {.body_timeout = Seconds{0.05}}}});
  RawClient client(port());
  client.send("POST /v1/traces HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n" + std::string(json) + "\r\n{");
  const RawReply reply = client.read_reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_THAT(reply.body, HasSubstr("\"code\":14"));
  EXPECT_EQ(receiver->stats().http.body_timeouts, 1U);
}

TEST_F(ReceiverTest, a_small_body_that_unpacks_to_gigabytes_costs_neither_time_nor_memory) {
  start({.unpacked_bytes = 1 << 20});
  // A thousand times smaller than what is in it.
  const std::string bomb = gzip(std::string(64 << 20, ' '));
  ASSERT_LT(bomb.size(), 1U << 20);
  const RawReply reply = send("/v1/traces", bomb, "Content-Encoding: gzip\r\n" + std::string(json));
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("unpacks to more than 1048576 bytes"));
  // What fills the limit exactly is taken.
  std::string body = spans_json(1, 1);
  body.resize(1 << 20, ' ');
  EXPECT_EQ(send("/v1/traces", gzip(body), "Content-Encoding: gzip\r\n" + std::string(json)).status, 200);
  EXPECT_EQ(send("/v1/traces", gzip(body + " "), "Content-Encoding: gzip\r\n" + std::string(json)).status, 413);
}

TEST_F(ReceiverTest, a_body_whose_records_would_take_gigabytes_is_refused) {
  start({.decoder = {.most_bytes = 1 << 20}});
  // Data points that are a number and nothing else.
  std::string points;
  for (int i = 0; i < 100'000; ++i) points += "\x0a\x09\x31\x01\x00\x00\x00\x00\x00\x00\x00"s;
  const auto field = [](char tag, const std::string& content) {
    std::string out(1, tag);
    for (std::size_t size = content.size(); true; size >>= 7) {
      out.push_back(static_cast<char>((size & 0x7F) | (size >= 0x80 ? 0x80 : 0)));
      if (size < 0x80) break;
    }
    return out + content;
  };
  const std::string metric = "\x0a\x01m" + field('\x2a', points);  // name, gauge
  const std::string request = field('\x0a', field('\x12', field('\x12', metric)));
  EXPECT_EQ(send("/v1/metrics", request, "Content-Type: application/x-protobuf\r\n").status, 413);
  EXPECT_EQ(send_json("/v1/traces", spans_json(1, 10'000)).status, 413);
  EXPECT_EQ(span_count(store), 0U);
  EXPECT_EQ(send_json("/v1/traces", spans_json(1, 10)).status, 200);
}

TEST_F(ReceiverTest, says_which_spans_it_cannot_take_and_stores_the_others) {
  std::string body = spans_json(1, 3);
  body.replace(body.find("0000000000000002"), 16, "02");
  const RawReply reply = send_json("/v1/traces", body);
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("rejectedSpans":"1")"));
  EXPECT_THAT(reply.body, HasSubstr("spans[1]"));
  EXPECT_EQ(span_count(store), 2U);
  EXPECT_EQ(receiver->stats().items_rejected, 1U);
}

TEST_F(ReceiverTest, asks_for_patience_when_the_store_fails_and_does_not_say_why) {
  std::string reported;
  start({.retry_after = Seconds{7}, .on_error = [&](std::string_view what) { reported = what; }});
  store.is_failing = true;
  const RawReply reply = send_json("/v1/traces", spans_json(1, 3));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("Retry-After"), "7");
  EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
  EXPECT_THAT(reported, HasSubstr("/secret/place"));
  EXPECT_EQ(receiver->stats().store_failures, 1U);
  store.is_failing = false;
  EXPECT_EQ(send_json("/v1/traces", spans_json(1, 3)).status, 200);
  EXPECT_EQ(span_count(store), 3U);
}

TEST_F(ReceiverTest, a_web_page_may_not_send_unless_its_origin_is_allowed) {
  const std::string from = "Origin: http://shop.example:4318\r\n" + std::string(json);
  const RawReply refused = send("/v1/traces", spans_json(1, 3), from);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("\"code\":7"));
  EXPECT_FALSE(refused.header("Access-Control-Allow-Origin").has_value());
  EXPECT_EQ(send("/v1/traces", spans_json(1, 3), "Origin: null\r\n" + std::string(json)).status, 403);
  EXPECT_EQ(span_count(store), 0U);
  EXPECT_EQ(receiver->stats().requests_refused, 2U);
  const std::string asks =
      "OPTIONS /v1/traces HTTP/1.1\r\nHost: t\r\nOrigin: http://shop.example:4318\r\n"
      "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n";
  EXPECT_EQ(RawClient(port()).ask(asks).status, 403);

  start({.http = {.limits = {.body_bytes = 100'000}},
         .allowed_origins = {"http://other.example", "http://shop.example:4318"}});
  const RawReply too_large = send("/v1/traces", std::string(100'001, ' '), from);
  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(too_large.header("Access-Control-Allow-Origin"), "http://shop.example:4318");
  RawClient client(port());
  const RawReply may = client.ask(asks);
  EXPECT_EQ(may.status, 204);
  EXPECT_EQ(may.header("Access-Control-Allow-Origin"), "http://shop.example:4318");
  EXPECT_EQ(may.header("Access-Control-Allow-Methods"), "POST");
  const RawReply taken = send("/v1/traces", spans_json(1, 3), from);
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(taken.header("Access-Control-Allow-Origin"), "http://shop.example:4318");
  EXPECT_EQ(span_count(store), 3U);
  EXPECT_EQ(send("/v1/traces", spans_json(9, 3), "Origin: http://shop.example\r\n" + std::string(json)).status, 403);
}

TEST_F(ReceiverTest, two_hundred_senders_at_once_are_all_served) {
  constexpr std::uint64_t senders = 200, requests = 5, spans = 10;
  std::vector<RawClient> clients;
  for (std::uint64_t i = 0; i < senders; ++i) clients.emplace_back(port());
  for (std::uint64_t request = 0; request < requests; ++request) {
    for (std::uint64_t i = 0; i < senders; ++i) {
      clients[i].send(post("/v1/traces", spans_json(1 + (request * senders + i) * spans, spans), json));
    }
    for (RawClient& client : clients) EXPECT_EQ(client.read_reply().status, 200);
  }
  EXPECT_EQ(span_count(store), senders * requests * spans);
}

TEST_F(ReceiverTest, what_it_answered_before_it_stopped_is_stored) {
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> acknowledged{0};
  for (std::uint64_t sender = 0; sender < 4; ++sender) {
    threads.emplace_back([&, sender] {
      try {
        RawClient client(port());
        for (std::uint64_t i = 0;; ++i) {
          client.send(post("/v1/traces", spans_json(1 + sender * 1'000'000 + i, 1), json));
          if (client.read_reply().status != 200) break;
          ++acknowledged;
        }
      } catch (const std::exception&) {
        // The connection ended.
      }
    });
  }
  while (acknowledged < 50) std::this_thread::yield();
  receiver->stop(Seconds{30});
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(span_count(store), acknowledged.load());
  EXPECT_LE(span_count(store), acknowledged.load() + threads.size());
}

}  // namespace
}  // namespace spark::testing
