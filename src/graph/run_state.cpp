#include "spark/graph/run_state.h"

#include <utility>
#include <vector>

#include "spark/base/error.h"

namespace spark {

std::unique_lock<std::mutex> RunState::lock() const {
  // Only this thread itself could have stored its own id.
  if (updating_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    throw Error(ErrorCode::would_deadlock, "RunState: the function of an update called the state that it updates");
  }
  return std::unique_lock(mutex_);
}

void RunState::assign(std::string_view name, Value&& value) {
  const auto place = values_.lower_bound(name);
  if (place != values_.end() && place->first == name) {
    place->second = std::move(value);
    return;
  }
  if (values_.size() >= max_run_state_names) {
    throw Error(ErrorCode::invalid_argument,
                "RunState: there are " + std::to_string(max_run_state_names) + " names; no more are allowed");
  }
  values_.emplace_hint(place, name, std::move(value));
}

std::optional<Value> RunState::get(std::string_view name) const {
  const auto held = lock();
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void RunState::set(std::string_view name, Value value) {
  const auto held = lock();
  assign(name, std::move(value));
}

Value RunState::update(std::string_view name, const std::function<Value(Value old)>& function) {
  const auto held = lock();
  const auto found = values_.find(name);
  // A copy, so that the old value is still there if the function throws.
  Value old = found != values_.end() ? found->second : Value();
  struct Mark {
    explicit Mark(std::atomic<std::thread::id>& updating) : updating(updating) {
      updating.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    ~Mark() { updating.store({}, std::memory_order_relaxed); }
    std::atomic<std::thread::id>& updating;
  };
  Value made = [&] {
    const Mark mark(updating_);
    return function(std::move(old));
  }();
  Value result = made;
  assign(name, std::move(made));
  return result;
}

bool RunState::erase(std::string_view name) {
  const auto held = lock();
  const auto found = values_.find(name);
  if (found == values_.end()) return false;
  values_.erase(found);
  return true;
}

Object RunState::snapshot() const {
  const auto held = lock();
  std::vector<Object::Member> members;
  members.reserve(values_.size());
  for (const auto& [name, value] : values_) members.emplace_back(name, value);
  return Object(std::move(members));
}

}  // namespace spark
