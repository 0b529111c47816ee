// SpoolFile is one file of a spool: batches as rows of a SQLite database, the oldest first, and a lock beside it
// (`<file>-lock`, flock) that one process has as long as it uses the file. The lock ends with its process, however that
// ends; whoever has it is alone with the file. The lock file says for which destination the batches are.
//
// The file has mode 0600. It grows up to a bound and shrinks when it has been emptied. Nothing that was appended is
// lost when the process is killed, or with Durability::power when the machine is.
//
// Thread-safe. Functions may block for the time of a disk's answer, and throw Error: unavailable (disk full, read
// error), corrupt, permission_denied; then nothing has changed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/reliable/spool_gate.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/stats.h"

namespace spark::detail::reliable {

class Database;

using Counts = std::array<std::uint64_t, record_kinds>;  // by RecordKind

struct SpoolFileOptions {
  std::string path = {};  // absolute
  std::size_t bytes = 0;  // what the file may take
  SpoolPolicy policy = SpoolPolicy::drop_newest;
  Durability durability = Durability::process;
  std::string destination = {};  // a name without secrets; empty: any
};

class SpoolFile final : private SpoolGuest {
 public:
  // Null if another has it. Makes the file if there is none and `may_create`; null, too, if there is none otherwise.
  // Throws besides: not_found (no such directory), invalid_argument (another program's database, a directory), too_new,
  // conflict (it holds something for another destination).
  [[nodiscard]] static std::unique_ptr<SpoolFile> open(const SpoolFileOptions& options, bool may_create);
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();

  // What was in it when it was opened.
  [[nodiscard]] const Counts& found() const noexcept { return found_; }
  // Now; these two wait for nothing.
  [[nodiscard]] bool has_rows() const noexcept { return rows_.load(std::memory_order_acquire) > 0; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }  // of batches

  struct Appended {
    bool is_kept = false;  // false: there was no room for it
    Counts dropped{};      // of older ones that made room
  };
  [[nodiscard]] Appended append(std::string_view batch, const Counts& records);

  struct Row {
    std::int64_t sequence = 0;  // 1 or more, never again until the file is set aside
    Counts records{};
    std::string batch = {};
    std::uint64_t size_bytes = 0;  // of the batch
    bool is_unreadable = false;    // the file is damaged there; `batch` is empty
  };
  // How many rows go together.
  struct Most {
    std::uint64_t records = 1;
    std::uint64_t bytes = 0;  // of batches
    std::int64_t last_sequence = INT64_MAX;
  };
  // The oldest ones in their order, the first whatever its size. They count as being delivered, so that append() does
  // not drop them, until they are removed. A row that cannot be read comes alone.
  [[nodiscard]] std::vector<Row> front(const Most& most);
  // Of rows that front() found deleted by somebody else, since the last call.
  [[nodiscard]] Counts take_vanished();
  // After they were delivered, or dropped: all that front() gave, or the first of them. False: the file is so damaged
  // that they cannot be deleted; they are passed over as long as this lives, and come again for the next one.
  [[nodiscard]] bool remove(const std::vector<Row>& rows);
  // Gives some of the free pages back to the disk, if there are many or the file is empty. True: there are more.
  bool shrink();
  // Whether something could not be deleted or given back.
  [[nodiscard]] bool is_damaged() const;
  // Renames the file to `<path>-damaged`, in place of an earlier one, and begins a new one. Returns what was in it and
  // was not removed. Empty: it is left, since `only_if_empty` and there is something in it.
  [[nodiscard]] std::optional<Counts> set_aside(bool only_if_empty);

 private:
  struct Held {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    Counts records{};
  };

  // The lock is its own once it is made.
  SpoolFile(const SpoolFileOptions& options, int lock);

  void before_fork() noexcept override;
  void in_child() noexcept override;

  // With a pass and the mutex, as are all below.
  void take_for_destination();
  [[nodiscard]] Database& database();
  void prepare_file(Database& database);
  void count_rows(Database& database);
  [[nodiscard]] static std::int64_t used_pages(Database& database);
  [[nodiscard]] bool has_room(std::int64_t used_pages, std::size_t bytes) const noexcept;
  [[nodiscard]] std::vector<Row> find_front(Database& database, const Most& most) const;
  // False: there is none but those that are being delivered.
  [[nodiscard]] bool drop_oldest(Database& database, Held& held, Counts& dropped);
  void set_held(const Held& held) noexcept;

  const SpoolFileOptions options_;
  int lock_;  // the descriptor; -1: a child's copy, closed
  mutable std::mutex mutex_;
  std::unique_ptr<Database> database_;  // null after a fork, until it is needed
  std::int64_t in_delivery_ = 0;        // the last sequence number
  std::int64_t passed_over_ = 0;        // as above: up to here rows are over, and could not be deleted
  bool is_damaged_ = false;
  Counts found_{};
  Counts vanished_{};
  Held held_;  // rows that are not passed over; the first two also below, for who does not wait
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace spark::detail::reliable
