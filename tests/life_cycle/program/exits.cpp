// A program that records and then ends in one of many ways: exits WAY DATABASE. What it left in the database is for the
// test to look at. With "hung" for the database its sink is one that never returns once the end is near, with
// "delivering" one that goes on by itself for a while, and says on standard error when it is done.
//
// It flushes a trace that has ended ("flushed") and one that runs ("running"), then records an event ("unflushed") that
// nothing but the end of the program could export. Objects with static storage record in their destructors, one made
// before the manager and one after, and so does an atexit handler.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <unistd.h>

#include "spark/telemetry.h"
#include "spark/telemetry/sink.h"

namespace {

using namespace std::chrono_literals;

void record_everything(const char* who) {
  auto& manager = spark::TelemetryManager::get_instance();
  const spark::ActiveTrace trace = manager.start_trace("late");
  spark::ActiveSpan span = manager.start_span("late", trace.trace_id, {.attributes = {{"who", who}}});
  span.set_attribute("long", std::string(1'000, 'x'));
  manager.record_event({.name = "late"});
  manager.record_metric({.name = "late", .value = 1});
  manager.counter("late").add(1);
}

struct RecordsAtTheEnd {
  explicit RecordsAtTheEnd(const char* name) : who(name) {}
  ~RecordsAtTheEnd() { record_everything(who); }
  const char* who;
};

RecordsAtTheEnd& made_before_the_manager() {
  static RecordsAtTheEnd object("made before the manager");
  return object;
}
RecordsAtTheEnd& made_after_the_manager() {
  static RecordsAtTheEnd object("made after the manager");
  return object;
}

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

std::atomic<bool> is_to_hang{false}, is_hung{false};

class HangingSink final : public spark::Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "hanging"; }
  void write(const spark::Batch&) override {
    if (!is_to_hang) return;
    is_hung = true;
    wait_for_ever();
  }
  void flush(spark::Deadline) override {}
};

class DeliveringSink final : public spark::Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "delivering"; }
  void write(const spark::Batch&) override {}
  void flush(spark::Deadline) override {}
  // By itself means: as often as somebody looks whether it is done. Nobody does so without reason.
  [[nodiscard]] spark::SinkProgress take_progress() override {
    spark::SinkProgress progress;
    progress.is_delivering = left_ > 0;
    if (left_ > 0 && --left_ == 0) std::fputs("delivered\n", stderr);
    return progress;
  }

 private:
  int left_ = 100;
};

bool is_sink_to_hang = false;

void hang_the_sink(spark::TelemetryManager& manager) {
  is_to_hang = true;
  while (!is_hung) {
    manager.record_event({.name = "hangs"});
    (void)manager.flush(1ms);
  }
}

const std::map<std::string, void (*)()> ways = {
    {"return", [] {}},
    {"exit", [] { std::exit(0); }},
    {"exit_on_another_thread", [] { std::thread([] { std::exit(0); }).join(); }},
    {"quick_exit", [] { std::quick_exit(0); }},
    {"_exit", [] { ::_exit(0); }},
    {"abort", [] { std::abort(); }},
    {"uncaught", [] { throw std::runtime_error("nobody catches this"); }},
    {"sigterm", [] { (void)std::raise(SIGTERM); }},
    {"sigkill", [] { (void)std::raise(SIGKILL); }},
    {"shutdown", [] { (void)spark::TelemetryManager::get_instance().shutdown(); }},
    {"reset", [] { spark::TelemetryManager::reset_instance(); }},
    // The test ends this one when it has seen enough.
    {"wait", [] { wait_for_ever(); }},
};

}  // namespace

// This program's memory backend.
extern "C" spark::Sink* spark_make_memory_sink(const spark::TelemetryConfig&) {
  if (is_sink_to_hang) return new HangingSink;
  return new DeliveringSink;
}

int main(int argc, char** argv) {
  const auto way = argc == 3 ? ways.find(argv[1]) : ways.end();
  if (way == ways.end()) {
    std::fputs("usage: exits WAY DATABASE\n", stderr);
    return 2;
  }
  (void)made_before_the_manager();
  const bool hangs = is_sink_to_hang = argv[2] == std::string_view("hung");
  const bool is_in_memory = hangs || argv[2] == std::string_view("delivering");
  const spark::TelemetryConfig config{.buffer_size = 1'000'000, .export_interval = 86'400s};
  auto& manager =
      spark::TelemetryManager::configure(is_in_memory ? spark::TelemetryConfig::create_memory(config)
                                                      : spark::TelemetryConfig::create_sqlite(argv[2], config));
  (void)made_after_the_manager();
  (void)std::atexit([] { record_everything("atexit"); });

  manager.start_trace("flushed").end();
  const spark::ActiveTrace running = manager.start_trace("running");
  if (!manager.flush(60s).complete()) return 3;
  if (hangs) hang_the_sink(manager);
  manager.record_event({.name = "unflushed"});
  manager.counter("measured").add(3);
  // The test waits for this line.
  (void)::write(STDOUT_FILENO, "recorded\n", 9);
  char go_on = 0;
  (void)::read(STDIN_FILENO, &go_on, 1);
  way->second();
  return 0;
}
