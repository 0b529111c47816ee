// What of its telemetry is there after a program has ended, in each of the ways in which programs end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"

namespace spark::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The program in tests/life_cycle/program, started and waiting until it may end.
class Program {
 public:
  Program(const char* way, const std::string& database) : Program(way, database, database + ".stderr") {}
  Program(const char* way, const std::string& database, const std::string& errors) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipes");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::string program = SPARK_PROGRAM, first = way, second = database;
    std::array<char*, 4> arguments{program.data(), first.data(), second.data(), nullptr};
    const int started = ::posix_spawn(&process_, SPARK_PROGRAM, &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    go_on_ = in[1];
    said_ = out[0];
    if (started != 0) throw std::runtime_error("cannot start " SPARK_PROGRAM);
    char line[9];
    if (::read(said_, line, sizeof line) != 9) throw std::runtime_error("the program did not come as far as it should");
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (go_on_ >= 0) (void)end();
    ::close(said_);
  }

  // Lets it end. Its exit code, or minus the signal that ended it.
  int end() {
    ::close(go_on_);
    go_on_ = -1;
    int status = 0;
    if (::waitpid(process_, &status, 0) != process_) throw std::runtime_error("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t process_ = 0;
  int go_on_ = -1;
  int said_ = -1;
};

struct Way {
  const char* name;
  int result;
  bool is_flushed;                    // what was recorded last is there
  const char* running = "started\n";  // the status of the trace whose handle was in main's scope
};

class Exit : public ::testing::TestWithParam<Way> {};

TEST_P(Exit, leaves_what_is_documented) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("exit.db");
  Program program(GetParam().name, path);
  EXPECT_EQ(program.end(), GetParam().result);
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(raw.run("SELECT status FROM traces WHERE name = 'flushed'"), "completed\n");
  EXPECT_EQ(raw.run("SELECT status FROM traces WHERE name = 'running'"), GetParam().running);
  EXPECT_EQ(raw.run("SELECT count(*) FROM events WHERE name = 'unflushed'"), GetParam().is_flushed ? "1\n" : "0\n");
  EXPECT_EQ(raw.run("SELECT value FROM metrics WHERE name = 'measured'"), GetParam().is_flushed ? "3.0\n" : "");
}

INSTANTIATE_TEST_SUITE_P(, Exit,
                         ::testing::Values(Way{"return", 0, true, "completed\n"}, Way{"exit", 0, true},
                                           Way{"exit_on_another_thread", 0, true}, Way{"quick_exit", 0, true},
                                           Way{"shutdown", 0, true}, Way{"reset", 0, true}, Way{"_exit", 0, false},
                                           Way{"abort", -SIGABRT, false}, Way{"uncaught", -SIGABRT, false},
                                           Way{"sigterm", -SIGTERM, false}, Way{"sigkill", -SIGKILL, false}),
                         [](const auto& parameters) { return std::string(parameters.param.name); });

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DeliveryAtExit, is_waited_for) {
  for (const char* const way : {"return", "quick_exit", "shutdown"}) {
    const TemporaryDirectory directory;
    const std::string errors = directory.file("stderr");
    Program program(way, "delivering", errors);
    EXPECT_EQ(program.end(), 0);
    EXPECT_EQ(content_of(errors), "delivered\n") << way;
  }
}

TEST(Loss, at_the_end_of_the_process_is_one_line_on_standard_error) {
  const TemporaryDirectory directory;
  const std::string errors = directory.file("stderr");
  Program program("return", "hung", errors);
  EXPECT_EQ(program.end(), 0);
  const std::string said = content_of(errors);
  EXPECT_TRUE(said.starts_with("spark telemetry: hanging: ")) << said;
  EXPECT_NE(said.find(" records are lost (deadline "), std::string::npos) << said;
  EXPECT_NE(said.find("): the deadline passed while the sink was at work\n"), std::string::npos) << said;
  EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
}

TEST(Loss, that_is_none_is_not_spoken_of) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("exit.db"), errors = directory.file("stderr");
  Program program("return", path, errors);
  EXPECT_EQ(program.end(), 0);
  EXPECT_EQ(content_of(errors), "");
}

struct HungWay {
  const char* name;
  std::chrono::seconds documented;  // how long all that this way of ending waits for may take
};

class HungExit : public ::testing::TestWithParam<HungWay> {};

// Every end that exports waits for 2 s, shutdown() for 5 s unless it is told otherwise. A program that ends after
// shutdown() or reset_instance() has the wait of exit() as well, the latter since static destructors then record to a
// new default, whose sink hangs too.
TEST_P(HungExit, does_not_wait_for_a_sink_that_never_returns_beyond_its_deadlines) {
  const TemporaryDirectory directory;
  Program program(GetParam().name, "hung", directory.file("stderr"));
  const auto before = SteadyClock::now();
  EXPECT_EQ(program.end(), 0);
  // Three seconds more than documented: a busy machine takes its time to end a process of a sanitizer's, and a wait
  // that is not bounded takes for ever.
  EXPECT_LT(SteadyClock::now() - before, GetParam().documented + std::chrono::seconds(3));
}

INSTANTIATE_TEST_SUITE_P(, HungExit,
                         ::testing::Values(HungWay{"return", std::chrono::seconds(2)},
                                           HungWay{"exit", std::chrono::seconds(2)},
                                           HungWay{"quick_exit", std::chrono::seconds(2)},
                                           HungWay{"shutdown", std::chrono::seconds(5 + 2)},
                                           HungWay{"reset", std::chrono::seconds(2 + 2)}),
                         [](const auto& parameters) { return std::string(parameters.param.name); });

// Static destructors and atexit handlers that record while the process ends, again and again.
TEST(StaticDestruction, that_records_never_crashes) {
  const int runs = std::getenv("SPARK_TEST_FULL") != nullptr ? 500 : 20;
  const TemporaryDirectory directory;
  const std::string path = directory.file("exit.db");
  for (int run = 0; run < runs; ++run) {
    Program program(run % 2 == 0 ? "return" : "exit_on_another_thread", path);
    ASSERT_EQ(program.end(), 0) << "in run " << run;
  }
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("SELECT count(*) FROM events WHERE name = 'unflushed'"), std::to_string(runs) + "\n");
}

}  // namespace
}  // namespace spark::testing
