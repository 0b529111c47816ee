// Collectors that are down, slow, hostile or gone in the middle of their reply.
#include <sys/resource.h>

#include <fstream>
#include <future>
#include <thread>

#include "backends/temporary_directory.h"
#include "fakes/forked_child.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view protobuf_type = "Content-Type: application/x-protobuf\r\n";

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

long peak_kibibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

class SenderFailures : public SenderTest {};

TEST_F(SenderFailures, a_collector_that_is_down_may_be_back_later) {
  const std::string url = "http://127.0.0.1:" + std::to_string(free_port());
  Sender sender = make_sender(url);
  const Failure failure = failure_of(sender, *batch);
  EXPECT_TRUE(failure.is_retryable);
  EXPECT_EQ(failure.code, ErrorCode::unavailable);
  EXPECT_THAT(failure.message, HasSubstr("cannot send to " + url + "/v1/traces: "));
}

TEST_F(SenderFailures, no_name_of_that_kind_may_be_known_later) {
  Sender sender = make_sender("http://no-such-host.invalid:4318", {.timeout = 20s});
  const Failure failure = failure_of(sender, *batch);
  EXPECT_TRUE(failure.is_retryable) << failure.message;
}

TEST_F(SenderFailures, a_reply_that_breaks_off_may_come_whole_later) {
  const std::string whole = http_answer(200, protobuf_type, "0123456789");
  const std::pair<const char*, std::string> cases[] = {{"nothing", ""},
                                                       {"half a status", "HTTP/1.1 2"},
                                                       {"half the headers", whole.substr(0, 40)},
                                                       {"half the body", whole.substr(0, whole.size() - 5)}};
  for (const bool resets : {false, true}) {
    for (const auto& [name, bytes] : cases) {
      HttpServer server([&, reply = bytes](const HttpConnection& connection, const HttpRequest&) {
        connection.send(reply);
        if (resets) connection.reset();
        return false;
      });
      Sender sender = make_sender(server.url(), {.timeout = 20s});
      const Failure failure = failure_of(sender, *batch);
      EXPECT_TRUE(failure.is_retryable) << name << ": " << failure.message;
      EXPECT_EQ(failure.code, ErrorCode::unavailable) << name;
    }
  }
}

TEST_F(SenderFailures, a_refusal_is_final_however_its_reply_breaks_off) {
  struct Case {
    int status;
    bool is_retryable;
  };
  for (const auto& [status, is_retryable] :
       {Case{400, false}, Case{401, false}, Case{413, false}, Case{500, false}, Case{429, true}, Case{503, true}}) {
    const std::string whole = http_answer(status, protobuf_type, "0123456789");
    for (const std::string& reply : {whole.substr(0, whole.size() - 5), whole.substr(0, whole.find('\n') + 5)}) {
      HttpServer server([&](const HttpConnection& connection, const HttpRequest&) {
        connection.send(reply);
        return false;
      });
      Sender sender = make_sender(server.url(), {.timeout = 20s});
      const Failure failure = failure_of(sender, *batch);
      EXPECT_EQ(failure.is_retryable, is_retryable) << reply << ": " << failure.message;
    }
  }
}

TEST_F(SenderFailures, a_damaged_certificate_file_may_be_repaired) {
  HttpServer server(http_answer(200));
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port());
  const TemporaryDirectory directory;
  const std::string damaged = directory.file("damaged.pem");
  std::ofstream(damaged) << "this is no certificate\n";
  const std::pair<OtlpOptions, const char*> cases[] = {
      {{.timeout = 20s, .certificate_file = damaged}, "the file of trusted certificates cannot be used"},
      {{.timeout = 20s, .client_key_file = damaged, .client_certificate_file = damaged},
       "the client certificate or its key cannot be used"}};
  for (const auto& [options, expected] : cases) {
    Sender sender = make_sender(url, options);
    const Failure failure = failure_of(sender, *batch);
    EXPECT_TRUE(failure.is_retryable) << failure.message;
    EXPECT_EQ(failure.code, ErrorCode::unavailable);
    EXPECT_THAT(failure.message, HasSubstr("cannot send to " + url + "/v1/traces: " + expected));
  }
}

TEST_F(SenderFailures, a_connection_that_was_closed_in_between_is_made_anew) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send(http_answer(200));
    return false;  // although the answer did not say so
  });
  Sender sender = make_sender(server.url(), {.timeout = 20s});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(failure_of(sender, *make_batch({.spans = 1})).message, "nothing was thrown");
  EXPECT_EQ(server.requests().back().connection, 3);
}

TEST_F(SenderFailures, a_collector_that_hangs_costs_the_timeout) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.wait_for_end();
    return false;
  });
  Sender sender = make_sender(server.url(), {.timeout = 200ms});
  const auto begin = now();
  const Failure failure = failure_of(sender, *batch);
  EXPECT_GE(now() - begin, 200ms);
  EXPECT_LT(now() - begin, 5s);
  EXPECT_TRUE(failure.is_retryable);
  EXPECT_EQ(failure.code, ErrorCode::timeout);
  EXPECT_EQ(failure.message, "cannot send to " + server.url() + "/v1/traces: no complete reply within 0.2 s");
}

TEST_F(SenderFailures, bytes_that_come_too_slowly_cost_the_timeout_too) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send_slowly(http_answer(200, protobuf_type, std::string(10'000, 'x')), 5);
    return false;
  });
  Sender sender = make_sender(server.url(), {.timeout = 300ms});
  EXPECT_EQ(failure_of(sender, *batch).code, ErrorCode::timeout);
}

TEST_F(SenderFailures, bytes_that_come_slowly_enough_are_a_reply) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    return connection.send_slowly(http_answer(200, protobuf_type, {"\x0a\x05\x08\x02\x12\x01x", 7}), 1);
  });
  encoder = ScriptedEncoder({"traces", "", ""}, 3);
  Sender sender = make_sender(server.url(), {.timeout = 20s});
  EXPECT_EQ(failure_of(sender, *batch).message, "nothing was thrown");
  EXPECT_THAT(sender.take_refusals().message, HasSubstr("rejected 2"));
}

TEST_F(SenderFailures, of_a_reply_of_a_gibibyte_four_mebibytes_are_read) {
  for (const bool is_announced : {true, false}) {
    std::atomic<std::size_t> sent{0};
    HttpServer server([&](const HttpConnection& connection, const HttpRequest&) {
      connection.send(is_announced ? "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
                                   : "HTTP/1.1 200 OK\r\n\r\n");
      const std::string piece(1 << 20, 'x');
      for (int i = 0; i < 1024 && connection.send(piece); ++i) sent += piece.size();
      return false;
    });
    Sender sender = make_sender(server.url(), {.timeout = 60s});
    const long before = peak_kibibytes();
    const Failure failure = failure_of(sender, *batch);
    EXPECT_LT(peak_kibibytes() - before, 64 << 10);
    EXPECT_FALSE(failure.is_retryable);
    EXPECT_EQ(failure.message, server.url() + "/v1/traces: the reply is longer than 4 MiB");
    // What the kernel buffers lies on top.
    EXPECT_LT(sent.load(), std::size_t{64} << 20);
  }
}

TEST_F(SenderFailures, a_failure_with_an_endless_body_is_still_that_failure) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send("HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Type: text/plain\r\n\r\n");
    while (connection.send(std::string(1 << 16, 'x'))) {
    }
    return false;
  });
  Sender sender = make_sender(server.url(), {.timeout = 60s});
  const Failure failure = failure_of(sender, *batch);
  EXPECT_TRUE(failure.is_retryable);
  EXPECT_EQ(failure.retry_after, Seconds{9});
  EXPECT_LT(failure.message.size(), 700U);
}

TEST_F(SenderFailures, what_is_no_http_is_an_error) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.send("220 mail.example.org ESMTP\r\n");
    return false;
  });
  Sender sender = make_sender(server.url(), {.timeout = 20s});
  EXPECT_EQ(failure_of(sender, *batch).code, ErrorCode::unavailable);
}

TEST_F(SenderFailures, an_abandoned_write_ends_at_once_and_later_ones_do_not_begin) {
  std::promise<void> arrived;
  HttpServer server([&](const HttpConnection& connection, const HttpRequest&) {
    arrived.set_value();
    connection.wait_for_end();
    return false;
  });
  Sender sender = make_sender(server.url(), {.timeout = 0s});
  std::thread other([&] {
    arrived.get_future().wait();
    sender.abandon();
  });
  const Failure failure = failure_of(sender, *batch);
  other.join();
  EXPECT_EQ(failure.code, ErrorCode::cancelled);
  EXPECT_FALSE(failure.is_retryable);
  EXPECT_EQ(failure_of(sender, *make_batch({.spans = 1})).code, ErrorCode::cancelled);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(SenderFailures, a_forked_child_leaves_its_parents_connections_alone) {
  HttpServer server(http_answer(200));
  auto sender = std::make_unique<Sender>(detail::otlp::resolve_settings(TelemetryConfig::create_otlp(
                                             server.url(), {.otlp = {.protocol = OtlpProtocol::http_protobuf}})),
                                         encoder.functions(), clock);
  sender->write(*batch);
  EXPECT_EQ(fakes::in_child([&]() -> std::string {
              const Failure failure = failure_of(*sender, *batch);
              if (failure.code != ErrorCode::unsupported) return failure.message;
              sender = nullptr;
              return "";
            }),
            "");
  sender->write(*make_batch({.spans = 1}));
  EXPECT_EQ(server.requests().back().connection, 1) << "the child closed it";
}

}  // namespace
}  // namespace spark::testing
