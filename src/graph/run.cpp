#include "graph/run.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "graph/type_name.h"
#include "spark/async/cancellation.h"
#include "spark/async/executor.h"
#include "spark/async/sleep.h"
#include "spark/async/task_group.h"
#include "spark/async/with_timeout.h"
#include "spark/base/clock.h"
#include "spark/base/error.h"
#include "spark/base/random.h"
#include "spark/graph/execution_context.h"

namespace spark::detail {

namespace {

bool is_deeper_than(const Value& value, std::size_t levels) {
  if (!value.is_object() && !value.is_array()) return false;
  if (levels == 0) return true;
  if (value.is_array()) {
    const Array& array = value.as_array();
    return std::any_of(array.begin(), array.end(), [&](const Value& each) { return is_deeper_than(each, levels - 1); });
  }
  const Object& object = value.as_object();
  return std::any_of(object.begin(), object.end(),
                     [&](const Object::Member& each) { return is_deeper_than(each.value, levels - 1); });
}

// Empty for what is not ours.
std::string_view error_code(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return to_string(error.code());
  } catch (...) {
    return {};
  }
}

// What an error edge leads to is told. Inputs that are too deep are left out: in a loop, each round's would hold those
// of the round before.
SharedValue error_payload(const PlannedNode& planned, const Value& inputs, const std::exception_ptr& exception) {
  const ExceptionText text = describe(exception);
  Object payload{{"node_id", planned.id},
                 {"error_type", text.type},
                 {"error_code", error_code(exception)},
                 {"error_message", text.message}};
  payload.set("inputs", is_deeper_than(inputs, max_error_inputs_depth) ? Value() : inputs);
  return std::make_shared<const Value>(std::move(payload));
}

// [0, 1) in 53 bits, as many as a double has.
double random_share() noexcept { return static_cast<double>(thread_random().next() >> 11) * 0x1.0p-53; }

}  // namespace

Task<void> Run::from_start(SharedValue inputs) {
  if (plan_.is_sequence) {
    std::vector<ReadyNode> ready;
    progress_.start(std::move(inputs), ready);
    return branch(nullptr, std::move(ready.front()));
  }
  const auto all = [this, inputs = std::move(inputs)](TaskGroup& group) { return spawn_first(group, inputs); };
  return with_task_group(all);
}

Task<void> Run::spawn_first(TaskGroup& group, SharedValue inputs) {
  std::vector<ReadyNode> ready;
  progress_.start(std::move(inputs), ready);
  running_ = 1;
  group.spawn(branch(&group, std::move(ready.front())));
  co_return;
}

Task<void> Run::branch(TaskGroup* group, ReadyNode ready) {
  std::vector<ReadyNode> next;
  next.push_back(std::move(ready));
  while (!next.empty()) {
    throw_if_cancelled();
    const ReadyNode current = std::move(next.back());
    next.clear();
    SharedValue outputs;
    std::exception_ptr exception;
    try {
      outputs = co_await execute(current);
    } catch (...) {
      exception = std::current_exception();
    }
    settle(current, outputs, exception, next);
    share(group, next);
  }
}

void Run::settle(const ReadyNode& ended, const SharedValue& outputs, const std::exception_ptr& exception,
                 std::vector<ReadyNode>& next) {
  const PlannedNode& planned = plan_.nodes[ended.node];
  SharedValue error;
  if (exception) {
    if (is_cancellation(exception) || !planned.has_error_edge) std::rethrow_exception(exception);
    error = error_payload(planned, *ended.inputs, exception);
  }
  std::vector<EdgeIndex> taken;
  {
    const std::lock_guard lock(mutex_);
    if (!exception) {
      progress_.finished(ended.node, outputs, next, taken);
    } else if (!progress_.failed(ended.node, error, next, taken)) {
      std::rethrow_exception(exception);
    }
  }
  for (const EdgeIndex edge : taken) recording_.edge_taken(edge);
}

// Leaves the node that this branch goes on with, if there is one.
void Run::share(TaskGroup* group, std::vector<ReadyNode>& ready) {
  if (group == nullptr) return;
  std::size_t begin = ready.size();
  {
    const std::lock_guard lock(mutex_);
    // The others may begin as far as the limit lets them.
    while (begin > 1 && (plan_.max_parallel_nodes == 0 || running_ < plan_.max_parallel_nodes)) {
      ++running_;
      --begin;
    }
    for (std::size_t i = 1; i < begin; ++i) waiting_.push_back(std::move(ready[i]));
    if (ready.empty() && !waiting_.empty()) {
      ready.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      return;
    }
    if (ready.empty()) --running_;
  }
  for (std::size_t i = begin; i < ready.size(); ++i) group->spawn(branch(group, std::move(ready[i])));
  if (ready.size() > 1) ready.resize(1);
}

SharedValue Run::cached(const ReadyNode& ready) {
  const PlannedNode& planned = plan_.nodes[ready.node];
  if (planned.cache == nullptr) return nullptr;
  auto hit = planned.cache->find(ready.inputs->as_object(), current_clock().steady_now());
  if (!hit) return nullptr;
  auto outputs = std::make_shared<const Value>(std::move(*hit));
  NodeRecording(recording_, planned, {.iteration = ready.iteration, .is_cache_hit = true}, *ready.inputs)
      .finished(*outputs);
  return outputs;
}

Task<Outputs> Run::attempt(const PlannedNode& planned, ExecutionContext& context) {
  const Seconds timeout = planned.policy.timeout;
  Task<Outputs> task = planned.node->process(context);
  return timeout > Seconds(0) ? with_timeout(std::move(task), timeout, "the node " + planned.id) : std::move(task);
}

Task<SharedValue> Run::execute(ReadyNode ready) {
  const PlannedNode& planned = plan_.nodes[ready.node];
  const NodePolicy& policy = planned.policy;
  if (SharedValue hit = cached(ready)) co_return hit;
  for (std::int64_t number = 1;; ++number) {
    std::exception_ptr exception;
    Seconds delay{0};
    const std::chrono::nanoseconds begin =
        policy.timeout > Seconds(0) ? current_clock().steady_now() : std::chrono::nanoseconds(0);
    {
      NodeRecording node_recording(recording_, planned, {.attempt = number, .iteration = ready.iteration},
                                   *ready.inputs);
      NodeRun run{.graph_id = plan_.id(),
                  .graph_version = plan_.version(),
                  .node_id = planned.id,
                  .node_type = planned.type,
                  .inputs = ready.inputs->as_object(),
                  .state = state_,
                  .attempt = number,
                  .manager = recording_.manager(),
                  .trace_id = recording_.trace_id(),
                  .span_id = node_recording.span_id()};
      ExecutionContext context(run);
      Outputs outputs;
      try {
        outputs = co_await attempt(planned, context);
      } catch (...) {
        exception = std::current_exception();
      }
      if (!exception) {
        auto payload = std::make_shared<const Value>(std::move(outputs));
        node_recording.finished(*payload);
        if (planned.cache != nullptr) {
          planned.cache->store(ready.inputs->as_object(), payload->as_object(), current_clock().steady_now());
        }
        co_return payload;
      }
      // Another timeout may have been thrown by what the node called.
      if (policy.timeout > Seconds(0) && is_timeout(exception) &&
          current_clock().steady_now() - begin >= policy.timeout) {
        node_recording.timed_out();
      }
      if (is_cancellation(exception) || number >= policy.max_attempts) {
        node_recording.failed(exception);
        std::rethrow_exception(exception);
      }
      delay = backoff_delay(policy.backoff, number, random_share());
      node_recording.failed_to_be_retried(exception, delay);
    }
    co_await sleep_for(delay);
  }
}

}  // namespace spark::detail
