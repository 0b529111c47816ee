#include "recording.h"

#include <algorithm>
#include <exception>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace spark::bench {
namespace {

template <class Member>
double median_member(const std::vector<CallCost>& costs, Member member) {
  std::vector<double> values;
  for (const CallCost& cost : costs) values.push_back(cost.*member);
  return median(std::move(values));
}

ChecksumTotals sum(const std::vector<ChecksumTotals>& parts) {
  ChecksumTotals sum;
  for (const ChecksumTotals& part : parts) {
    sum.spans += part.spans;
    sum.span_checksum += part.span_checksum;
    sum.points += part.points;
    sum.point_checksum += part.point_checksum;
    sum.collected_sum += part.collected_sum;
    sum.collected_count += part.collected_count;
    sum.others += part.others;
  }
  return sum;
}

// One body on this thread, or each on one of its own.
std::vector<CallCost> run_bodies(std::uint32_t count, const std::function<CallCost(std::uint32_t)>& body) {
  if (count == 1) return {body(0)};
  std::vector<CallCost> costs(count);
  std::vector<std::exception_ptr> errors(count);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        costs[i] = body(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
  return costs;
}

std::string fixed(double value, int decimals) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(decimals) << value;
  return text.str();
}

std::string why_no_verdict(const Recording& recording) {
  if (!has_counter_clock()) return "clock=steady";
  return recording.dropped == 0 ? "" : std::to_string(recording.dropped) + " records were dropped";
}

}  // namespace

CallCost median_of(const std::vector<CallCost>& repetitions) {
  return {.ns = median_member(repetitions, &CallCost::ns),
          .x_base = median_member(repetitions, &CallCost::x_base),
          .base_ns = median_member(repetitions, &CallCost::base_ns)};
}

Recording measure_recording(const RecordingSetup& setup, const RecordingBody& body) {
  const auto found = std::make_shared<ChecksumTotals>();
  // Given sinks replace the configuration's backend, so a manager that is to be off is given none.
  const bool is_off = setup.config.backend == Backend::noop;
  TelemetryManager manager(setup.config, is_off ? ManagerSources() : checksum_sources(found));
  std::vector<ChecksumTotals> expected(setup.threads);
  const std::int64_t drainer_before = cpu_ns_of_threads("spark-drain"), sink_before = cpu_ns_of_threads("spark-sink");
  const auto costs =
      run_bodies(setup.threads, [&](std::uint32_t thread) { return body(manager, thread, expected[thread]); });
  if (!manager.flush(std::chrono::seconds(60)).complete()) throw std::runtime_error("the flush did not complete");

  Recording result;
  result.caller =
      *std::max_element(costs.begin(), costs.end(), [](const auto& a, const auto& b) { return a.x_base < b.x_base; });
  const auto calls = static_cast<double>(setup.calls);
  result.drainer_ns = static_cast<double>(cpu_ns_of_threads("spark-drain") - drainer_before) / calls;
  result.sink_ns = static_cast<double>(cpu_ns_of_threads("spark-sink") - sink_before) / calls;
  const Stats stats = manager.stats();
  result.dropped = stats.dropped();
  if (!stats.balanced()) throw std::runtime_error("the ledger does not balance");
  if (result.dropped == 0) check_totals(*found, sum(expected));
  return result;
}

Result caller_result(const std::string& name, double target, const Recording& recording) {
  Result result{.name = name, .value = recording.caller.ns, .unit = "ns"};
  result.x_base = recording.caller.x_base;
  result.target = target;
  result.no_verdict = why_no_verdict(recording);
  result.note = "CPU a call: caller " + fixed(recording.caller.ns, 1) + " ns, drainer " +
                fixed(recording.drainer_ns, 1) + " ns, sink " + fixed(recording.sink_ns, 1) + " ns; base " +
                fixed(recording.caller.base_ns, 1) + " ns";
  return result;
}

Result drainer_result(const std::string& name, double target, const Recording& recording) {
  Result result{.name = name + "_drainer", .value = recording.drainer_ns, .unit = "ns"};
  result.x_base = recording.drainer_ns / recording.caller.base_ns;
  result.target = target;
  result.no_verdict = why_no_verdict(recording);
  return result;
}

}  // namespace spark::bench
