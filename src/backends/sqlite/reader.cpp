#include "backends/sqlite/reader.h"

#include <algorithm>
#include <utility>

#include "spark/base/error.h"

namespace spark::detail::sqlite {
namespace {

// A virtual machine instruction takes about 10 ns to 100 ns, so the clock is read every 50 µs or so.
constexpr int instructions_between_looks = 1'000;

int is_past_deadline(void* deadline) {
  return std::chrono::steady_clock::now() >= *static_cast<std::chrono::steady_clock::time_point*>(deadline) ? 1 : 0;
}

}  // namespace

Reader::Reader(const std::string& path, Seconds busy_timeout)
    : connection_(path, Access::read_only, busy_timeout), functions_(connection_), aggregate_function_(connection_) {
  sqlite3_progress_handler(connection_.handle(), instructions_between_looks, &is_past_deadline, &deadline_);
}

Statement& Reader::statement(const std::string& sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return found->second;
  if (statements_.size() >= max_statements) statements_.clear();
  return statements_.try_emplace(sql, connection_, sql, "answer a query").first->second;
}

const std::string& Reader::service(std::int64_t resource) {
  if (const auto found = services_.find(resource); found != services_.end()) return found->second;
  if (!select_service_) {
    select_service_.emplace(connection_,
                            "SELECT json_extract(resource, '$.service_name') FROM resources WHERE number = ?1",
                            "answer a query");
  }
  const ResetAtExit reset(*select_service_);
  select_service_->bind(1, resource);
  std::string service(select_service_->step() ? select_service_->text(0) : std::string_view());
  if (services_.size() >= max_services) services_.clear();
  return services_.try_emplace(resource, std::move(service)).first->second;
}

ReaderPool::ReaderPool(std::string path, std::size_t max_readers, Seconds time_limit, Seconds busy_timeout)
    : path_(std::move(path)), max_readers_(max_readers), time_limit_(time_limit), busy_timeout_(busy_timeout) {}

ReaderPool::Lease ReaderPool::borrow(const TimeLimit& limit) {
  const ForkGate::Pass pass;
  // A short query may be over before SQLite asks for the time; whether it is refused must not depend on that.
  limit.check();
  const auto deadline = limit.deadline();
  std::unique_ptr<Reader> reader;
  {
    std::unique_lock lock(mutex_);
    const bool free = returned_.wait_until(lock, deadline, [&] { return !idle_.empty() || existing_ < max_readers_; });
    if (!free) {
      throw Error(ErrorCode::timeout, "SQLite database " + path_ + ": all " + std::to_string(max_readers_) +
                                          " readers were busy for " + std::to_string(limit.seconds().count()) + " s");
    }
    if (!idle_.empty()) {
      reader = std::move(idle_.back());
      idle_.pop_back();
    } else {
      ++existing_;
    }
  }
  if (reader == nullptr) {
    try {
      reader = std::make_unique<Reader>(path_, busy_timeout_);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      --existing_;
      returned_.notify_one();
      throw;
    }
  }
  reader->set_deadline(deadline);
  return Lease(*this, std::move(reader));
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) noexcept {
  const std::lock_guard lock(mutex_);
  // The vector's room for all readers is made here once; without it the reader is closed, and another one
  // opened later.
  try {
    idle_.reserve(max_readers_);
    idle_.push_back(std::move(reader));
  } catch (...) {
    --existing_;
  }
  returned_.notify_one();
}

}  // namespace spark::detail::sqlite
