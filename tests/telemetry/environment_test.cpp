#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "fakes/recording_sink.h"
#include "spark/base/error.h"
#include "spark/telemetry/config.h"

namespace spark {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* variables[] = {"SPARK_TELEMETRY",         "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER",
                                     "OTEL_TRACES_SAMPLER_ARG", "OTEL_SDK_DISABLED", "OTEL_RESOURCE_ATTRIBUTES",
                                     "SPARK_TELEMETRY_SPOOL"};

// Each test begins without the variables, whatever the shell that runs it has set.
class FromEnvironment : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }

  static void clear() {
    for (const char* name : variables) unsetenv(name);
  }
  static TelemetryConfig from(const std::string& telemetry) {
    setenv("SPARK_TELEMETRY", telemetry.c_str(), 1);
    return TelemetryConfig::from_environment();
  }
  static std::string error_of(const std::string& telemetry) {
    setenv("SPARK_TELEMETRY", telemetry.c_str(), 1);
    return current_error();
  }
  static std::string current_error() {
    try {
      static_cast<void>(TelemetryConfig::from_environment());
      return "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return error.what();
    }
  }
  // What is said on standard error meanwhile. A warning is said once in the process: no two tests may ask for the same.
  static std::string said_by(const std::function<void()>& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  }
  // The connection strings and places of a fan-out, in order.
  static std::vector<std::string> places(const std::string& telemetry) {
    std::vector<std::string> places;
    for (const auto& child : from(telemetry).children) {
      switch (child.backend) {
        case Backend::sqlite:
          places.push_back(child.db_path);
          break;
        case Backend::postgresql:
          places.push_back(child.connection_string.reveal());
          break;
        case Backend::otlp:
          places.push_back(child.endpoint);
          break;
        default:
          places.emplace_back(to_string(child.backend));
      }
    }
    return places;
  }
};

TEST_F(FromEnvironment, unset_or_empty_is_memory) {
  EXPECT_EQ(TelemetryConfig::from_environment(), TelemetryConfig::create_memory());
  EXPECT_EQ(from(""), TelemetryConfig::create_memory());
}

TEST_F(FromEnvironment, reads_each_destination) {
  EXPECT_EQ(from("memory:"), TelemetryConfig::create_memory());
  EXPECT_EQ(from("off"), TelemetryConfig::create_noop());
  EXPECT_EQ(from("sqlite:/var/lib/t.db"), TelemetryConfig::create_sqlite("/var/lib/t.db"));
  EXPECT_EQ(from("postgresql://u:p@h:5432/db?sslmode=require"),
            TelemetryConfig::create_postgresql("postgresql://u:p@h:5432/db?sslmode=require"));
  EXPECT_EQ(from("postgres://h/db"), TelemetryConfig::create_postgresql("postgres://h/db"));
  EXPECT_EQ(from("otlp://collector:4318"), TelemetryConfig::create_otlp("http://collector:4318"));
  EXPECT_EQ(from("otlp://[::1]:4317"), TelemetryConfig::create_otlp("http://[::1]:4317"));
  EXPECT_EQ(from("otlp:"), TelemetryConfig::create_otlp()) << "OpenTelemetry's variables say where";
}

TEST_F(FromEnvironment, a_comma_is_fan_out) {
  EXPECT_EQ(from("sqlite:a.db,otlp://h:4317"),
            TelemetryConfig::create_multi(
                {TelemetryConfig::create_sqlite("a.db"), TelemetryConfig::create_otlp("http://h:4317")}));
  EXPECT_EQ(from("sqlite:a.db,otlp:"),
            TelemetryConfig::create_multi({TelemetryConfig::create_sqlite("a.db"), TelemetryConfig::create_otlp()}));
  EXPECT_THAT(places("memory:,sqlite:a.db,postgresql://h/db,otlp://h:1"),
              testing::ElementsAre("memory", "a.db", "postgresql://h/db", "http://h:1"));
}

TEST_F(FromEnvironment, a_comma_in_a_connection_strings_list_of_hosts_belongs_to_it) {
  EXPECT_EQ(from("postgresql://a:5432,b:5433,c/db").connection_string.reveal(), "postgresql://a:5432,b:5433,c/db");
  EXPECT_EQ(from("postgresql://u:p,q@a,b/db").connection_string.reveal(), "postgresql://u:p,q@a,b/db");
  EXPECT_EQ(from("postgresql:///db?host=a,b").connection_string.reveal(), "postgresql:///db?host=a,b");
  EXPECT_THAT(places("postgresql://a,b/db,sqlite:x.db"), testing::ElementsAre("postgresql://a,b/db", "x.db"));
  EXPECT_THAT(places("sqlite:x.db,postgresql://a,b,otlp://h:1,memory:"),
              testing::ElementsAre("x.db", "postgresql://a,b", "http://h:1", "memory"));
  EXPECT_THAT(places("postgresql://a,b/db?host=c,d,postgresql://e,f"),
              testing::ElementsAre("postgresql://a,b/db?host=c,d", "postgresql://e,f"));
}

TEST_F(FromEnvironment, what_is_not_understood_is_an_error_that_says_what_is) {
  const std::string allowed =
      "; allowed: memory:, sqlite:PATH, postgresql://…, otlp://HOST:PORT, otlp: or off, several with commas between";
  EXPECT_EQ(error_of("sqlit:a.db"),
            "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is not a destination (\"sqlit\")" + allowed);
  EXPECT_EQ(error_of("memory"),
            "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is not a destination (\"memory\")" + allowed);
  EXPECT_EQ(error_of("memory:,redis:x"),
            "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is followed by a comma and something "
            "that is not "
            "a destination" +
                allowed);
  EXPECT_EQ(error_of("sqlite:"),
            "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is sqlite: without a path; needed is "
            "sqlite:PATH");
  EXPECT_EQ(error_of("memory:,off"),
            "cannot configure telemetry from SPARK_TELEMETRY: entry 2 is off, which cannot be combined with other "
            "destinations");
  EXPECT_EQ(error_of(",memory:"), "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is empty");
  for (const char* text :
       {",", "memory:,", "memory:,,memory:", "sqlite:a.db,b.db", " memory:", "memory: ", "OFF", "memory:x", "off,off",
        "otlp:host:4317", "postgresql://a/db,", "postgresql://a/db,otpl://h:1", "postgresql://a/db,sqlit:x",
        "http://h:4317", "sqlite:a.db,"}) {
    EXPECT_THAT(error_of(text), HasSubstr("cannot configure telemetry from SPARK_TELEMETRY: entry ")) << text;
  }
}

TEST_F(FromEnvironment, otlp_needs_host_and_port) {
  for (const char* text :
       {"otlp://", "otlp://host", "otlp://:4317", "otlp://host:", "otlp://host:0", "otlp://host:65536", "otlp://host:x",
        "otlp://host:-1", "otlp://a:b@host:4317", "otlp://::1", "otlp://[]:1", "otlp://ho st:1", "otlp://host:4317 "}) {
    EXPECT_THAT(error_of(text), HasSubstr("entry 1 is otlp:// without HOST:PORT")) << text;
  }
}

TEST_F(FromEnvironment, an_otlp_address_with_more_than_host_and_port_is_told_where_that_belongs) {
  for (const char* text :
       {"otlp://host:4317/", "otlp://127.0.0.1:4390/path", "otlp://host/path", "otlp://h:1?key=hunter2"}) {
    EXPECT_EQ(error_of(text),
              "cannot configure telemetry from SPARK_TELEMETRY: entry 1 is otlp:// with something behind HOST:PORT, "
              "where nothing may stand; for a path: SPARK_TELEMETRY=otlp: with "
              "OTEL_EXPORTER_OTLP_ENDPOINT=https://HOST:PORT/PATH");
  }
  EXPECT_EQ(
      error_of("https://user:hunter2@host"),
      "cannot configure telemetry from SPARK_TELEMETRY: entry 1 begins with https://, which is no destination; for "
      "OTLP by TLS: SPARK_TELEMETRY=otlp: with OTEL_EXPORTER_OTLP_ENDPOINT=https://HOST:PORT/PATH");
  EXPECT_THAT(error_of("http://h:4317"), HasSubstr("for OTLP: otlp://HOST:PORT"));
}

TEST_F(FromEnvironment, a_spool_that_no_destination_can_have_is_said) {
  setenv("SPARK_TELEMETRY_SPOOL", "/var/spool/x", 1);
  TelemetryConfig config;
  EXPECT_EQ(said_by([] { EXPECT_EQ(from("off"), TelemetryConfig::create_noop()); }), "");
  EXPECT_EQ(said_by([&] { config = from("sqlite:a.db"); }),
            "spark telemetry: SPARK_TELEMETRY_SPOOL is ignored: SPARK_TELEMETRY has no otlp:// or postgresql:// "
            "destination that could have a spool\n");
  EXPECT_EQ(config, TelemetryConfig::create_sqlite("a.db"));
  EXPECT_EQ(said_by([] { EXPECT_EQ(from("otlp:").reliable.spool_path, "/var/spool/x"); }), "");
}

TEST_F(FromEnvironment, no_message_contains_a_password) {
  for (const char* text : {
           "postgresl://user:hunter2@host/db",
           "postgresql//user:hunter2@host/db",
           "postgresql:/user:hunter2@host/db",
           "user:hunter2@host",
           "hunter2@host",
           "POSTGRESQL://user:hunter2@host/db",
           "postgresql://user:hunter2@host/db,x",
           "postgresql://host/db,hunter2",
           "memory:,postgresl://user:hunter2@host/db",
           "sqlite:a.db,user:hunter2@host",
           "otlp://user:hunter2@host:4317",
           "mysql://user:abc,hunter2@host/db",
           "postgresql://user:hunter2@host/db,off",
       }) {
    const auto message = error_of(text);
    EXPECT_THAT(message, HasSubstr("cannot configure telemetry from SPARK_TELEMETRY")) << text;
    EXPECT_THAT(message, Not(HasSubstr("hunter2"))) << text;
  }
}

TEST_F(FromEnvironment, obeys_the_service_name) {
  setenv("OTEL_SERVICE_NAME", "checkout", 1);
  EXPECT_EQ(TelemetryConfig::from_environment().service_name, "checkout");
  const auto multi = from("memory:,sqlite:a.db");
  EXPECT_EQ(multi.service_name, "checkout");
  EXPECT_EQ(multi.children[0].service_name, "");
}

// What the records of a manager say of the process.
Resource resource_of(const TelemetryConfig& config) {
  fakes::TestManager telemetry(config);
  telemetry.manager.start_trace("t").end();
  return telemetry.log().resource().value();
}

TEST_F(FromEnvironment, resource_attributes_lie_below_what_the_configuration_says) {
  setenv("OTEL_RESOURCE_ATTRIBUTES",
         "service.name=listed, service.version=1.2 ,deployment.environment=a%2Cb%3dc,team%20name=x+y,,", 1);
  const Resource resource = resource_of(TelemetryConfig{.metadata = Object{{"deployment.environment", "code"}}});
  EXPECT_EQ(resource.service_name, "listed");
  EXPECT_EQ(resource.service_version, "1.2");
  EXPECT_EQ(resource.metadata, (Object{{"deployment.environment", "code"}, {"team name", "x+y"}}));
  EXPECT_EQ(resource_of(TelemetryConfig{}).metadata.at("deployment.environment"), Value("a,b=c"));
  EXPECT_EQ(resource_of(TelemetryConfig{.service_name = "code"}).service_name, "code");
  setenv("OTEL_SERVICE_NAME", "named", 1);
  EXPECT_EQ(resource_of(TelemetryConfig{}).service_name, "named");
}

TEST_F(FromEnvironment, wrong_resource_attributes_are_ignored_as_a_whole_and_said_without_repeating_them) {
  std::string said;
  for (const char* text : {"hunter2", "a=b,hunter2", "a=%2", "a=%zz", "=hunter2", "a=hunter2%", " =x"}) {
    setenv("OTEL_RESOURCE_ATTRIBUTES", text, 1);
    said += said_by([&] { EXPECT_EQ(resource_of(TelemetryConfig{}).metadata, Object()) << text; });
  }
  EXPECT_EQ(
      said,
      "spark telemetry: OTEL_RESOURCE_ATTRIBUTES is ignored: entry 1 has no \"=\"\n"
      "spark telemetry: OTEL_RESOURCE_ATTRIBUTES is ignored: entry 2 has no \"=\"\n"
      "spark telemetry: OTEL_RESOURCE_ATTRIBUTES is ignored: entry 1 has a \"%\" that two hexadecimal digits do not "
      "follow\n"
      "spark telemetry: OTEL_RESOURCE_ATTRIBUTES is ignored: entry 1 has no name before its \"=\"\n")
      << "each once";
}

TEST_F(FromEnvironment, obeys_the_samplers) {
  const auto rate = [](const char* sampler, const char* argument) {
    setenv("OTEL_TRACES_SAMPLER", sampler, 1);
    setenv("OTEL_TRACES_SAMPLER_ARG", argument, 1);
    return TelemetryConfig::from_environment().sampling_rate;
  };
  EXPECT_EQ(rate("traceidratio", "0.25"), 0.25);
  EXPECT_EQ(rate("traceidratio", "0"), 0.0);
  EXPECT_EQ(rate("traceidratio", "1"), 1.0);
  EXPECT_EQ(rate("traceidratio", "1e-3"), 0.001);
  EXPECT_EQ(rate("traceidratio", ""), 1.0);
  EXPECT_EQ(rate("parentbased_traceidratio", "0.5"), 0.5);
  EXPECT_EQ(rate("always_on", ""), 1.0);
  EXPECT_EQ(rate("always_off", ""), 0.0);
  EXPECT_EQ(rate("parentbased_always_on", ""), 1.0);
  EXPECT_EQ(rate("parentbased_always_off", ""), 0.0);
  // Without a sampler its argument means nothing.
  EXPECT_EQ(rate("", "0.5"), 1.0);
}

TEST_F(FromEnvironment, ignores_samplers_and_ratios_it_does_not_know_and_says_so) {
  setenv("OTEL_TRACES_SAMPLER", "jaeger_remote", 1);
  const auto rate_is_1 = [] { EXPECT_EQ(TelemetryConfig::from_environment().sampling_rate, 1.0); };
  EXPECT_EQ(
      said_by(rate_is_1),
      "spark telemetry: OTEL_TRACES_SAMPLER is ignored: \"jaeger_remote\" is not supported; allowed: traceidratio, "
      "always_on, always_off, each also with parentbased_ before it\n");
  setenv("OTEL_TRACES_SAMPLER", "traceidratio", 1);
  for (const char* text : {"1.5", "-0.1", "nan", "half", "0.5x", " 0.5", "0,5", "1e999"}) {
    setenv("OTEL_TRACES_SAMPLER_ARG", text, 1);
    EXPECT_EQ(said_by(rate_is_1), "spark telemetry: OTEL_TRACES_SAMPLER_ARG is ignored: \"" + std::string(text) +
                                      "\" is not a number from 0 to 1\n");
    EXPECT_EQ(said_by(rate_is_1), "") << "once";
  }
}

TEST_F(FromEnvironment, a_disabled_sdk_records_nothing) {
  for (const char* text : {"true", "TRUE", "True"}) {
    setenv("OTEL_SDK_DISABLED", text, 1);
    EXPECT_EQ(from("sqlite:a.db"), TelemetryConfig::create_noop());
  }
  for (const char* text : {"false", "FALSE", ""}) {
    setenv("OTEL_SDK_DISABLED", text, 1);
    EXPECT_EQ(from("sqlite:a.db"), TelemetryConfig::create_sqlite("a.db"));
  }
  setenv("OTEL_SDK_DISABLED", "1", 1);
  EXPECT_EQ(said_by([] { EXPECT_EQ(from("sqlite:a.db"), TelemetryConfig::create_sqlite("a.db")); }),
            "spark telemetry: OTEL_SDK_DISABLED is ignored: \"1\" is neither true nor false\n");
}

}  // namespace
}  // namespace spark
