// ReliableSink with a spool: what goes straight, what waits on the disk, and what is there after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "reliable/far_end.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SpooledSink : public ::testing::Test {
 protected:
  void open() { open(quick_options(path)); }
  void open(const ReliableOptions& options) {
    sink = std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), options);
    account = std::make_unique<Account>(*sink);
  }
  // A clock that stands still.
  void open_at_rest(ReliableOptions options = {}) {
    options.jitter = 0;
    options.spool_path = path;
    far = std::make_shared<FarEnd>(clock);
    sink = std::make_unique<ReliableSink>(std::make_unique<FarSink>(far), options, ReliableSources{.clock = &clock});
    account = std::make_unique<Account>(*sink);
  }
  void write(const std::string& name) { account->write(*batch_of(name)); }
  // All is delivered, and the account in order.
  void expect_drained(std::size_t names) {
    far->wait_for_names(names);
    account->wait([&] { return account->spooled == 0 && account->spool_bytes == 0; });
    EXPECT_TRUE(account->is_balanced());
    EXPECT_FALSE(far->was_called_concurrently());
  }

  TemporaryDirectory directory;
  std::string path = directory.file("spool");
  VirtualClock clock;
  std::shared_ptr<FarEnd> far = std::make_shared<FarEnd>();
  std::unique_ptr<ReliableSink> sink;
  std::unique_ptr<Account> account;
};

TEST_F(SpooledSink, touches_no_disk_while_the_far_end_is_there) {
  open();
  const auto before = std::filesystem::last_write_time(path);
  for (const char* name : {"a", "b", "c"}) write(name);
  EXPECT_THAT(far->names(), ElementsAre("a", "b", "c")) << "each write has delivered when it returns";
  EXPECT_EQ(std::filesystem::last_write_time(path), before);
  EXPECT_EQ(RawDatabase(path).run("SELECT count(*), (SELECT count(*) FROM sqlite_sequence) FROM batches"), "0|0\n");
  EXPECT_EQ(account->exported, 3U);
}

TEST_F(SpooledSink, keeps_what_it_cannot_deliver_and_delivers_it_in_its_order) {
  open();
  write("a");
  far->be_down();
  for (const char* name : {"b", "c", "d"}) write(name);
  sink->flush(Deadline::clock::now() + 5s);
  account->update();
  EXPECT_EQ(account->spooled, 3U);
  EXPECT_GT(account->spool_bytes, 0U);
  EXPECT_TRUE(account->is_balanced());
  account->wait([&] { return account->retries > 0; });
  EXPECT_THAT(account->message, HasSubstr("the far end is down"));
  far->be_up();
  write("e");
  expect_drained(5);
  EXPECT_THAT(far->names(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(account->exported, 5U);
}

TEST_F(SpooledSink, delivers_what_was_left_by_the_process_before_as_recovered) {
  open();
  far->be_down();
  for (const char* name : {"a", "b"}) write(name);
  sink = nullptr;
  far->be_up();
  open();
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre("a", "b"));
  EXPECT_EQ(account->recovered, 2U);
  EXPECT_EQ(account->admitted, 0U);
  EXPECT_EQ(account->exported, 2U);
}

TEST_F(SpooledSink, delivers_what_has_piled_up_together) {
  open_at_rest();
  far->be_down();
  write("a");
  for (int i = 0; i < 100; ++i) write("b" + std::to_string(i));
  far->be_up();
  clock.advance(1s);
  expect_drained(101);
  EXPECT_EQ(far->attempts().size(), 3U) << "a straight, a again, and all the others at once";
  EXPECT_EQ(far->names().back(), "b99");
  EXPECT_EQ(account->exported, 101U);
}

TEST_F(SpooledSink, tries_again_just_what_it_has_tried) {
  open_at_rest({.initial_backoff = 1s, .factor = 1});
  const auto wait_for_failures = [this](std::uint64_t count) {
    account->wait([&] { return account->messages == count; });
  };
  far->be_down();
  write("a");
  wait_for_failures(1);
  for (const char* name : {"b", "c"}) write(name);
  clock.advance(1s);
  wait_for_failures(2);
  write("d");
  far->be_up_for(1);  // the head is taken, what is behind it is not
  clock.advance(1s);
  wait_for_failures(3);
  write("e");
  far->be_up();
  clock.advance(1s);
  expect_drained(5);
  EXPECT_THAT(far->contents(), ElementsAre("a", "a", "a", "b c d", "b c d", "e"));
  EXPECT_EQ(account->retries, 3U);
}

TEST_F(SpooledSink, loses_only_what_is_refused_of_what_it_sends_together) {
  open_at_rest();
  far->be_down();
  for (const char* name : {"a", "b", "c", "d", "e"}) write(name);
  far->refuse_batches_with("c");
  far->be_up();
  clock.advance(1s);
  account->wait([&] { return account->dropped == 1 && account->spooled == 0; });
  EXPECT_THAT(far->names(), ElementsAre("a", "b", "d", "e"));
  EXPECT_THAT(far->contents(), ElementsAre("a", "a", "b c d e", "b", "c", "d", "e"));
  EXPECT_EQ(account->message, "the far end refuses c");
  EXPECT_EQ(account->exported, 4U);
  EXPECT_TRUE(account->is_balanced());
}

TEST_F(SpooledSink, does_not_wait_for_a_far_end_that_hangs_once_it_is_known_to_fail) {
  open();
  far->be_down();
  write("a");
  far->hang();
  far->wait_for_attempts(far->attempts().size() + 1);
  // The courier is in an attempt that does not end.
  for (int i = 0; i < 100; ++i) write("b" + std::to_string(i));
  sink->flush(Deadline::clock::now() + 5s);
  EXPECT_EQ(far->names().size(), 0U);
  far->be_up();
  expect_drained(101);
}

TEST_F(SpooledSink, probes_while_the_breaker_is_open_whatever_the_far_end_asks_for) {
  open_at_rest({.failures_to_open = 2});
  far->be_down(50s);
  write("a");
  account->wait([&] { return account->messages == 1; });
  write("b");  // appended: the time for another attempt has not come
  EXPECT_THAT(far->attempts(), ElementsAre(0));
  clock.advance(50s);
  account->wait([&] { return account->breaker == BreakerState::open; });
  for (int probe = 0; probe < 3; ++probe) {
    const std::uint64_t before = account->messages;
    clock.advance(5s);
    account->wait([&] { return account->messages > before; });
  }
  EXPECT_THAT(far->attempts(), ElementsAre(0, 50, 55, 60, 65));
  EXPECT_EQ(account->retries, 4U);
  far->be_up();
  clock.advance(5s);
  expect_drained(2);
  EXPECT_EQ(account->breaker, BreakerState::closed);
  EXPECT_THAT(far->names(), ElementsAre("a", "b"));
}

TEST_F(SpooledSink, drops_what_is_refused_for_good_and_goes_on_with_the_next) {
  open();
  far->be_down();
  for (const char* name : {"a", "b"}) write(name);
  far->refuse();
  account->wait([&] { return account->dropped == 2; });
  EXPECT_EQ(account->message, "the far end refuses");
  far->be_up();
  write("c");
  expect_drained(1);
  EXPECT_THROW(([&] {
                 far->refuse();
                 write("d");
               }()),
               Error)
      << "written straight it is said at once";
  EXPECT_EQ(account->dropped, 3U);
  EXPECT_TRUE(account->is_balanced());
}

TEST_F(SpooledSink, counts_what_is_rejected_of_a_batch_from_the_spool) {
  open();
  far->be_down();
  write("a");
  Refusals refusals;
  refusals.rejected[static_cast<std::size_t>(RecordKind::event)] = 1;
  refusals.message = "no events";
  far->reject(refusals);
  far->be_up();
  account->wait([&] { return account->dropped == 1; });
  EXPECT_EQ(account->message, "no events");
  EXPECT_TRUE(account->is_balanced());
}

TEST_F(SpooledSink, drops_the_newest_when_it_is_full_and_says_so) {
  auto options = quick_options(path);
  options.spool_bytes = 256 << 10;
  open(options);
  far->be_down();
  const std::string large(20'000, 'x');
  for (int i = 0; i < 20; ++i) write(std::to_string(i) + large);
  account->update();
  EXPECT_GT(account->dropped, 0U);
  EXPECT_EQ(account->spooled + account->dropped, 20U);
  account->wait([&] {
    return account->message.find("the newest records are dropped") != std::string::npos || account->dropped > 0;
  });
  const std::size_t kept = account->spooled;
  far->be_up();
  expect_drained(kept);
  EXPECT_EQ(far->names().front(), "0" + large);
}

TEST_F(SpooledSink, drops_the_oldest_when_it_is_full_if_it_is_told_to) {
  auto options = quick_options(path);
  options.spool_bytes = 256 << 10;
  options.spool_policy = SpoolPolicy::drop_oldest;
  open(options);
  far->be_down();
  const std::string large(20'000, 'x');
  for (int i = 0; i < 20; ++i) write(std::to_string(i) + large);
  account->update();
  EXPECT_EQ(account->spooled + account->dropped, 20U);
  const std::size_t kept = account->spooled;
  far->be_up();
  expect_drained(kept);
  EXPECT_EQ(far->names().back(), "19" + large);
}

TEST_F(SpooledSink, passes_over_a_damaged_row_and_counts_it) {
  open();
  far->be_down();
  for (const char* name : {"a", "b", "c"}) write(name);
  sink = nullptr;
  {
    RawDatabase raw(path);
    raw.run("UPDATE batches SET batch = substr(batch, 1, length(batch) - 5) WHERE sequence = 2");
  }
  far->be_up();
  open();
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre("a", "c"));
  EXPECT_EQ(account->recovered, 3U);
  EXPECT_EQ(account->dropped, 1U);
  EXPECT_EQ(account->message,
            "spool " + std::filesystem::canonical(path).string() + ": a batch is damaged: its checksum is wrong");
}

TEST_F(SpooledSink, delivers_a_batch_that_cannot_be_deleted_once_and_goes_on) {
  open();
  far->be_down();
  const std::string large(20'000, 'x');
  for (const std::string& name : {large, std::string("b")}) write(name);
  sink = nullptr;
  {
    // The list of free pages leads nowhere: what has pages of its own cannot be deleted.
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(32);
    file.write("\x7F\xFF\xFF\xFF\0\0\0\x01", 8);
  }
  far = std::make_shared<FarEnd>();
  open();
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre(large, "b"));
  account->wait([&] { return std::filesystem::exists(path + "-damaged"); });
  EXPECT_EQ(account->exported, 2U);
  far->be_down();
  write(large);
  far->be_up();
  expect_drained(3);
  EXPECT_EQ(account->exported, 3U);
  EXPECT_EQ(account->recovered, 2U);
}

TEST_F(SpooledSink, counts_what_is_lost_with_a_file_that_cannot_be_read) {
  open();
  far->be_down();
  for (const char* name : {"a", "b"}) write(name);
  RawDatabase(path).run("DROP TABLE batches");
  account->wait([&] { return account->dropped == 2; });
  EXPECT_EQ(account->spooled, 0U);
  EXPECT_TRUE(account->is_balanced());
  write("c");
  account->update();
  EXPECT_EQ(account->spooled, 1U) << "into a new file";
  far->be_up();
  expect_drained(1);
}

TEST_F(SpooledSink, saves_what_hangs_and_what_comes_later_when_it_is_abandoned) {
  open();
  far->hang();
  auto writing = std::async(std::launch::async, [&] { write("a"); });
  far->wait_for_attempts(1);
  EXPECT_TRUE(sink->abandon());
  writing.get();
  write("b");
  sink->close();
  account->update();
  EXPECT_EQ(account->spooled, 2U);
  EXPECT_TRUE(account->is_balanced());
  EXPECT_EQ(far->attempts().size(), 1U);
  sink = nullptr;
  far = std::make_shared<FarEnd>();
  open();
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre("a", "b"));
}

TEST_F(SpooledSink, flushes_what_went_straight_through_the_inner_sink) {
  open();
  sink->flush(Deadline::clock::now() + 5s);
  EXPECT_EQ(far->flushes(), 0U) << "there was nothing";
  write("a");
  sink->flush(Deadline::clock::now() + 5s);
  EXPECT_EQ(far->flushes(), 1U);
}

// A sink beside the test's, whose far end is down, leaves a batch.
void leave_beside(const std::string& path, const std::string& name) {
  auto down = std::make_shared<FarEnd>();
  down->be_down();
  ReliableSink other(std::make_unique<FarSink>(down), quick_options(path));
  other.write(*batch_of(name));
}

TEST_F(SpooledSink, adopts_what_a_process_beside_it_has_left) {
  open();
  leave_beside(path, "left");
  // Its look around comes by itself, seconds later.
  far->wait_for_names(1);
  account->wait([&] { return account->recovered == 1 && account->spooled == 0; });
  EXPECT_THAT(far->names(), ElementsAre("left"));
  EXPECT_TRUE(account->is_balanced());
}

// The inner sink knows what is missing of a batch only until it is given another one.
TEST_F(SpooledSink, ends_the_batch_that_it_has_begun_before_any_other) {
  open_at_rest();
  far->be_down();
  leave_beside(path, "left");
  clock.advance(5s);
  account->wait([&] { return account->messages > 0; });
  write("appended");  // the time for another attempt has not come
  far->be_up();
  clock.advance(10s);
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre("left", "appended"));
}

TEST_F(SpooledSink, sends_nothing_straight_while_a_batch_of_another_process_is_begun) {
  open_at_rest();
  far->be_down();
  leave_beside(path, "left");
  clock.advance(5s);
  account->wait([&] { return account->messages > 0; });
  far->be_up();
  clock.advance(10s);
  write("new");  // most often before the courier has seen that its time has come
  expect_drained(2);
  EXPECT_THAT(far->names(), ElementsAre("left", "new"));
}

TEST_F(SpooledSink, gives_a_batch_that_failed_straight_its_time_before_one_of_another_process) {
  open_at_rest();
  far->hang();
  auto writing = std::async(std::launch::async, [&] { write("new"); });
  far->wait_for_attempts(1);
  leave_beside(path, "left");
  clock.advance(5s);
  account->wait([&] { return account->recovered == 1; });  // and waits for the right to send it
  far->be_down();
  writing.get();
  account->wait([&] { return account->messages == 1; });
  far->be_up();
  clock.advance(1s);
  expect_drained(2);
  EXPECT_THAT(far->contents(), ElementsAre("new", "new", "left"));
  EXPECT_THAT(far->attempts(), ElementsAre(0, 6, 6));
}

}  // namespace
}  // namespace spark::testing
