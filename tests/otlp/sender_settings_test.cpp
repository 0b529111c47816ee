// Where it is sent to and how: the configuration, OpenTelemetry's environment variables, and which of them wins.
#include "backends/otlp/settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "otlp/sender_fixture.h"
#include "spark/backends/otlp.h"

namespace spark::testing {
namespace {

using detail::otlp::resolve_settings;
using detail::otlp::SignalSettings;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Variables = std::vector<std::pair<std::string, std::string>>;  // without OTEL_EXPORTER_OTLP_

void set(const Variables& variables) {
  clear_otlp_variables();
  for (const auto& [name, value] : variables) ::setenv(("OTEL_EXPORTER_OTLP_" + name).c_str(), value.c_str(), 1);
}

std::array<std::string, 3> urls(const TelemetryConfig& config) {
  const Settings settings = resolve_settings(config);
  return {settings.each[0].url, settings.each[1].url, settings.each[2].url};
}

std::array<std::string, 3> base(const std::string& url) {
  return {url + "v1/traces", url + "v1/metrics", url + "v1/logs"};
}

std::array<std::string, 3> grpc(const std::string& origin) {
  const std::string package = origin + "/opentelemetry.proto.collector.";
  return {package + "trace.v1.TraceService/Export", package + "metrics.v1.MetricsService/Export",
          package + "logs.v1.LogsService/Export"};
}

std::string error_of(const TelemetryConfig& config = TelemetryConfig::create_otlp()) {
  try {
    static_cast<void>(resolve_settings(config));
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
}

class SenderSettings : public SenderTest {};

std::string destination_of(const std::string& endpoint, const std::map<std::string, Secret>& headers = {}) {
  return OtlpSink(TelemetryConfig::create_otlp(endpoint, {.otlp = {.headers = headers}})).destination();
}

TEST_F(SenderSettings, a_destination_is_the_same_whatever_the_credentials_and_another_for_another_tenant) {
  clear_otlp_variables();
  EXPECT_EQ(destination_of("http://Collector:4318"), "otlp http://collector:4318");
  EXPECT_EQ(destination_of("HTTP://collector:4318/?key=hunter2", {{"Authorization", Secret("hunter2")}}),
            destination_of("http://collector:4318", {{"authorization", Secret("another")}}));
  EXPECT_EQ(destination_of("http://c:4317"), "otlp http://c:4317");
  EXPECT_EQ(destination_of("https://c:443/Tenant-A/"), "otlp https://c/Tenant-A");
  EXPECT_NE(destination_of("https://c/tenant-a"), destination_of("https://c/tenant-b"));
  set({{"TRACES_ENDPOINT", "http://c:4318/v1/traces"}, {"LOGS_ENDPOINT", "http://c:4318/other"}});
  EXPECT_EQ(destination_of("http://c:4318"), "otlp http://c:4318");
  EXPECT_EQ(destination_of(""), "otlp traces=http://c:4318 metrics=http://localhost:4317 logs=http://c:4318/other");
}

TEST_F(SenderSettings, addresses_are_joined_by_the_specifications_rules) {
  struct Case {
    std::string endpoint;
    Variables variables;
    std::array<std::string, 3> urls;
  };
  const Case cases[] = {
      {"", {}, grpc("http://localhost:4317")},
      {"", {{"PROTOCOL", "http/protobuf"}}, base("http://localhost:4318/")},
      {"", {{"PROTOCOL", "HTTP/JSON"}}, base("http://localhost:4318/")},
      {"", {{"PROTOCOL", ""}, {"ENDPOINT", ""}}, grpc("http://localhost:4317")},
      {"", {{"ENDPOINT", "http://c:4318"}}, base("http://c:4318/")},
      {"", {{"ENDPOINT", "http://c:4318/"}}, base("http://c:4318/")},
      {"", {{"ENDPOINT", "http://c:4318/x"}}, base("http://c:4318/x/")},
      {"", {{"ENDPOINT", "http://c:4318/x/"}}, base("http://c:4318/x/")},
      {"", {{"ENDPOINT", "https://c"}}, base("https://c/")},
      {"", {{"ENDPOINT", "HTTPS://c"}}, base("https://c/")},
      {"HTTP://c:4318/X", {}, base("http://c:4318/X/")},
      {"", {{"ENDPOINT", "http://[::1]:4318"}}, base("http://[::1]:4318/")},
      {"", {{"ENDPOINT", "http://c:4317/ignored"}}, grpc("http://c:4317")},
      {"", {{"ENDPOINT", "https://c:4317"}}, grpc("https://c:4317")},
      {"", {{"ENDPOINT", "http://c:9"}, {"PROTOCOL", "grpc"}}, grpc("http://c:9")},
      {"", {{"ENDPOINT", "http://c:4317"}, {"PROTOCOL", "http/protobuf"}}, base("http://c:4317/")},
      {"", {{"ENDPOINT", "c:9"}}, grpc("https://c:9")},
      {"", {{"ENDPOINT", "c:9"}, {"INSECURE", "TRUE"}}, grpc("http://c:9")},
      {"", {{"ENDPOINT", "c:4318"}, {"INSECURE", "true"}}, base("http://c:4318/")},
      {"", {{"ENDPOINT", "https://c:4317"}, {"INSECURE", "true"}}, grpc("https://c:4317")},
      {"",
       {{"TRACES_ENDPOINT", "http://t:4318"}, {"METRICS_ENDPOINT", "http://m:4318/y/"}, {"ENDPOINT", "http://c:4318"}},
       {"http://t:4318/", "http://m:4318/y/", "http://c:4318/v1/logs"}},
      {"",
       {{"LOGS_ENDPOINT", "http://l:4318/a?b=c"}},
       {grpc("http://localhost:4317")[0], grpc("http://localhost:4317")[1], "http://l:4318/a?b=c"}},
      {"http://code:4318", {{"ENDPOINT", "http://c:1"}, {"TRACES_ENDPOINT", "http://t:2"}}, base("http://code:4318/")},
      {"http://code:4317",
       {{"TRACES_PROTOCOL", "http/json"}},
       {"http://code:4317/v1/traces", grpc("http://code:4317")[1], grpc("http://code:4317")[2]}},
      {"http://code:4318/p?key=1#fragment",
       {},
       {"http://code:4318/p/v1/traces?key=1", "http://code:4318/p/v1/metrics?key=1",
        "http://code:4318/p/v1/logs?key=1"}},
  };
  for (const auto& [endpoint, variables, expected] : cases) {
    set(variables);
    EXPECT_EQ(urls(TelemetryConfig::create_otlp(endpoint)), expected)
        << endpoint << (variables.empty() ? "" : variables[0].first + "=" + variables[0].second);
  }
}

TEST_F(SenderSettings, insecure_has_older_names) {
  set({{"ENDPOINT", "c:9"}, {"SPAN_INSECURE", "true"}});
  EXPECT_EQ(urls(TelemetryConfig::create_otlp())[0], grpc("http://c:9")[0]);
  EXPECT_EQ(urls(TelemetryConfig::create_otlp())[1], grpc("https://c:9")[1]);
  set({{"ENDPOINT", "c:9"}, {"METRIC_INSECURE", "true"}});
  EXPECT_EQ(urls(TelemetryConfig::create_otlp())[1], grpc("http://c:9")[1]);
  EXPECT_EQ(urls(TelemetryConfig::create_otlp("c:9", {.otlp = {.insecure = true}}))[2], grpc("http://c:9")[2]);
}

TEST_F(SenderSettings, code_wins_over_a_signals_variable_and_that_over_the_general_one) {
  set({{"COMPRESSION", "gzip"},
       {"LOGS_COMPRESSION", "none"},
       {"TIMEOUT", "250"},
       {"METRICS_TIMEOUT", " 0 "},
       {"CERTIFICATE", "/ca.pem"},
       {"TRACES_CERTIFICATE", "/traces.pem"},
       {"CLIENT_KEY", "/key.pem"},
       {"CLIENT_CERTIFICATE", "/client.pem"},
       {"METRICS_TEMPORALITY_PREFERENCE", "LowMemory"}});
  const Settings settings = resolve_settings(TelemetryConfig::create_otlp());
  EXPECT_EQ(settings[Signal::traces].compression, OtlpCompression::gzip);
  EXPECT_EQ(settings[Signal::logs].compression, OtlpCompression::none);
  EXPECT_EQ(settings[Signal::traces].timeout, Seconds{0.25});
  EXPECT_EQ(settings[Signal::metrics].timeout, Seconds{0});
  EXPECT_EQ(settings[Signal::traces].certificate_file, "/traces.pem");
  EXPECT_EQ(settings[Signal::logs].certificate_file, "/ca.pem");
  EXPECT_EQ(settings[Signal::logs].client_key_file, "/key.pem");
  EXPECT_EQ(settings[Signal::logs].client_certificate_file, "/client.pem");
  EXPECT_EQ(settings.temporality, OtlpTemporality::lowmemory);

  const Settings of_code = resolve_settings(TelemetryConfig::create_otlp("", {.otlp = {
                                                                                  .compression = OtlpCompression::none,
                                                                                  .timeout = Seconds{3},
                                                                                  .certificate_file = "/code.pem",
                                                                                  .client_key_file = "/k.pem",
                                                                                  .client_certificate_file = "/c.pem",
                                                                                  .temporality = OtlpTemporality::delta,
                                                                              }}));
  for (const SignalSettings& each : of_code.each) {
    EXPECT_EQ(each.compression, OtlpCompression::none);
    EXPECT_EQ(each.timeout, Seconds{3});
    EXPECT_EQ(each.certificate_file, "/code.pem");
    EXPECT_EQ(each.client_key_file, "/k.pem");
    EXPECT_EQ(each.client_certificate_file, "/c.pem");
  }
  EXPECT_EQ(of_code.temporality, OtlpTemporality::delta);
  clear_otlp_variables();
  EXPECT_EQ(resolve_settings(TelemetryConfig::create_otlp())[Signal::traces].timeout, Seconds{10});
}

TEST_F(SenderSettings, headers_come_together_name_by_name) {
  set({{"HEADERS", " Api-Key = a%20b+c , x-general=1,x-both=general,, x-empty="},
       {"TRACES_HEADERS", "X-Both=traces,x-code=variable"}});
  const auto config = TelemetryConfig::create_otlp("", {.otlp = {.headers = {{"X-Code", "code"}}}});
  const Settings settings = resolve_settings(config);
  const std::map<std::string, Secret> of_traces{
      {"api-key", "a b+c"}, {"x-both", "traces"}, {"x-code", "code"}, {"x-empty", ""}, {"x-general", "1"}};
  EXPECT_TRUE(settings[Signal::traces].headers == of_traces);
  std::map<std::string, Secret> of_logs = of_traces;
  of_logs["x-both"] = "general";
  EXPECT_TRUE(settings[Signal::logs].headers == of_logs);
}

TEST_F(SenderSettings, a_variable_of_where_to_that_cannot_be_understood_is_an_error_naming_it) {
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"ENDPOINT", "ftp://c:1/x?hunter2", "it is \"ftp://c:1/x\", allowed is http://HOST[:PORT]"},
      {"TRACES_ENDPOINT", "http://user:hunter2@c:1", "it is a text with \"@\""},
      {"ENDPOINT", "http://c:0", "it is \"http://c:0\""},
      {"ENDPOINT", "http://c:65536", "it is \"http://c:65536\""},
      {"ENDPOINT", "http://[::1:80", "it is \"http://[::1:80\""},
      {"ENDPOINT", "http://a b", "it is \"http://a b\""},
      {"HEADERS", "hunter2", "entry 1 has no \"=\""},
      {"METRICS_HEADERS", "a=b,c=hunter2%4", "entry 2 has a \"%\" that two hexadecimal digits do not follow"},
      {"HEADERS", "=hunter2", "entry 1 has no name"},
      {"HEADERS", "hunter2 is=x", "one of its headers is not a header's name"},
      {"HEADERS", "key=hunter2%0d%0ax: y", "one of its headers is set to a value with a control character"},
      {"HEADERS", "Content-Length=hunter2", "one of its headers is a header that the protocol sets itself"},
  };
  for (const auto& [name, value, message] : cases) {
    set({{name, value}});
    EXPECT_THAT(error_of(), HasSubstr("cannot configure telemetry from OTEL_EXPORTER_OTLP_" + name + ": " + message));
    EXPECT_THAT(error_of(), Not(HasSubstr("hunter2"))) << name;
  }
  set({{"ENDPOINT", "nonsense://"}});
  EXPECT_EQ(error_of(TelemetryConfig::create_otlp("http://h:1")), "no error") << "it is not asked for";
}

TEST_F(SenderSettings, another_variable_that_cannot_be_understood_is_ignored_and_said_once) {
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"PROTOCOL", "tcp", "it is \"tcp\", allowed is grpc, http/protobuf, http/json"},
      {"LOGS_COMPRESSION", "zstd", "it is \"zstd\", allowed is none, gzip"},
      {"TIMEOUT", "10s", "it is \"10s\", allowed is a number of milliseconds up to 86400000"},
      {"TIMEOUT", "-1", "it is \"-1\""},
      {"TIMEOUT", "86400001", "it is \"86400001\""},
      {"TIMEOUT", "99999999999999", "it is \"99999999999999\""},
      {"INSECURE", "yes", "it is \"yes\", allowed is true or false"},
      {"SPAN_INSECURE", "1", "it is \"1\", allowed is true or false"},
      {"METRICS_TEMPORALITY_PREFERENCE", "sum", "it is \"sum\", allowed is cumulative, delta, lowmemory"},
  };
  const Settings without = resolve_settings(TelemetryConfig::create_otlp());
  for (const auto& [name, value, message] : cases) {
    set({{name, value}});
    ::testing::internal::CaptureStderr();
    const Settings settings = resolve_settings(TelemetryConfig::create_otlp());
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, StartsWith("spark telemetry: OTEL_EXPORTER_OTLP_" + name + " is ignored: " + message));
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
      EXPECT_EQ(settings[signal].url, without[signal].url) << name;
      EXPECT_EQ(settings[signal].timeout, without[signal].timeout) << name;
      EXPECT_EQ(settings[signal].compression, without[signal].compression) << name;
    }
    EXPECT_EQ(settings.temporality, without.temporality) << name;
  }
}

TEST_F(SenderSettings, the_sink_names_where_it_sends_to_without_what_may_be_secret) {
  EXPECT_EQ(OtlpSink(TelemetryConfig::create_otlp()).name(), "otlp http://localhost:4317");
  EXPECT_EQ(OtlpSink(TelemetryConfig::create_otlp("https://c/path?api-key=hunter2")).name(), "otlp https://c");
  set({{"TRACES_ENDPOINT", "http://t:1/x"}});
  EXPECT_EQ(OtlpSink(TelemetryConfig::create_otlp()).name(), "otlp http://t:1 http://localhost:4317");
}

TEST_F(SenderSettings, a_tls_file_that_is_not_there_is_said_at_once) {
  const auto config = TelemetryConfig::create_otlp("https://c", {.otlp = {.certificate_file = "/no/such/ca.pem"}});
  try {
    const OtlpSink sink(config);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.what(), HasSubstr("cannot read the certificate file \"/no/such/ca.pem\": "));
  }
}

}  // namespace
}  // namespace spark::testing
