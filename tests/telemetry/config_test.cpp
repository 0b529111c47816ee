#include "spark/telemetry/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <limits>
#include <string>

#include "spark/base/error.h"
#include "spark/telemetry/sink.h"

namespace spark {
namespace {

using testing::HasSubstr;

template <class Action>
std::string error_of(Action action, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    action();
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
}

std::string error_of(const TelemetryConfig& config) {
  return error_of([&] { config.validate(); });
}

TEST(TelemetryConfig, has_the_defaults_of_the_specifications_table) {
  const TelemetryConfig config;
  EXPECT_EQ(config.backend, Backend::memory);
  EXPECT_EQ(config.sampling_rate, 1.0);
  EXPECT_EQ(config.buffer_size, 100U);
  EXPECT_EQ(config.export_interval.count(), 5.0);
  EXPECT_TRUE(config.enable_traces);
  EXPECT_TRUE(config.enable_events);
  EXPECT_TRUE(config.enable_metrics);
  EXPECT_TRUE(config.metadata.empty());
}

TEST(TelemetryConfig, has_the_other_defaults) {
  const TelemetryConfig config;
  EXPECT_EQ(config.db_path, "telemetry.db");
  EXPECT_TRUE(config.connection_string.empty());
  EXPECT_EQ(config.endpoint, "");  // the environment's, else http://localhost:4317
  EXPECT_EQ(config.otlp, OtlpOptions{});
  EXPECT_TRUE(config.children.empty());
  EXPECT_EQ(config.service_name, "");
  EXPECT_EQ(config.service_version, "");
  EXPECT_EQ(config.durability, Durability::process);
  EXPECT_EQ(config.memory_store_bytes, 268'435'456U);
  EXPECT_EQ(config.retention_age.count(), 0.0);
  EXPECT_EQ(config.retention_bytes, 0U);
  EXPECT_TRUE(config.capture_outputs);
  EXPECT_FALSE(config.capture_inputs);
  EXPECT_EQ(config.redactor, nullptr);
  EXPECT_EQ(config.limits.attributes_per_record, 128U);
  EXPECT_EQ(config.limits.key_bytes, 256U);
  EXPECT_EQ(config.limits.string_bytes, 8192U);
  EXPECT_EQ(config.limits.depth, 32U);
  EXPECT_EQ(config.limits.events_per_span, 128U);
  EXPECT_EQ(config.ring_bytes, 65'536U);
  EXPECT_EQ(config.ring_bytes_total, 67'108'864U);
  EXPECT_EQ(config.queue_bytes, 67'108'864U);
  EXPECT_EQ(config.live_traces, 65'536U);
  EXPECT_FALSE(config.self_metrics);
  EXPECT_NO_THROW(config.validate());
}

TEST(TelemetryConfig, backends_have_the_specifications_names) {
  EXPECT_EQ(to_string(Backend::memory), "memory");
  EXPECT_EQ(to_string(Backend::sqlite), "sqlite");
  EXPECT_EQ(to_string(Backend::postgresql), "postgresql");
  EXPECT_EQ(to_string(Backend::otlp), "otlp");
  EXPECT_EQ(to_string(Backend::multi), "multi");
  EXPECT_EQ(to_string(Backend::noop), "noop");
}

TEST(TelemetryConfig, can_be_written_as_in_the_specification) {
  const auto config = TelemetryConfig::create_sqlite(
      "telemetry.db", {.sampling_rate = 1.0,
                       .buffer_size = 100,
                       .export_interval = Seconds{5.0},
                       .enable_traces = true,
                       .enable_events = true,
                       .enable_metrics = true,
                       .metadata = Object{{"environment", "production"}, {"version", "1.0.0"}}});
  EXPECT_EQ(config.backend, Backend::sqlite);
  EXPECT_EQ(config.metadata.at("environment"), Value("production"));
  const TelemetryConfig by_hand{.backend = Backend::postgresql, .buffer_size = 1000, .export_interval = Seconds{60.0}};
  EXPECT_NO_THROW(by_hand.validate());
}

TEST(TelemetryConfig, create_functions_set_backend_and_place_and_keep_the_options) {
  EXPECT_EQ(TelemetryConfig::create_memory(), TelemetryConfig{});
  EXPECT_EQ(TelemetryConfig::create_memory({.sampling_rate = 0.5}).sampling_rate, 0.5);

  EXPECT_EQ(TelemetryConfig::create_sqlite().db_path, "telemetry.db");
  const auto sqlite = TelemetryConfig::create_sqlite("a.db", {.buffer_size = 7});
  EXPECT_EQ(sqlite.backend, Backend::sqlite);
  EXPECT_EQ(sqlite.db_path, "a.db");
  EXPECT_EQ(sqlite.buffer_size, 7U);

  EXPECT_TRUE(TelemetryConfig::create_postgresql().connection_string.empty());
  const auto postgresql = TelemetryConfig::create_postgresql("postgresql://h/db", {.sampling_rate = 0.1});
  EXPECT_EQ(postgresql.backend, Backend::postgresql);
  EXPECT_EQ(postgresql.connection_string.reveal(), "postgresql://h/db");
  EXPECT_EQ(postgresql.sampling_rate, 0.1);

  EXPECT_EQ(TelemetryConfig::create_otlp().endpoint, "");
  const auto otlp = TelemetryConfig::create_otlp("https://collector:4318", {.enable_events = false});
  EXPECT_EQ(otlp.backend, Backend::otlp);
  EXPECT_EQ(otlp.endpoint, "https://collector:4318");
  EXPECT_FALSE(otlp.enable_events);

  EXPECT_EQ(TelemetryConfig::create_noop().backend, Backend::noop);
  EXPECT_NO_THROW(TelemetryConfig::create_noop().validate());
}

TEST(TelemetryConfig, equal_configurations_compare_equal) {
  const auto a = TelemetryConfig::create_sqlite("a.db", {.metadata = Object{{"k", 1}}});
  EXPECT_EQ(a, TelemetryConfig::create_sqlite("a.db", {.metadata = Object{{"k", 1}}}));
  EXPECT_FALSE(a == TelemetryConfig::create_sqlite("b.db", {.metadata = Object{{"k", 1}}}));
  EXPECT_FALSE(a == TelemetryConfig::create_sqlite("a.db", {.metadata = Object{{"k", 2}}}));
  const auto redactor = std::make_shared<const Redactor>([](RedactedField) {});
  EXPECT_FALSE(a == TelemetryConfig::create_sqlite("a.db", {.metadata = Object{{"k", 1}}, .redactor = redactor}));
}

struct OutOfRange {
  std::function<void(TelemetryConfig&)> change;
  const char* message;
};

TEST(TelemetryConfig, a_field_out_of_range_is_an_error_naming_field_and_value) {
  using C = TelemetryConfig;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const OutOfRange cases[] = {
      {[](C& c) { c.sampling_rate = 1.5; }, "sampling_rate is 1.5, allowed is 0 to 1"},
      {[](C& c) { c.sampling_rate = -0.1; }, "sampling_rate is -0.1, allowed is 0 to 1"},
      {[=](C& c) { c.sampling_rate = nan; }, "sampling_rate is nan, allowed is 0 to 1"},
      {[](C& c) { c.buffer_size = 0; }, "buffer_size is 0, allowed is 1 to 1000000"},
      {[](C& c) { c.buffer_size = 1'000'001; }, "buffer_size is 1000001, allowed is 1 to 1000000"},
      {[](C& c) { c.export_interval = Seconds{0}; }, "export_interval is 0, allowed is 0.001 to 86400"},
      {[](C& c) { c.export_interval = Seconds{-5}; }, "export_interval is -5, allowed is 0.001 to 86400"},
      {[](C& c) { c.export_interval = Seconds{86'401}; }, "export_interval is 86401, allowed is 0.001 to 86400"},
      {[=](C& c) { c.export_interval = Seconds{nan}; }, "export_interval is nan, allowed is 0.001 to 86400"},
      {[](C& c) { c.memory_store_bytes = 1'048'575; },
       "memory_store_bytes is 1048575, allowed is 1048576 to 18446744073709551615"},
      {[](C& c) { c.retention_age = Seconds{-1}; }, "retention_age is -1, allowed is 0 to 3155760000"},
      {[](C& c) { c.retention_age = Seconds{4e9}; }, "retention_age is 4e+09, allowed is 0 to 3155760000"},
      {[=](C& c) { c.retention_age = Seconds{nan}; }, "retention_age is nan, allowed is 0 to 3155760000"},
      {[](C& c) { c.retention_bytes = 1'048'575; },
       "retention_bytes is 1048575, allowed is 1048576 to 18446744073709551615"},
      {[](C& c) { c.limits.attributes_per_record = 10'001; },
       "limits.attributes_per_record is 10001, allowed is 0 to 10000"},
      {[](C& c) { c.limits.key_bytes = 7; }, "limits.key_bytes is 7, allowed is 8 to 32767"},
      {[](C& c) { c.limits.key_bytes = 32'768; }, "limits.key_bytes is 32768, allowed is 8 to 32767"},
      {[](C& c) { c.limits.string_bytes = 7; }, "limits.string_bytes is 7, allowed is 8 to 67108864"},
      {[](C& c) { c.limits.string_bytes = 67'108'865; }, "limits.string_bytes is 67108865, allowed is 8 to 67108864"},
      {[](C& c) { c.limits.depth = 61; }, "limits.depth is 61, allowed is 0 to 60"},
      {[](C& c) { c.limits.events_per_span = 10'001; }, "limits.events_per_span is 10001, allowed is 0 to 10000"},
      {[](C& c) { c.ring_bytes = 2'048; }, "ring_bytes is 2048, allowed is 4096 to 67108864"},
      {[](C& c) { c.ring_bytes = 128 << 20; }, "ring_bytes is 134217728, allowed is 4096 to 67108864"},
      {[](C& c) { c.ring_bytes = 5'000; }, "ring_bytes is 5000, allowed is a power of two"},
      {[](C& c) { c.ring_bytes_total = 65'535; },
       "ring_bytes_total is 65535, allowed is 65536 to 18446744073709551615"},
      {[](C& c) { c.queue_bytes = 0; }, "queue_bytes is 0, allowed is 1 to 18446744073709551615"},
      {[](C& c) { c.live_traces = 0; }, "live_traces is 0, allowed is 1 to 16777216"},
      {[](C& c) { c.live_traces = 16'777'217; }, "live_traces is 16777217, allowed is 1 to 16777216"},
      {[](C& c) { c.backend = static_cast<Backend>(77); },
       "backend is 77, allowed is memory, sqlite, postgresql, otlp, multi or noop"},
      {[](C& c) { c = C::create_sqlite(""); }, "db_path is empty, allowed is the path of a file"},
      {[](C& c) { c = C::create_sqlite(std::string("a\0b", 3)); },
       "db_path is a text with U+0000, allowed is the path of a file"},
      {[](C& c) { c = C::create_otlp("localhost:4317"); },
       "endpoint is \"localhost:4317\", allowed is http://HOST[:PORT] or https://HOST[:PORT]"},
      {[](C& c) { c = C::create_otlp("http://:4317"); },
       "endpoint is \"http://:4317\", allowed is http://HOST[:PORT] or https://HOST[:PORT]"},
      {[](C& c) { c = C::create_otlp("http://"); },
       "endpoint is \"http://\", allowed is http://HOST[:PORT] or https://HOST[:PORT]"},
      {[](C& c) { c = C::create_otlp("http://h:65536"); },
       "endpoint is \"http://h:65536\", allowed is http://HOST[:PORT] or https://HOST[:PORT]"},
      {[](C& c) {
         c = C::create_otlp("http://h", {.otlp = {.headers = {{"a b", "x"}}}});
       },
       "otlp.headers: \"a b\" is not a header's name, allowed is any other"},
      {[](C& c) {
         c = C::create_otlp("http://h", {.otlp = {.headers = {{"Content-Type", "x"}}}});
       },
       "otlp.headers: \"Content-Type\" is a header that the protocol sets itself, allowed is any other"},
      {[](C& c) {
         c = C::create_otlp("http://h", {.otlp = {.headers = {{"grpc-timeout", "x"}}}});
       },
       "otlp.headers: \"grpc-timeout\" is a header that the protocol sets itself, allowed is any other"},
      {[](C& c) {
         c = C::create_otlp("http://h", {.otlp = {.headers = {{"key", "a\r\nb: hunter2"}}}});
       },
       "otlp.headers: \"key\" is set to a value with a control character, allowed is any other"},
      {[](C& c) {
         c = C::create_otlp("http://h", {.otlp = {.headers = {{"key", std::string(8192, 'x')}}}});
       },
       "otlp.headers: \"key\" is longer than 8 KiB, allowed is any other"},
      {[](C& c) { c = C::create_otlp("http://h", {.otlp = {.timeout = Seconds{-1}}}); },
       "otlp.timeout is -1, allowed is 0.001 to 86400"},
      {[=](C& c) { c = C::create_otlp("http://h", {.otlp = {.timeout = Seconds{nan}}}); },
       "otlp.timeout is nan, allowed is 0.001 to 86400"},
      {[](C& c) { c = C::create_otlp("http://h", {.otlp = {.protocol = static_cast<OtlpProtocol>(9)}}); },
       "otlp.protocol is 9, allowed is grpc, http_protobuf or http_json"},
      {[](C& c) { c = C::create_otlp("http://h", {.otlp = {.certificate_file = std::string("a\0b", 3)}}); },
       "otlp.certificate_file is a text with U+0000, allowed is the path of a file"},
      {[](C& c) { c.backend = Backend::multi; }, "children is empty, allowed is one configuration or more"},
      {[](C& c) { c.children.resize(2); }, "children is 2 configurations, allowed is none unless backend is multi"},
  };
  for (const auto& [change, message] : cases) {
    TelemetryConfig config;
    change(config);
    EXPECT_EQ(error_of(config), "TelemetryConfig: " + std::string(message));
  }
}

TEST(TelemetryConfig, the_ends_of_each_range_are_allowed) {
  TelemetryConfig low{.sampling_rate = 0, .buffer_size = 1, .export_interval = Seconds{0.001}};
  low.memory_store_bytes = low.retention_bytes = 1 << 20;
  low.limits = {.attributes_per_record = 0, .key_bytes = 8, .string_bytes = 8, .depth = 0, .events_per_span = 0};
  low.ring_bytes = low.ring_bytes_total = 4096;
  low.queue_bytes = 1;
  low.live_traces = 1;
  EXPECT_EQ(error_of(low), "no error");
  TelemetryConfig high{.sampling_rate = 1, .buffer_size = 1'000'000, .export_interval = Seconds{86'400}};
  high.limits = {.attributes_per_record = 10'000,
                 .key_bytes = 32'767,
                 .string_bytes = 64 << 20,
                 .depth = 60,
                 .events_per_span = 10'000};
  high.ring_bytes = high.ring_bytes_total = 64 << 20;
  high.live_traces = 16'777'216;
  high.retention_age = Seconds{3'155'760'000};
  EXPECT_EQ(error_of(high), "no error");
}

TEST(TelemetryConfig, otlp_takes_its_options_beside_the_specifications_fields) {
  const auto config = TelemetryConfig::create_otlp("https://collector:4317",
                                                   {.sampling_rate = 0.1,
                                                    .otlp = {.protocol = OtlpProtocol::http_json,
                                                             .headers = {{"api-key", "hunter2"}, {"x-tenant", "7"}},
                                                             .compression = OtlpCompression::gzip,
                                                             .timeout = Seconds{2},
                                                             .certificate_file = "/etc/ca.pem"},
                                                    .service_name = "checkout"});
  EXPECT_NO_THROW(config.validate());
  EXPECT_EQ(config.otlp.headers.at("api-key").reveal(), "hunter2");
  TelemetryConfig other = config;
  EXPECT_EQ(other, config);
  other.otlp.headers["api-key"] = "hunter3";
  EXPECT_FALSE(other == config);
}

TEST(TelemetryConfig, an_endpoint_s_scheme_has_no_case) {
  EXPECT_NO_THROW(TelemetryConfig::create_otlp("HTTP://collector:4318").validate());
  EXPECT_NO_THROW(TelemetryConfig::create_otlp("Https://collector").validate());
}

TEST(TelemetryConfig, an_endpoint_without_a_scheme_needs_insecure_to_say_which) {
  EXPECT_NO_THROW(TelemetryConfig::create_otlp("localhost:4317", {.otlp = {.insecure = true}}).validate());
  EXPECT_NO_THROW(TelemetryConfig::create_otlp("[::1]:4317", {.otlp = {.insecure = false}}).validate());
}

TEST(TelemetryConfig, an_endpoint_with_a_password_is_refused_without_printing_it) {
  const auto message = error_of(TelemetryConfig::create_otlp("http://user:hunter2@host:4317"));
  EXPECT_THAT(message, HasSubstr("endpoint is a text with \"@\""));
  EXPECT_THAT(message, testing::Not(HasSubstr("hunter2")));
}

TEST(CreateMulti, takes_the_managers_fields_from_its_own_options) {
  const auto config = TelemetryConfig::create_multi(
      {TelemetryConfig::create_sqlite("a.db", {.durability = Durability::power, .retention_age = Seconds{60}}),
       TelemetryConfig::create_memory()},
      {.sampling_rate = 0.25, .metadata = Object{{"environment", "test"}}});
  EXPECT_EQ(config.backend, Backend::multi);
  EXPECT_EQ(config.sampling_rate, 0.25);
  ASSERT_EQ(config.children.size(), 2U);
  EXPECT_EQ(config.children[0].db_path, "a.db");
  EXPECT_EQ(config.children[0].durability, Durability::power);
  EXPECT_EQ(TelemetryConfig::create_multi({TelemetryConfig::create_memory()}).children.size(), 1U);
}

TEST(CreateMulti, a_child_that_sets_a_field_of_the_manager_is_an_error_naming_it) {
  using C = TelemetryConfig;
  const std::pair<const char*, std::function<void(C&)>> cases[] = {
      {"sampling_rate", [](C& c) { c.sampling_rate = 0.5; }},
      {"buffer_size", [](C& c) { c.buffer_size = 50; }},
      {"export_interval", [](C& c) { c.export_interval = Seconds{1}; }},
      {"enable_traces", [](C& c) { c.enable_traces = false; }},
      {"enable_events", [](C& c) { c.enable_events = false; }},
      {"enable_metrics", [](C& c) { c.enable_metrics = false; }},
      {"metadata", [](C& c) { c.metadata.set("k", 1); }},
      {"service_name", [](C& c) { c.service_name = "s"; }},
      {"service_version", [](C& c) { c.service_version = "1"; }},
      {"capture_outputs", [](C& c) { c.capture_outputs = false; }},
      {"capture_inputs", [](C& c) { c.capture_inputs = true; }},
      {"redactor", [](C& c) { c.redactor = std::make_shared<const Redactor>([](RedactedField) {}); }},
      {"limits", [](C& c) { c.limits.depth = 3; }},
      {"ring_bytes", [](C& c) { c.ring_bytes = 4096; }},
      {"ring_bytes_total", [](C& c) { c.ring_bytes_total = 1 << 20; }},
      {"queue_bytes", [](C& c) { c.queue_bytes = 1 << 20; }},
      {"live_traces", [](C& c) { c.live_traces = 5; }},
      {"self_metrics", [](C& c) { c.self_metrics = true; }},
  };
  for (const auto& [field, change] : cases) {
    C child = C::create_sqlite("a.db");
    change(child);
    EXPECT_EQ(error_of([&] {
                static_cast<void>(C::create_multi({C::create_memory(), child}));
              }),
              "TelemetryConfig: children[1]." + std::string(field) +
                  " is set, but it is a field of the manager: give it to create_multi's own options");
  }
}

TEST(CreateMulti, checks_each_child) {
  using C = TelemetryConfig;
  EXPECT_EQ(error_of([] { static_cast<void>(C::create_multi({})); }),
            "TelemetryConfig: children is empty, allowed is one configuration or more");
  EXPECT_EQ(error_of([] {
              static_cast<void>(C::create_multi({C::create_memory(), C::create_noop()}));
            }),
            "TelemetryConfig: children[1].backend is noop, allowed is a backend with a sink of its own");
  const auto inner = C::create_multi({C::create_memory()});
  EXPECT_EQ(error_of([&] { static_cast<void>(C::create_multi({inner})); }),
            "TelemetryConfig: children[0].backend is multi, allowed is a backend with a sink of its own");
  EXPECT_EQ(error_of([] { static_cast<void>(C::create_multi({C::create_sqlite("")})); }),
            "TelemetryConfig: children[0].db_path is empty, allowed is the path of a file");
}

TEST(BackendFactory, says_which_component_is_missing) {
  const auto factory_error = [](const TelemetryConfig& config) {
    return error_of([&] { static_cast<void>(backend_factory(config)); }, ErrorCode::component_missing);
  };
  EXPECT_EQ(factory_error(TelemetryConfig::create_postgresql("postgresql://u:hunter2@h/db")),
            "backend postgresql needs the component spark::postgresql, which this program does not link");
  EXPECT_EQ(factory_error(TelemetryConfig::create_otlp()),
            "backend otlp needs the component spark::otlp, which this program does not link");
}

TEST(BackendFactory, multi_and_noop_have_no_sink_of_their_own) {
  EXPECT_EQ(error_of([] { static_cast<void>(backend_factory(TelemetryConfig::create_noop())); }),
            "backend noop has no sink of its own");
  const auto multi = TelemetryConfig::create_multi({TelemetryConfig::create_memory()});
  EXPECT_EQ(error_of([&] { static_cast<void>(backend_factory(multi)); }), "backend multi has no sink of its own");
}

}  // namespace
}  // namespace spark
