// ReliableSink without a spool: a write tries until it succeeds or is given up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "reliable/far_end.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PatientSink : public ::testing::Test {
 protected:
  // A test that fails must not wait for a write that does.
  ~PatientSink() override {
    if (sink_ != nullptr) static_cast<void>(sink_->abandon());
  }
  ReliableSink& make(ReliableOptions options) {
    options.jitter = 0;
    sink_ = std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), options, ReliableSources{.clock = &clock});
    account = std::make_unique<Account>(*sink_);
    return *sink_;
  }
  // A write on a thread of its own; gives its error.
  void begin_write() {
    writing = std::async(std::launch::async, [this] {
      try {
        account->write(*batch_of("a"));
        return std::string("taken");
      } catch (const Error& error) {
        return std::string(to_string(error.code())) + ": " + error.what();
      }
    });
  }
  // The next failure has been digested; then time moves on.
  void fail_and_wait(Seconds time) {
    const std::uint64_t before = account->messages;
    account->wait([&] { return account->messages > before; });
    clock.advance(std::chrono::duration_cast<std::chrono::nanoseconds>(time));
  }

  VirtualClock clock;
  std::shared_ptr<FarEnd> far = std::make_shared<FarEnd>(clock);
  std::unique_ptr<ReliableSink> sink_;
  std::unique_ptr<Account> account;
  std::future<std::string> writing;
};

TEST_F(PatientSink, tries_again_after_longer_and_longer_waits_and_then_probes) {
  make({});
  far->be_down();
  begin_write();
  for (const double wait : {1, 2, 4, 8, 5}) fail_and_wait(Seconds(wait));
  fail_and_wait(0s);
  EXPECT_EQ(account->breaker, BreakerState::open);
  EXPECT_THAT(account->message, HasSubstr("the far end is down; the circuit breaker is open, after "));
  far->be_up();
  clock.advance(5s);
  EXPECT_EQ(writing.get(), "taken");
  EXPECT_THAT(far->attempts(), ElementsAre(0, 1, 3, 7, 15, 20, 25));
  EXPECT_TRUE(account->is_balanced());
  EXPECT_EQ(account->exported, 1U);
  EXPECT_EQ(account->retries, 6U);
  EXPECT_EQ(account->breaker, BreakerState::closed);
}

TEST_F(PatientSink, waits_as_long_as_the_far_end_asks_for_but_no_longer_than_the_cap) {
  make({});
  far->be_down(20s);
  begin_write();
  fail_and_wait(20s);
  far->wait_for_attempts(2);
  far->be_down(1e9s);
  fail_and_wait(20s);  // of the second, which asked for 20 s
  fail_and_wait(60s);
  fail_and_wait(0s);
  far->be_up();
  clock.advance(60s);
  EXPECT_EQ(writing.get(), "taken");
  EXPECT_THAT(far->attempts(), ElementsAre(0, 20, 40, 100, 160));
}

TEST_F(PatientSink, gives_a_batch_up_after_max_elapsed) {
  make({.max_elapsed = 10s});
  far->be_down();
  begin_write();
  for (const double wait : {1, 2, 4}) fail_and_wait(Seconds(wait));
  EXPECT_EQ(writing.get(), "unavailable: given up after 4 attempts: the far end is down");
  EXPECT_THAT(far->attempts(), ElementsAre(0, 1, 3, 7));
  EXPECT_TRUE(account->is_balanced());
  EXPECT_EQ(account->dropped, 1U);
}

TEST_F(PatientSink, tries_once_where_no_time_may_elapse) {
  make({.max_elapsed = 0s});
  far->be_down();
  begin_write();
  EXPECT_EQ(writing.get(), "unavailable: given up after 1 attempt: the far end is down");
  begin_write();
  clock.advance(1s);
  EXPECT_EQ(writing.get(), "unavailable: given up after 1 attempt: the far end is down") << "each batch has its one";
  EXPECT_THAT(far->attempts(), ElementsAre(0, 1));
}

TEST_F(PatientSink, does_not_repeat_what_was_refused_for_good) {
  make({});
  far->refuse();
  begin_write();
  EXPECT_EQ(writing.get(), "invalid_argument: the far end refuses");
  EXPECT_EQ(far->attempts().size(), 1U);
  EXPECT_EQ(account->breaker, BreakerState::closed);
}

TEST_F(PatientSink, lets_the_next_batch_wait_for_its_probe_while_the_breaker_is_open) {
  make({.max_elapsed = 1s, .failures_to_open = 1});
  far->be_down();
  begin_write();
  fail_and_wait(1s);
  EXPECT_THAT(writing.get(), HasSubstr("given up after 2 attempts"));
  far->be_up();
  begin_write();
  clock.advance(2s);
  EXPECT_EQ(writing.get(), "taken");
  EXPECT_THAT(far->attempts(), ElementsAre(0, 1, 3));
}

TEST_F(PatientSink, drops_between_probes_if_it_is_told_to) {
  make({.failures_to_open = 2, .drop_while_open = true});
  far->be_down();
  begin_write();
  fail_and_wait(1s);
  EXPECT_EQ(writing.get(), "unavailable: dropped while the circuit breaker is open: the far end is down");
  begin_write();
  EXPECT_EQ(writing.get(), "unavailable: dropped while the circuit breaker is open");
  EXPECT_EQ(far->attempts().size(), 2U) << "nothing is sent between two probes";
  far->be_up();
  clock.advance(5s);
  begin_write();
  EXPECT_EQ(writing.get(), "taken");
  EXPECT_TRUE(account->is_balanced());
}

TEST_F(PatientSink, ends_a_wait_at_once_when_it_is_abandoned) {
  ReliableSink& sink = make({});
  far->be_down();
  begin_write();
  fail_and_wait(0s);
  EXPECT_TRUE(sink.abandon());
  EXPECT_EQ(writing.get(), "cancelled: nobody waits for it any longer: the far end is down");
  begin_write();
  EXPECT_EQ(writing.get(), "cancelled: nobody waits for it any longer");
  EXPECT_EQ(far->attempts().size(), 1U);
}

TEST_F(PatientSink, ends_a_write_that_hangs_when_it_is_abandoned) {
  ReliableSink& sink = make({});
  far->hang();
  begin_write();
  far->wait_for_attempts(1);
  EXPECT_TRUE(sink.abandon());
  EXPECT_EQ(writing.get(), "cancelled: nobody waits for the far end");
}

TEST_F(PatientSink, passes_on_refusals_and_flushes) {
  ReliableSink& sink = make({});
  Refusals refusals;
  refusals.rejected[static_cast<std::size_t>(RecordKind::event)] = 1;
  far->reject(refusals);
  begin_write();
  EXPECT_EQ(writing.get(), "taken");
  EXPECT_EQ(account->dropped, 1U);
  sink.flush(Deadline::clock::now() + 5s);
  EXPECT_EQ(far->flushes(), 1U);
  EXPECT_EQ(sink.name(), "far");
}

TEST(ReliableOptionsOfASink, are_checked_when_it_is_made) {
  const auto error_of = [](const ReliableOptions& options) {
    try {
      const ReliableSink sink(std::make_unique<FarSink>(std::make_shared<FarEnd>()), options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of({.factor = 0.5}), "ReliableOptions: factor is 0.5, allowed is 1 to 100");
  EXPECT_EQ(error_of({.initial_backoff = Seconds{std::numeric_limits<double>::quiet_NaN()}}),
            "ReliableOptions: initial_backoff is nan, allowed is 0.001 to 86400");
}

}  // namespace
}  // namespace spark::testing
