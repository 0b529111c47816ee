// What a branch costs: a group of tasks that do nothing, spawned and joined on the calling thread.
#include <stdexcept>
#include <string>
#include <vector>

#include "base.h"
#include "cpu_time.h"
#include "harness.h"
#include "spark/async/sync_wait.h"
#include "spark/async/task_group.h"
#include "statistics.h"

namespace spark::bench {
namespace {

constexpr int children = 10'000;

Task<void> count_one(int& count) {
  ++count;
  co_return;
}

Task<void> spawn_and_join(int& count) {
  TaskGroup group;
  for (int i = 0; i < children; ++i) group.spawn(count_one(count));
  co_await group.join();
}

// Of one call, right after the group, so that both meet the same machine.
double base_ns() {
  constexpr int calls = 1'000;
  std::uint64_t x = 1;
  const std::int64_t begin = thread_cpu_ns();
  for (int i = 0; i < calls; ++i) x = base(x);
  return (static_cast<double>(thread_cpu_ns() - begin) - cpu_clock_cost_ns()) / calls;
}

std::vector<Result> per_child(const Options& options) {
  const int groups = options.quick ? 20 : 200;
  std::vector<double> ns;
  std::vector<double> x_base;
  for (int i = 0; i < groups; ++i) {
    int count = 0;
    const std::int64_t begin = thread_cpu_ns();
    sync_wait(spawn_and_join(count));
    const auto group_ns = static_cast<double>(thread_cpu_ns() - begin);
    if (count != children) throw std::runtime_error("not every task of the group ran");
    ns.push_back((group_ns - cpu_clock_cost_ns()) / children);
    x_base.push_back(ns.back() / base_ns());
  }
  Result result{.name = "spawn_join", .value = median(std::move(ns)), .unit = "ns"};
  result.x_base = median(std::move(x_base));
  result.note = "a group of " + std::to_string(children) + " tasks that do nothing, divided by their number";
  return {result};
}

}  // namespace

void add_async_rows(std::vector<Row>& rows) { rows.push_back({{"spawn_join"}, per_child}); }

}  // namespace spark::bench
