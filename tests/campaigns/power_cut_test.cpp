// The power is cut in the middle of writes, checkpoints, prunings and of opening the file, by a disk that keeps any
// part of what was not synced. Each cut begins with the remains of the one before, or with nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "fakes/power_cut_vfs.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"
#include "spark/telemetry/batch.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp now = Timestamp(1'700'000'000s);
constexpr Timestamp when_victims_were = Timestamp(1'000'000'000s);

TraceId id_of(std::uint64_t number) { return {0x0190'0000'0000'7000ULL, number}; }

struct Promise {
  std::size_t spans;
  bool is_certain;         // must be there; otherwise whole or not at all
  bool is_tested = false;  // it was certain when the power was cut, and is counted
};

class PowerCut {
 public:
  PowerCut(Durability durability, std::uint64_t seed) : durability_(durability), random_(seed) {}

  void make_disks_lie() { disks_lie_ = true; }

  // Works until the power is cut. Then looks at the remains, on a disk that works. False if something is wrong.
  void run_once() {
    if (directory_ == nullptr || random_.next() % 4 == 0) begin_anew();
    fakes::PowerCutDisk disk(random_.next());
    if (disks_lie_) disk.lie_about_syncs();
    // Making the file takes about 70 operations, a batch 10 to 60, a checkpoint a few hundred.
    disk.cut_at(1 + random_.next() % (random_.next() % 2 == 0 ? 100 : 2'000));
    try {
      work(disk);
    } catch (const Error& error) {
      if (!disk.is_cut()) throw;
    }
    auto remains = std::make_unique<TemporaryDirectory>();
    disk.leave_remains(remains->path().string());
    directory_ = std::move(remains);
  }

  // Says what is wrong with the remains; empty if nothing is.
  std::string complaint() {
    try {
      SqliteStore store({.path = path()});
      RawDatabase raw(path());
      if (const std::string check = raw.run("PRAGMA integrity_check"); check != "ok\n") return check;
      const auto document = store.get("cut", "counter");
      const std::uint64_t revision = document ? document->revision : 0;
      if (revision < certain_revision_ || revision > tried_revision_) {
        return "the document has revision " + std::to_string(revision) + ", certain was " +
               std::to_string(certain_revision_);
      }
      certain_revision_ = tried_revision_ = revision;
      return check_traces(count_spans(raw));
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  // Traces that had to be there after a cut, and were.
  [[nodiscard]] std::uint64_t tested_promises() const { return tested_promises_; }

 private:
  [[nodiscard]] std::string path() const { return directory_->file("cut.db"); }

  void begin_anew() {
    directory_ = std::make_unique<TemporaryDirectory>();
    promises_.clear();
    certain_revision_ = tried_revision_ = 0;
  }

  void work(const fakes::PowerCutDisk& disk) {
    const std::size_t checkpoint_bytes = random_.next() % 2 == 0 ? 1 : 128 << 10;
    SqliteStore store({.path = path(), .durability = durability_, .readers = 1, .checkpoint_bytes = checkpoint_bytes});
    while (!disk.is_cut()) {
      switch (random_.next() % 8) {
        case 0:
          ++tried_revision_;
          store.put("cut", "counter", Value(std::string(random_.next() % 20'000, 'd')), certain_revision_);
          certain_revision_ = tried_revision_;
          promise_all();  // documents are synced, and so is what was written before them
          break;
        case 1:
          write_trace(store, ++last_victim_ | victim_bit, when_victims_were);
          store.prune({.before = when_victims_were + 1h, .rows_per_transaction = 20});
          break;
        default: {
          const std::uint64_t number = ++last_trace_;
          promises_[number] = {1 + random_.next() % 60, false};
          write_trace(store, number, now);
          if (durability_ == Durability::power) promise_all();
        }
      }
    }
  }

  void promise_all() {
    for (auto& [number, promise] : promises_) promise.is_certain = true;
  }

  void write_trace(Store& store, std::uint64_t number, Timestamp time) {
    const auto found = promises_.find(number);
    const std::size_t spans = found == promises_.end() ? 30 : found->second.spans;
    BatchBuilder batch(resource_);
    batch.add(Trace{.trace_id = id_of(number),
                    .name = "trace",
                    .start_time = time,
                    .end_time = time,
                    .status = TraceStatus::completed});
    for (std::uint64_t span = 1; span <= spans; ++span) {
      batch.add(Span{.span_id = {span},
                     .trace_id = id_of(number),
                     .name = "span",
                     .start_time = time,
                     .end_time = time,
                     .attributes = {{"payload", std::string(random_.next() % 400, 'x')}}});
    }
    store.write(*batch.build());
  }

  static std::map<std::uint64_t, std::size_t> count_spans(RawDatabase& raw) {
    // The traces' own rows are in the same transactions, so a trace with spans has one.
    std::istringstream rows(raw.run(
        "SELECT substr(hex(trace_id), 17), count(*) FROM trace_ids JOIN traces_data ON traces_data.trace = number "
        "JOIN spans_data ON spans_data.trace = number GROUP BY 1"));
    std::map<std::uint64_t, std::size_t> spans;
    for (std::string row; std::getline(rows, row);) {
      const std::size_t bar = row.find('|');
      spans[std::stoull(row.substr(0, bar), nullptr, 16)] = std::stoull(row.substr(bar + 1));
    }
    return spans;
  }

  std::string check_traces(std::map<std::uint64_t, std::size_t> found) {
    std::uint64_t first_missing = UINT64_MAX;
    for (auto promise = promises_.begin(); promise != promises_.end();) {
      auto& [number, expected] = *promise;
      const auto spans = found.find(number);
      const std::string what = "trace " + std::to_string(number);
      if (spans == found.end()) {
        if (expected.is_certain) return what + " was flushed and is not there";
        first_missing = std::min(first_missing, number);
        promise = promises_.erase(promise);
        continue;
      }
      if (spans->second != expected.spans) {
        return what + " has " + std::to_string(spans->second) + " spans of " + std::to_string(expected.spans);
      }
      if (number > first_missing) return what + " is there although an earlier one is not";
      if (expected.is_certain && !std::exchange(expected.is_tested, true)) ++tested_promises_;
      found.erase(spans);
      ++promise;
    }
    // What is there now has survived, so it is on the disk; victims may be there or not, and in part.
    promise_all();
    for (const auto& [number, spans] : found) {
      if ((number & victim_bit) == 0) return "trace " + std::to_string(number) + " was never written";
    }
    return {};
  }

  static constexpr std::uint64_t victim_bit = 1ULL << 40;

  const Durability durability_;
  Random random_;
  bool disks_lie_ = false;
  const std::shared_ptr<const Resource> resource_ = std::make_shared<Resource>(Resource{.service_name = "cut"});
  std::unique_ptr<TemporaryDirectory> directory_;
  std::map<std::uint64_t, Promise> promises_;
  std::uint64_t last_trace_ = 0, last_victim_ = 0;
  std::uint64_t certain_revision_ = 0, tried_revision_ = 0;
  std::uint64_t tested_promises_ = 0;
};

// `at_least`: so many promises must have been put to the test, or the campaign shows nothing.
void run_cuts(Durability durability, int cuts, int at_least) {
  const std::uint64_t seed = campaign_seed();
  PowerCut power(durability, seed);
  for (int cut = 1; cut <= cuts; ++cut) {
    power.run_once();
    ASSERT_EQ(power.complaint(), "") << "cut " << cut << ", SPARK_TEST_SEED=" << seed;
  }
  std::printf("%d cuts, %llu traces had to be there\n", cuts, static_cast<unsigned long long>(power.tested_promises()));
  EXPECT_GT(power.tested_promises(), static_cast<std::uint64_t>(at_least)) << "SPARK_TEST_SEED=" << seed;
}

TEST(PowerCut, loses_nothing_flushed_with_durability_power) {
  const int cuts = campaign_count(40, 200);
  run_cuts(Durability::power, cuts, cuts);
}

TEST(PowerCut, never_corrupts_the_file_with_durability_process) {
  run_cuts(Durability::process, campaign_count(40, 200), 0);
}

TEST(PowerCut, of_a_disk_that_lies_is_noticed) {
  const std::uint64_t seed = campaign_seed();
  PowerCut power(Durability::power, seed);
  power.make_disks_lie();
  for (int cut = 1; cut <= 50; ++cut) {
    power.run_once();
    if (!power.complaint().empty()) return;
  }
  FAIL() << "no loss in 50 cuts: these tests would not notice one; SPARK_TEST_SEED=" << seed;
}

}  // namespace
}  // namespace spark::testing
