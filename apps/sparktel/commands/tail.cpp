// sparktel tail: prints spans and traces as they end, while another process writes them.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/formats/json_lines.h"
#include "apps/sparktel/tail/follower.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/trace_view.h"
#include "spark/base/error.h"
#include "spark/base/glob.h"

namespace spark::sparktel {

namespace {

constexpr Seconds between_polls{0.25};
// A file that has just appeared is not a database yet; its writer makes it one within this time, and until then it has
// at most its first page.
constexpr Seconds becoming_a_database{5};
constexpr std::uintmax_t first_page_bytes = 8192;

struct TailOptions {
  Location where = "telemetry.db";
  std::optional<std::string> name;
  std::optional<std::string> status;
  std::optional<std::chrono::nanoseconds> time;
  bool json = false;
};

// Ends when a stop is requested or the time is over.
class Patience {
 public:
  explicit Patience(std::optional<std::chrono::nanoseconds> time) {
    if (time) deadline_ = system_clock().steady_now() + *time;
  }
  // Waits a little; false if it is over.
  bool wait() {
    Seconds pause = between_polls;
    if (deadline_) pause = std::min(pause, Seconds(*deadline_ - system_clock().steady_now()));
    if (stop_.requested() || pause.count() <= 0) return false;
    stop_.wait(pause);
    return !stop_.requested();
  }
  [[nodiscard]] bool is_stopped() const { return stop_.requested(); }

 private:
  StopSignal stop_;
  std::optional<std::chrono::nanoseconds> deadline_;
};

void say(const std::string& text) { std::fprintf(stderr, "sparktel: %s\n", printable(text).c_str()); }

struct Opened {
  std::unique_ptr<Source> source;  // null if patience ended first
  bool was_new = false;            // it was waited for, so that what is in it is new, too
};

Opened wait_for_file(const Location& where, Patience& patience) {
  std::error_code no_size;
  const auto size_now = [&] {
    const std::uintmax_t size = std::filesystem::file_size(where.path(), no_size);
    return no_size ? 0 : size;
  };
  std::error_code unseen;
  const std::filesystem::file_status status = std::filesystem::status(where.path(), unseen);
  const bool is_there = std::filesystem::exists(status);
  // What may not be looked at has a status that is neither; opening says why.
  const bool is_missing = status.type() == std::filesystem::file_type::not_found;
  const bool can_become_one = is_missing || std::filesystem::is_regular_file(status);
  if (!can_become_one || size_now() > first_page_bytes) return {open_source(where), false};
  std::optional<std::chrono::nanoseconds> appeared;
  bool is_told = false;
  do {
    if (size_now() > 0) {
      const std::chrono::nanoseconds now = system_clock().steady_now();
      if (!appeared) appeared = now;
      try {
        return {open_source(where), is_told};
      } catch (const Error&) {
        if (Seconds(now - *appeared) > becoming_a_database) throw;
      }
    }
    if (!std::exchange(is_told, true)) {
      say("waiting for " + where.name() + (is_there ? " to become a database" : " to appear"));
    }
  } while (patience.wait());
  if (size_now() > 0) return {open_source(where), true};  // or says what is wrong with it
  return {};
}

// Until its first writer has made the tables. A server that is away is not waited for at the beginning: a name that was
// mistyped would be waited for, too.
Opened wait_for_tables(const Location& where, Patience& patience) {
  bool is_told = false;
  do {
    try {
      return {open_source(where), is_told};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
    }
    if (!std::exchange(is_told, true)) say("waiting for the tables of " + where.name());
  } while (patience.wait());
  return {};
}

template <class AnyRecord>
bool is_wanted(const AnyRecord& record, const std::optional<Glob>& name, const std::optional<std::string>& status) {
  return (!name || name->matches(record.name)) && (!status || to_string(record.status) == *status);
}

std::string line_of(const Span& span, const Canvas& canvas) {
  std::string line = format_time(span.end_time) + "  span   " +
                     pad_left(format_duration(elapsed(span.start_time, span.end_time)), 8) + "  " +
                     paint(pad_right(to_string(span.status), 9), style_of(span.status, Style::green), canvas) + "  " +
                     printable(span.name) + "  " + paint(span.trace_id.to_string(), Style::cyan, canvas);
  const std::string error =
      span.error_type + (span.error_type.empty() || span.status_message.empty() ? "" : ": ") + span.status_message;
  if (!error.empty()) line += "  " + paint(printable(error), Style::red, canvas);
  return line + "\n";
}

std::string line_of(const Trace& trace, const Canvas& canvas) {
  const Timestamp end = trace.end_time.value_or(trace.start_time);
  return format_time(end) + "  trace  " + pad_left(format_duration(elapsed(trace.start_time, end)), 8) + "  " +
         paint(pad_right(to_string(trace.status), 9), style_of(trace.status, Style::green), canvas) + "  " +
         paint(printable(trace.name), Style::bold, canvas) + "  " +
         paint(trace.trace_id.to_string(), Style::cyan, canvas) + "\n";
}

// Nothing while the server is away, which is said once.
std::vector<Follower::Ended> poll(Follower& follower, bool& is_away) {
  try {
    std::vector<Follower::Ended> found = follower.poll();
    if (std::exchange(is_away, false)) say("going on");
    return found;
  } catch (const RetryableError& error) {
    if (!std::exchange(is_away, true)) say(std::string(error.what()) + "; waiting for it");
    return {};
  }
}

std::string text_of(const std::vector<Follower::Ended>& found, const TailOptions& options,
                    const std::optional<Glob>& name) {
  const Canvas canvas = canvas_for(stdout);
  std::string out;
  for (const Follower::Ended& ended : found) {
    std::visit(
        [&](const auto& record) {
          if (!is_wanted(record, name, options.status)) return;
          if (options.json) {
            append_json_line(out, record);
            out += '\n';
          } else {
            out += line_of(record, canvas);
          }
        },
        ended);
  }
  return out;
}

int run(const TailOptions& options) {
  std::optional<Glob> name;
  if (options.name) name.emplace(*options.name);
  Patience patience(options.time);
  const Opened opened =
      options.where.is_server() ? wait_for_tables(options.where, patience) : wait_for_file(options.where, patience);
  if (!opened.source) return exit_success;
  const std::unique_ptr<Changes> changes = opened.source->follow();
  Follower follower(opened.source->store(), *changes,
                    {.with_attributes = options.json, .from_the_beginning = opened.was_new});
  say("following " + options.where.name());
  bool goes_on = true;
  bool is_away = false;
  while (goes_on) {
    goes_on = patience.wait();
    const std::string out = text_of(poll(follower, is_away), options, name);
    try {
      if (!out.empty()) print(out);
    } catch (const Error&) {
      // The signal may be what ended the writing.
      if (!patience.is_stopped()) throw;
      return exit_success;
    }
  }
  return exit_success;
}

}  // namespace

void add_tail_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<TailOptions>();
  CLI::App* const command = app.add_subcommand("tail", "Print spans and traces as they end, until Ctrl-C");
  add_store_argument(*command, options->where);
  command->add_option("--name", options->name, "Only those whose name matches this glob: 'etl*'")
      ->check(CLI::Validator(
          [](const std::string& text) {
            try {
              static_cast<void>(Glob(text));
              return std::string();
            } catch (const Error& error) {
              return std::string(error.what());
            }
          },
          ""));
  command->add_option("--status", options->status, "Only those with this status")
      ->check(CLI::IsMember({"completed", "failed", "cancelled"}));
  add_parsed_option(
      *command, "--for", [options](const std::string& text) { options->time = parse_duration(text); },
      "End after this time: 10s");
  command->add_flag("--json", options->json, "Print JSON lines as sparktel export does, attributes included");
  command->footer(
      "A file, or the tables of a database, that are not there yet are waited for.\n\n"
      "Examples:\n"
      "  sparktel tail\n"
      "  sparktel tail production.db --status failed\n"
      "  sparktel tail production.db --name 'etl*' --for 10m --json | jq -r .name");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
