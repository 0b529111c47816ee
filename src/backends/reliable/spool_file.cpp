#include "backends/reliable/spool_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <utility>

#include "backends/reliable/database.h"
#include "spark/base/error.h"

namespace spark::detail::reliable {
namespace {

// "SprQ", in the file's header.
constexpr std::int64_t application_id = 0x53707251;
constexpr std::int64_t format_version = 1;
constexpr std::int64_t page_bytes = 4096;
constexpr std::int64_t pages_of_empty_file = 4;  // header, map of pages, the table, its last sequence number
constexpr std::int64_t pages_per_shrink = 1024;
constexpr std::size_t max_destination_bytes = 4096;

[[noreturn]] void fail(ErrorCode code, const std::string& path, const std::string& what) {
  throw Error(code, "spool " + path + ": " + what);
}

[[noreturn]] void fail_to_open(const std::string& path, const std::string& file, int error) {
  const bool is_denied = error == EACCES || error == EPERM || error == EROFS;
  const bool is_missing = error == ENOENT || error == ENOTDIR;
  fail(is_denied    ? ErrorCode::permission_denied
       : is_missing ? ErrorCode::not_found
                    : ErrorCode::unavailable,
       path, "cannot open " + file + ": " + std::strerror(error));
}

// Closes a file, unless somebody else has taken that over.
class OwnedFile {
 public:
  explicit OwnedFile(int descriptor) noexcept : descriptor_(descriptor) {}
  ~OwnedFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OwnedFile(const OwnedFile&) = delete;
  OwnedFile& operator=(const OwnedFile&) = delete;

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  void release() noexcept { descriptor_ = -1; }

 private:
  int descriptor_;
};

std::string lock_name(const std::string& path) { return path + "-lock"; }

// Whether it is still the one that others would open: its owner, or whoever ended with an error, may have deleted it
// between our opening it and our locking it.
bool is_still_there(int file, const std::string& name) noexcept {
  struct stat ours {};
  struct stat theirs {};
  return ::fstat(file, &ours) == 0 && ::stat(name.c_str(), &theirs) == 0 && ours.st_dev == theirs.st_dev &&
         ours.st_ino == theirs.st_ino;
}

// -1: another has it.
int take_lock(const std::string& path, const std::string& name, bool& is_new) {
  int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  is_new = lock >= 0;
  if (lock < 0 && errno == EEXIST) lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) fail_to_open(path, name, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  const int error = errno;
  ::close(lock);
  if (error != EWOULDBLOCK) fail(ErrorCode::unavailable, path, "cannot lock " + name + ": " + std::strerror(error));
  return -1;
}

// The same, of a file that keeps its name: two who have locked files of one name would both believe that they are
// alone.
int take_lasting_lock(const std::string& path, bool& is_new) {
  constexpr int most_attempts = 16;
  const std::string name = lock_name(path);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const int lock = take_lock(path, name, is_new);
    if (lock < 0 || is_still_there(lock, name)) return lock;
    ::close(lock);
  }
  fail(ErrorCode::unavailable, path, "cannot lock " + name + ": it is deleted or replaced again and again");
}

// What the lock file says, in which the destination is kept.
std::string text_of(int lock) {
  std::string text(max_destination_bytes, '\0');
  const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

// Where it cannot be kept, the spool is used all the same: it only is not known then whose it is.
void set_text(int lock, const std::string& text) {
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) < 0) return;
}

// SQLite would make it readable for others. With the lock: nobody in this process has it open, so that closing it takes
// no lock of SQLite's away.
void make_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
  } else if (errno != EEXIST) {
    fail_to_open(path, "it", errno);
  }
}

// Its journals first: they must not be taken for those of a new file. Nor may those of an earlier `to` be taken for
// this one's. Where it fails, everything has its name again.
void rename_with_journals(const std::string& from, const std::string& to) {
  constexpr std::array suffixes{"-wal", "-journal", ""};
  std::array<bool, suffixes.size()> is_renamed{};
  for (std::size_t i = 0; i < suffixes.size(); ++i) {
    const std::string old_name = from + suffixes[i], new_name = to + suffixes[i];
    is_renamed[i] = std::rename(old_name.c_str(), new_name.c_str()) == 0;
    if (is_renamed[i] || errno == ENOENT) continue;
    const int error = errno;
    while (i-- > 0) {
      if (is_renamed[i]) static_cast<void>(std::rename((to + suffixes[i]).c_str(), (from + suffixes[i]).c_str()));
    }
    fail(ErrorCode::unavailable, from, "cannot rename " + old_name + " to " + new_name + ": " + std::strerror(error));
  }
  for (std::size_t i = 0; i + 1 < suffixes.size(); ++i) {
    if (!is_renamed[i]) ::unlink((to + suffixes[i]).c_str());
  }
}

std::string to_blob(const Counts& counts) {
  std::string blob;
  for (const std::uint64_t count : counts) {
    for (int i = 0; i < 8; ++i) blob.push_back(static_cast<char>(count >> (8 * i) & 0xFF));
  }
  return blob;
}

// Zeros for what no version of ours wrote: the row's content then decides that it is damaged.
Counts to_counts(std::string_view blob) {
  Counts counts{};
  if (blob.size() != counts.size() * 8) return counts;
  for (std::size_t i = 0; i < blob.size(); ++i) {
    counts[i / 8] |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(blob[i])) << (8 * (i % 8));
  }
  return counts;
}

// What is damaged behind rows that can be read is said when it is the first.
bool steps(Query& query, const std::vector<SpoolFile::Row>& rows) {
  try {
    return query.step();
  } catch (const Error& error) {
    if (rows.empty() || error.code() != ErrorCode::corrupt) throw;
    return false;
  }
}

void add(Counts& sum, const Counts& counts) {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) sum[kind] += counts[kind];
}
// Never below zero: whoever deletes a lock that is in use makes two owners, of whom one reads what it did not append.
void subtract(std::uint64_t& sum, std::uint64_t amount) { sum -= std::min(sum, amount); }
void subtract(Counts& sum, const Counts& counts) {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) subtract(sum[kind], counts[kind]);
}

}  // namespace

std::unique_ptr<SpoolFile> SpoolFile::open(const SpoolFileOptions& options, bool may_create) {
  std::unique_ptr<SpoolFile> file;  // before the pass: where opening fails, it is closed without one
  const SpoolGate::Pass pass;
  struct stat found {};
  const bool is_there = ::stat(options.path.c_str(), &found) == 0;
  if (is_there && !S_ISREG(found.st_mode)) {
    fail(ErrorCode::invalid_argument, options.path, "it is no file; name a file");
  }
  if (!is_there && !may_create) return nullptr;
  bool is_lock_new = false;
  OwnedFile lock(take_lasting_lock(options.path, is_lock_new));
  if (lock.get() < 0) return nullptr;
  file.reset(new SpoolFile(options, lock.get()));
  lock.release();
  const std::lock_guard guard(file->mutex_);
  try {
    file->count_rows(file->database());
    file->take_for_destination();
  } catch (const Error& error) {
    // Beside what is no spool nothing of ours stays.
    const bool may_be_over = error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
    if (is_there && is_lock_new && !may_be_over) ::unlink(lock_name(options.path).c_str());
    throw;
  }
  return file;
}

void SpoolFile::take_for_destination() {
  const std::string wanted = options_.destination.substr(0, max_destination_bytes);
  const std::string found = text_of(lock_);
  if (wanted.empty() || wanted == found) return;
  if (has_rows() && !found.empty()) {
    fail(ErrorCode::conflict, options_.path,
         "it holds records for another destination, " + found + ", than this one, " + wanted +
             "; name another file, or, while no program uses it, delete " + lock_name(options_.path) +
             " to send them here all the same");
  }
  set_text(lock_, wanted);
}

SpoolFile::SpoolFile(const SpoolFileOptions& options, int lock) : options_(options), lock_(lock) {
  SpoolGate::add(*this);
}

SpoolFile::~SpoolFile() {
  if (lock_ < 0) return;
  try {
    const SpoolGate::Pass pass;
    SpoolGate::remove(*this);
    database_ = nullptr;
    ::close(lock_);
  } catch (const Error&) {
    static_cast<void>(database_.release());  // a forked child must not close it
  }
}

void SpoolFile::before_fork() noexcept { database_ = nullptr; }

void SpoolFile::in_child() noexcept {
  ::close(lock_);
  lock_ = -1;
}

Database& SpoolFile::database() {
  if (database_ != nullptr) return *database_;
  if (lock_ < 0) fail(ErrorCode::unsupported, options_.path, "a forked child cannot use that of its parent");
  make_file(options_.path);
  auto database = std::make_unique<Database>(options_.path);
  prepare_file(*database);
  database_ = std::move(database);
  return *database_;
}

void SpoolFile::prepare_file(Database& database) {
  if (database.is_read_only()) {
    fail(ErrorCode::permission_denied, options_.path, "the file is read-only for this user; make it writable");
  }
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const bool is_new = application == 0 && version == 0 && database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new && application != application_id) {
    fail(ErrorCode::invalid_argument, options_.path,
         "it is a database of another kind (its application_id is " + std::to_string(application) + ", a spool's is " +
             std::to_string(application_id) + "); name another file");
  }
  if (version > format_version) {
    fail(ErrorCode::too_new, options_.path,
         "it was written by a later version of this library (its format is version " + std::to_string(version) +
             ", this one knows up to " + std::to_string(format_version) +
             "); update this program, or name another file");
  }
  // No write-ahead log: SQLite before 3.51.3 may damage a file when it begins one anew. What is not synced survives
  // the process all the same, since the operating system has it.
  database.execute(options_.durability == Durability::power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
  if (is_new) {
    database.execute("PRAGMA page_size = 4096");
    database.execute("PRAGMA auto_vacuum = INCREMENTAL");
  }
  database.execute("PRAGMA journal_mode = TRUNCATE");
  if (!is_new) return;
  Transaction transaction(database);
  database.execute(
      "CREATE TABLE batches (sequence INTEGER PRIMARY KEY AUTOINCREMENT, counts BLOB NOT NULL, batch BLOB NOT NULL)");
  database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  database.execute(("PRAGMA user_version = " + std::to_string(format_version)).c_str());
  transaction.commit();
}

void SpoolFile::count_rows(Database& database) {
  Held held;
  Query query(database, "SELECT counts, length(batch) FROM batches", "count what is in it");
  while (query.step()) {
    ++held.rows;
    held.bytes += static_cast<std::uint64_t>(query.integer(1));
    const Counts counts = to_counts(query.blob(0));
    add(held.records, counts);
  }
  found_ = held.records;
  set_held(held);
}

void SpoolFile::set_held(const Held& held) noexcept {
  held_ = held;
  bytes_.store(held.bytes, std::memory_order_relaxed);
  rows_.store(held.rows, std::memory_order_release);
}

bool SpoolFile::has_room(std::int64_t used_pages, std::size_t bytes) const noexcept {
  // What one row takes: its own pages, and in the tree one that splits into two.
  const auto wanted = static_cast<std::int64_t>(bytes) / (page_bytes - 4) + 3;
  const auto allowed = static_cast<std::int64_t>(std::min<std::size_t>(options_.bytes, 1ULL << 62));
  return used_pages + wanted <= allowed / page_bytes;
}

std::int64_t SpoolFile::used_pages(Database& database) {
  return database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count");
}

SpoolFile::Appended SpoolFile::append(std::string_view batch, const Counts& records) {
  const SpoolGate::Pass pass;
  const std::lock_guard lock(mutex_);
  Database& database = this->database();
  Appended result;
  Held held = held_;
  Transaction transaction(database);
  while (!has_room(used_pages(database), batch.size())) {
    // Nothing is dropped in vain: without room for the batch the others stay.
    const bool may_drop = options_.policy == SpoolPolicy::drop_oldest && has_room(pages_of_empty_file, batch.size());
    if (!may_drop || !drop_oldest(database, held, result.dropped)) return {};
  }
  {
    const std::string counts = to_blob(records);
    Query query(database, "INSERT INTO batches (counts, batch) VALUES (?, ?)", "append a batch");
    query.bind(1, counts);
    query.bind(2, batch);
    query.run();
  }
  transaction.commit();
  ++held.rows;
  held.bytes += batch.size();
  add(held.records, records);
  result.is_kept = true;
  set_held(held);
  return result;
}

bool SpoolFile::drop_oldest(Database& database, Held& held, Counts& dropped) {
  std::int64_t sequence = 0;
  {
    Query query(database,
                "SELECT sequence, counts, length(batch) FROM batches WHERE sequence > ? ORDER BY sequence LIMIT 1",
                "find the oldest batch");
    query.bind(1, in_delivery_);
    if (!query.step()) return false;
    sequence = query.integer(0);
    const Counts counts = to_counts(query.blob(1));
    add(dropped, counts);
    subtract(held.records, counts);
    --held.rows;
    held.bytes -= static_cast<std::uint64_t>(query.integer(2));
  }
  Query query(database, "DELETE FROM batches WHERE sequence = ?", "delete the oldest batch");
  query.bind(1, sequence);
  query.run();
  return true;
}

std::vector<SpoolFile::Row> SpoolFile::front(const Most& most) {
  const SpoolGate::Pass pass;
  const std::lock_guard lock(mutex_);
  Database& database = this->database();
  std::vector<Row> rows = find_front(database, most);
  if (rows.empty()) {  // somebody else has deleted what was held
    add(vanished_, held_.records);
    set_held({});
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    try {
      Query query(database, "SELECT batch FROM batches WHERE sequence = ?", "read one of the oldest batches");
      query.bind(1, rows[i].sequence);
      if (query.step()) rows[i].batch = query.blob(0);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      rows[i].is_unreadable = true;
      rows.resize(std::max<std::size_t>(i, 1));
    }
  }
  if (!rows.empty()) in_delivery_ = std::max(in_delivery_, rows.back().sequence);
  return rows;
}

// Not the batches themselves: what is damaged of one must not hide the others.
std::vector<SpoolFile::Row> SpoolFile::find_front(Database& database, const Most& most) const {
  std::vector<Row> rows;
  std::uint64_t records = 0, bytes = 0;
  Query query(database, "SELECT sequence, counts, length(batch) FROM batches WHERE sequence > ? ORDER BY sequence",
              "find the oldest batches");
  query.bind(1, passed_over_);
  while (steps(query, rows)) {
    Row row{.sequence = query.integer(0),
            .records = to_counts(query.blob(1)),
            .size_bytes = static_cast<std::uint64_t>(query.integer(2))};
    records = std::accumulate(row.records.begin(), row.records.end(), records);
    bytes += row.size_bytes;
    const bool fits = records <= most.records && bytes <= most.bytes && row.sequence <= most.last_sequence;
    if (!rows.empty() && !fits) break;
    rows.push_back(std::move(row));
    if (!fits) break;
  }
  return rows;
}

bool SpoolFile::remove(const std::vector<Row>& rows) {
  const SpoolGate::Pass pass;
  const std::lock_guard lock(mutex_);
  bool is_deleted = true;
  try {
    Query query(database(), "DELETE FROM batches WHERE sequence BETWEEN ? AND ?", "delete batches");
    query.bind(1, rows.front().sequence);
    query.bind(2, rows.back().sequence);
    query.run();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    is_damaged_ = true;
    is_deleted = false;
    passed_over_ = rows.back().sequence;
  }
  Held held = held_;
  subtract(held.rows, rows.size());
  for (const Row& row : rows) {
    subtract(held.bytes, row.size_bytes);
    subtract(held.records, row.records);
  }
  set_held(held);
  return is_deleted;
}

Counts SpoolFile::take_vanished() {
  const std::lock_guard lock(mutex_);
  return std::exchange(vanished_, {});
}

bool SpoolFile::is_damaged() const {
  const std::lock_guard lock(mutex_);
  return is_damaged_;
}

std::optional<Counts> SpoolFile::set_aside(bool only_if_empty) {
  const SpoolGate::Pass pass;
  const std::lock_guard lock(mutex_);
  if (only_if_empty && has_rows()) return std::nullopt;
  database_ = nullptr;
  rename_with_journals(options_.path, options_.path + "-damaged");
  const Counts lost = held_.records;
  set_held({});
  passed_over_ = in_delivery_ = 0;
  is_damaged_ = false;
  return lost;
}

bool SpoolFile::shrink() {
  const SpoolGate::Pass pass;
  const std::lock_guard lock(mutex_);
  if (is_damaged_) return false;
  Database& database = this->database();
  const std::int64_t free = database.integer("PRAGMA freelist_count");
  const bool is_worth_it =
      free > 0 && (!has_rows() || (free > pages_per_shrink && free > database.integer("PRAGMA page_count") / 2));
  if (!is_worth_it) return false;
  try {
    database.execute(("PRAGMA incremental_vacuum(" + std::to_string(pages_per_shrink) + ")").c_str());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    is_damaged_ = true;
    return false;
  }
  return free > pages_per_shrink;
}

}  // namespace spark::detail::reliable
