// What a collector refuses as a whole, because of its size or of a single record: the real sink finds what it takes.
#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"
#include "spark/backends/otlp.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t longest_body = 4'000;

std::uint64_t rejected_of(const Refusals& refusals, RecordKind kind) {
  return refusals.rejected[static_cast<std::size_t>(kind)];
}

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (auto place = text.find(of); place != std::string::npos; place = text.find(of, place + 1)) ++count;
  return count;
}

// As a proxy does, takes no request to a path that is longer than it likes, and none that has a word it does not like.
class Picky {
 public:
  explicit Picky(std::string path) : path_(std::move(path)) {}

  std::size_t longest = SIZE_MAX;
  std::string bad_word = "a word that no record has";
  int bad_word_status = 400;

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::size_t requests() const { return server_.requests().size(); }
  // The bodies that it took, one after the other.
  [[nodiscard]] std::string taken() const {
    std::string all;
    for (const HttpRequest& request : server_.requests()) {
      if (status(request) == 200) all += request.body;
    }
    return all;
  }

 private:
  [[nodiscard]] int status(const HttpRequest& request) const {
    if (request.target != path_) return 200;
    if (request.body.size() > longest) return 413;
    return request.body.find(bad_word) == std::string::npos ? 200 : bad_word_status;
  }

  std::string path_;
  HttpServer server_{[this](const HttpConnection& connection, const HttpRequest& request) {
    return connection.send(http_answer(status(request)));
  }};
};

class RefusedPieces : public SenderTest, public ::testing::WithParamInterface<OtlpProtocol> {
 protected:
  static std::string name(int number) { return "record " + std::to_string(number) + "."; }
  // All points of one metric.
  static std::shared_ptr<const Batch> batch_of(int records) {
    return make_batch([&](BatchBuilder& builder) {
      for (int i = 0; i < records; ++i) {
        const auto number = static_cast<std::uint64_t>(i + 1);
        builder.add(make_span(number, name(i), i, i + 1));
        builder.add(make_event(number, name(i), i));
        builder.add(make_metric(number, "load", i, {{"label", name(i)}}));
      }
    });
  }
  static OtlpSink sink_to(const std::string& url) {
    return OtlpSink(TelemetryConfig::create_otlp(url, {.otlp = {.protocol = GetParam()}}));
  }
  // Each record's name once in each of the three signals, but for those that may be missing.
  static void expect_all(const std::string& taken, int records, int missing = -1) {
    for (int i = 0; i < records; ++i) EXPECT_EQ(occurrences(taken, name(i)), i == missing ? 2U : 3U) << i;
  }
};

TEST_P(RefusedPieces, what_is_too_long_together_is_sent_in_pieces_and_nothing_is_lost) {
  for (const char* path : {"/v1/traces", "/v1/metrics", "/v1/logs"}) {
    Picky server(path);
    server.longest = longest_body;
    OtlpSink sink = sink_to(server.url());
    sink.write(*batch_of(200));
    const Refusals refusals = sink.take_refusals();
    EXPECT_EQ(refusals.rejected, Refusals{}.rejected) << path;
    EXPECT_EQ(refusals.message, "") << path;
    expect_all(server.taken(), 200);
  }
}

TEST_P(RefusedPieces, of_many_records_only_the_one_that_is_refused_is_lost) {
  for (const auto& [path, kind] : {std::pair("/v1/traces", RecordKind::span), std::pair("/v1/logs", RecordKind::event),
                                   std::pair("/v1/metrics", RecordKind::metric)}) {
    Picky server(path);
    server.bad_word = name(123);
    OtlpSink sink = sink_to(server.url());
    sink.write(*batch_of(1'000));
    const Refusals refusals = sink.take_refusals();
    EXPECT_EQ(rejected_of(refusals, kind), 1U) << path;
    EXPECT_EQ(refusals.message, server.url() + path + ": HTTP status 400");
    expect_all(server.taken(), 1'000, 123);
    EXPECT_LE(server.requests(), 30U) << path;
  }
}

TEST_P(RefusedPieces, who_refuses_everything_is_asked_a_bounded_number_of_times) {
  Picky server("/v1/traces");
  server.bad_word = "record";
  OtlpSink sink = sink_to(server.url());
  sink.write(*batch_of(1'000));
  EXPECT_EQ(rejected_of(sink.take_refusals(), RecordKind::span), 1'000U);
  EXPECT_EQ(server.requests(), 2 * Sender::most_cuts + 3);
}

TEST_P(RefusedPieces, what_is_refused_for_another_reason_is_refused_once) {
  Picky server("/v1/traces");
  server.bad_word = "record";
  server.bad_word_status = 401;
  OtlpSink sink = sink_to(server.url());
  sink.write(*batch_of(100));
  EXPECT_EQ(rejected_of(sink.take_refusals(), RecordKind::span), 100U);
  EXPECT_EQ(server.requests(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Http, RefusedPieces, ::testing::Values(OtlpProtocol::http_protobuf, OtlpProtocol::http_json),
                         [](const auto& protocol) { return std::string(to_string(protocol.param)).substr(5); });

}  // namespace
}  // namespace spark::testing
