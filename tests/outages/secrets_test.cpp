// A secret in headers, addresses and variables is sent to the collector and shown nowhere: not in names, errors,
// results, statistics, self metrics or the spool, whatever goes wrong and whatever the collector says back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "backends/temporary_directory.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* canary = "canary-5f2c9b71";

class Secrets : public ::testing::Test {
 protected:
  Secrets() { clear_otlp_variables(); }
  ~Secrets() override { clear_otlp_variables(); }

  // Records, fails to send, and gives every text that came of it.
  std::string everything_said(const TelemetryConfig& config) {
    std::ostringstream all;
    try {
      TelemetryManager manager(config);
      manager.start_span("step", TraceId{1, 1}).end();
      for (const FlushResult& result : {manager.flush(1s), manager.shutdown(100ms)}) {
        for (const auto& sink : result.sinks) all << sink.name << '\n' << sink.error << '\n';
      }
      const Stats stats = manager.stats();
      EXPECT_TRUE(stats.balanced());
      for (const SinkStats& sink : stats.sinks) all << sink.name << '\n' << sink.last_error << '\n';
    } catch (const std::exception& error) {
      all << error.what() << '\n';
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      if (entry.is_regular_file()) all << entry.path() << std::ifstream(entry.path(), std::ios::binary).rdbuf() << '\n';
    }
    return all.str();
  }
  TelemetryConfig config(const std::string& endpoint) {
    TelemetryConfig config = TelemetryConfig::create_otlp(
        endpoint, {.otlp = {.protocol = OtlpProtocol::http_protobuf,
                            .headers = {{"authorization", Secret("Bearer " + std::string(canary))}},
                            .timeout = 300ms},
                   .reliable = {.initial_backoff = 10ms, .max_backoff = 20ms, .max_elapsed = 200ms}});
    return config;
  }

  TemporaryDirectory directory;
};

TEST_F(Secrets, are_sent_and_shown_nowhere_whatever_the_collector_answers) {
  const std::string echo = std::string("you said Bearer ") + canary + " and " + canary;
  for (const int status : {400, 401, 403, 404, 413, 429, 500, 503}) {
    SCOPED_TRACE(status);
    HttpServer server(http_answer(status, "Content-Type: text/plain\r\nX-Echo: " + echo + "\r\n", echo));
    for (const bool has_spool : {false, true}) {
      TelemetryConfig with = config(server.url() + "/?api_key=" + canary);
      if (has_spool) with.reliable.spool_path = directory.file("spool");
      EXPECT_THAT(everything_said(with), Not(HasSubstr(canary)));
    }
    ASSERT_FALSE(server.requests().empty());
    EXPECT_EQ(server.requests()[0].headers.at("authorization"), std::string("Bearer ") + canary);
    EXPECT_THAT(server.requests()[0].target, HasSubstr(canary));
  }
}

TEST_F(Secrets, are_shown_nowhere_when_nobody_answers) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port()) + "/?api_key=" + canary;
  EXPECT_THAT(everything_said(config(nobody)), Not(HasSubstr(canary)));
  HttpServer silent([](const HttpConnection& connection, const HttpRequest&) {
    connection.wait_for_end();
    return false;
  });
  EXPECT_THAT(everything_said(config(silent.url() + "/?api_key=" + canary)), Not(HasSubstr(canary)));
}

TEST_F(Secrets, are_shown_nowhere_when_the_configuration_is_wrong) {
  const std::string secret = canary;
  const std::vector<std::string> endpoints = {"http://user:" + secret + "@host:4318", "ftp://host/?key=" + secret,
                                              "http://host:99999/?key=" + secret, "http:///?" + secret};
  for (const std::string& endpoint : endpoints) {
    EXPECT_THAT(everything_said(config(endpoint)), Not(HasSubstr(canary))) << endpoint;
  }
  TelemetryConfig bad_header = config("http://127.0.0.1:1");
  bad_header.otlp.headers = {{"x-key", Secret("line\n" + secret)}};
  EXPECT_THAT(everything_said(bad_header), Not(HasSubstr(canary)));
}

TEST_F(Secrets, of_variables_are_shown_nowhere) {
  const std::string secret = canary;
  const std::pair<const char*, std::string> variables[] = {
      {"OTEL_EXPORTER_OTLP_HEADERS", "authorization=" + secret},
      {"OTEL_EXPORTER_OTLP_HEADERS", secret},
      {"OTEL_EXPORTER_OTLP_HEADERS", "a b=" + secret},
      {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x=%zz" + secret},
      {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:" + secret + "@host:4318"},
      {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1/v1/traces?key=" + secret},
  };
  for (const auto& [name, value] : variables) {
    clear_otlp_variables();
    ::setenv(name, value.c_str(), 1);
    TelemetryConfig plain = TelemetryConfig::create_otlp(
        "", {.otlp = {.protocol = OtlpProtocol::http_protobuf, .timeout = 200ms},
             .reliable = {.initial_backoff = 10ms, .max_backoff = 20ms, .max_elapsed = 50ms}});
    EXPECT_THAT(everything_said(plain), Not(HasSubstr(canary))) << name << "=" << value;
  }
}

}  // namespace
}  // namespace spark::testing
