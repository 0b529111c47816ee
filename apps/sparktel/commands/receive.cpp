// sparktel receive: takes what OpenTelemetry programs send by OTLP/HTTP into a SQLite file or a PostgreSQL database.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/terminal/progress.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "ingest/receiver.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

using detail::ingest::Receiver;
using detail::ingest::ReceiverOptions;
using detail::ingest::ReceiverStats;

// How long senders whose requests are under way are waited for at the end.
constexpr Seconds last_requests{5};

struct ReceiveOptions {
  Location where = "telemetry.db";
  std::string host = "127.0.0.1";
  std::uint16_t port = detail::ingest::otlp_http_port;
  std::string certificate;
  std::string key;
  std::string client_ca;
  std::vector<std::string> allowed_origins;
  std::optional<std::chrono::nanoseconds> time;
  bool json = false;
};

// While it lives, new threads are born with these signals blocked, so that they all come to the main thread.
class BlockedInNewThreads {
 public:
  BlockedInNewThreads() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~BlockedInNewThreads() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedInNewThreads(const BlockedInNewThreads&) = delete;
  BlockedInNewThreads& operator=(const BlockedInNewThreads&) = delete;

 private:
  sigset_t before_{};
};

std::unique_ptr<Receiver> start(Store& store, const ReceiveOptions& options) {
  ReceiverOptions receiver;
  receiver.http.host = options.host;
  receiver.http.port = options.port;
  if (!options.certificate.empty()) {
    receiver.http.tls = {
        .certificate_file = options.certificate, .key_file = options.key, .client_ca_file = options.client_ca};
  }
  receiver.allowed_origins = options.allowed_origins;
  // What cumulative series counted before is not ours to count again (ingest/decoder_options.h).
  receiver.decoder.since_ns = system_clock().wall_now().time_since_epoch().count();
  receiver.on_error = [](std::string_view what) {
    std::fprintf(stderr, "sparktel: not stored: %s\n", printable(what).c_str());
  };
  receiver.http.on_error = [](std::string_view what) {
    std::fprintf(stderr, "sparktel: %s\n", printable(what).c_str());
  };
  const BlockedInNewThreads blocked;
  try {
    return std::make_unique<Receiver>(store, std::move(receiver));
  } catch (const Error& error) {
    const std::string_view what = error.what();
    if (!what.ends_with("the address is in use")) throw;
    throw Error(error.code(), std::string(what) + "; --port N listens at another port, --port 0 at any that is free");
  }
}

std::uint16_t parse_port(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::invalid_argument, "expected a port, 0 to 65535, found \"" + text + "\"");
  }
  return port;
}

// As browsers write it (RFC 6454, section 6.2): anything else would never match, and without a word.
std::string parse_origin(const std::string& text) {
  const auto end = text.find("://");
  const bool has_scheme = end != std::string::npos && end > 0;
  const std::string_view host = has_scheme ? std::string_view(text).substr(end + 3) : std::string_view();
  const auto is_unlike = [](char c) { return c <= ' ' || c == '/' || c == '?' || c == '#' || (c >= 'A' && c <= 'Z'); };
  const bool is_origin = !host.empty() && std::none_of(text.begin(), text.begin() + end, is_unlike) &&
                         std::none_of(host.begin(), host.end(), is_unlike);
  if (!is_origin) {
    throw Error(ErrorCode::invalid_argument,
                "expected an origin as browsers send it, scheme://host or scheme://host:port in lower case and without "
                "a path, found \"" +
                    text + "\"");
  }
  return text;
}

bool listens_everywhere(std::string_view url) {
  const std::string_view address = url.substr(url.find("://") + 3);
  return address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
}

bool listens_to_this_machine_only(std::string_view url) {
  const std::string_view address = url.substr(url.find("://") + 3);
  return address.starts_with("127.") || address.starts_with("[::1]:") || address.starts_with("[::ffff:127.");
}

// The URL that programs send to: where every address of the machine is listened at, by the machine's name.
std::string url_for_senders(const std::string& url) {
  char host[256] = "";
  if (!listens_everywhere(url) || ::gethostname(host, sizeof host - 1) != 0) return url;
  return url.substr(0, url.find("://") + 3) + host + url.substr(url.rfind(':'));
}

void warn_of_strangers(const std::string& url, const ReceiveOptions& options) {
  if (listens_to_this_machine_only(url) || !options.client_ca.empty()) return;
  std::fprintf(stderr,
               "sparktel: whoever reaches %s can write into %s: without --tls-client-ca nobody has to prove who they "
               "are\n",
               url.c_str(), printable(options.where.name()).c_str());
}

std::uint64_t of(const ReceiverStats& stats, RecordKind kind) { return stats.stored[static_cast<std::size_t>(kind)]; }

std::uint64_t all_stored(const ReceiverStats& stats) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : stats.stored) sum += count;
  return sum;
}

void print_start(const Receiver& receiver, const ReceiveOptions& options) {
  if (options.json) {
    print(to_json(Object{{"url", receiver.url()},
                         {"file", options.where.is_server() ? options.where.name() : options.where.path()}}) +
          "\n");
  } else {
    print("Receiving OTLP at " + receiver.url() + " into " + printable(options.where.name()) +
          "; Ctrl-C ends it. Programs send there with\n  OTEL_EXPORTER_OTLP_ENDPOINT=" +
          url_for_senders(receiver.url()) + " OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n");
  }
  std::fflush(stdout);
  warn_of_strangers(receiver.url(), options);
}

void print_end(const ReceiverStats& stats, const ReceiveOptions& options) {
  const std::uint64_t spans = of(stats, RecordKind::span);
  const std::uint64_t events = of(stats, RecordKind::event);
  const std::uint64_t metrics = of(stats, RecordKind::metric);
  if (options.json) {
    print(to_json(Object{{"requests", stats.requests},
                         {"spans", spans},
                         {"events", events},
                         {"metrics", metrics},
                         {"items_rejected", stats.items_rejected},
                         {"points_standing", stats.points_standing},
                         {"requests_refused", stats.requests_refused},
                         {"store_failures", stats.store_failures}}) +
          "\n");
    return;
  }
  std::string out = "Received " + format_count(spans, "span") + ", " + format_count(events, "event") + " and " +
                    format_count(metrics, "metric") + " in " + format_count(stats.requests, "request") + ".\n";
  if (stats.items_rejected > 0)
    out += "Rejected: " + format_count(stats.items_rejected, "item") + " that cannot be stored.\n";
  if (stats.points_standing > 0) {
    out += "Not counted: " + format_count(stats.points_standing, "cumulative point") +
           " of series that began before: what they had counted may be in the store already.\n";
  }
  if (stats.requests_refused > 0) out += "Refused: " + format_count(stats.requests_refused, "request") + ".\n";
  if (stats.store_failures > 0) {
    out += "Asked to be sent again: " + format_count(stats.store_failures, "request") + " that could not be stored.\n";
  }
  print(out);
}

int run(const ReceiveOptions& options) {
  using SteadyClock = std::chrono::steady_clock;
  const std::unique_ptr<Store> store = open_for_writing(options.where);
  const StopSignal stop;
  const std::unique_ptr<Receiver> receiver = start(*store, options);
  print_start(*receiver, options);
  const auto end = options.time ? SteadyClock::now() + *options.time : SteadyClock::time_point::max();
  {
    Progress progress("stored", "records");
    while (!stop.requested() && SteadyClock::now() < end) {
      stop.wait(std::min<Seconds>(Seconds{0.25}, end - SteadyClock::now()));
      progress.update(all_stored(receiver->stats()));
    }
  }
  receiver->stop(last_requests);
  store->flush(SteadyClock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(last_requests));
  print_end(receiver->stats(), options);
  return exit_success;
}

}  // namespace

void add_receive_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ReceiveOptions>();
  CLI::App* const command =
      app.add_subcommand("receive", "Store what OpenTelemetry programs send by OTLP/HTTP, until Ctrl-C");
  add_target_argument(*command, options->where);
  add_parsed_option(
      *command, "--port", [options](const std::string& text) { options->port = parse_port(text); },
      "Where to listen; 0: any free port (default: 4318, OTLP's)");
  command->add_option("--host", options->host,
                      "The address to listen at (default: 127.0.0.1, which only this machine can reach)");
  CLI::Option* const certificate =
      command->add_option("--tls-certificate", options->certificate, "PEM file: serve https with this certificate");
  CLI::Option* const key = command->add_option("--tls-key", options->key, "PEM file: the certificate's key");
  certificate->needs(key);
  key->needs(certificate);
  command
      ->add_option("--tls-client-ca", options->client_ca,
                   "PEM file: only clients with a certificate of this authority may send")
      ->needs(certificate);
  add_repeated_option(
      *command, "--allow-origin",
      [options](const std::string& text) { options->allowed_origins.push_back(parse_origin(text)); },
      "Web pages of this origin may send: https://shop.example; may be given several times. All others are refused, "
      "and "
      "programs may always")
      ->type_name("ORIGIN");
  add_parsed_option(
      *command, "--for", [options](const std::string& text) { options->time = parse_duration(text); },
      "End after this time: 10m");
  command->add_flag("--json", options->json, "Print a line of JSON when it listens and one at the end");
  command->footer(
      "A request is answered when the file or the database has it; sent again, it is there once.\n\n"
      "Examples:\n"
      "  sparktel receive\n"
      "  sparktel receive production.db --port 0 --json\n"
      "  sparktel receive postgresql://localhost/telemetry\n"
      "  sparktel receive --host 0.0.0.0 --tls-certificate server.pem --tls-key server.key --tls-client-ca ca.pem");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
