// RunState is what the nodes of one run share besides the outputs that flow along the edges: values by name. The engine
// makes one for a run and owns it; it ends with the run.
//
// All calls are safe from any thread and see each other's changes in one order. They block only while another thread is
// in one of them, and copy values while they do.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "spark/base/value.h"

namespace spark {

// A name more throws Error(invalid_argument): a loop that makes up names must not fill the memory.
inline constexpr std::size_t max_run_state_names = 10'000;

class RunState {
 public:
  RunState() = default;
  RunState(const RunState&) = delete;
  RunState& operator=(const RunState&) = delete;

  // A copy; nothing if there is no value by this name. A null is a value.
  [[nodiscard]] std::optional<Value> get(std::string_view name) const;
  void set(std::string_view name, Value value);
  // Sets what the function makes of the old value (null if there is none) and returns that; nobody sees or changes the
  // state in between. If the function throws, nothing is changed and the exception passes on. Others wait while it
  // runs, so it should only compute, and it must not call this RunState: that throws Error(would_deadlock) from the
  // inner call.
  Value update(std::string_view name, const std::function<Value(Value old)>& function);
  // True if there was a value.
  bool erase(std::string_view name);
  // All of it, at one moment.
  [[nodiscard]] Object snapshot() const;

 private:
  [[nodiscard]] std::unique_lock<std::mutex> lock() const;
  // While locked.
  void assign(std::string_view name, Value&& value);

  mutable std::mutex mutex_;
  std::atomic<std::thread::id> updating_{};           // the thread that is in an update's function
  std::map<std::string, Value, std::less<>> values_;  // guarded by mutex_
};

}  // namespace spark
