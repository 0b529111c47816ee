// The executor that carries the context: an io_context's executor plus a chain. Whatever it executes runs
// with the chain's slot installed on the thread. Tasks hold it inside any_io_executor, where it fits without
// an allocation.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <type_traits>
#include <utility>

#include "async/chain.h"
#include "async/executor_state.h"

namespace spark::detail {

template <class Function>
class InChain {
 public:
  InChain(ChainPtr chain, Function function) : chain_(std::move(chain)), function_(std::move(function)) {}

  void operator()() {
    if (chain_->is_run_here()) {
      function_();
      chain_->executor.virtual_time().end_work();
      return;
    }
    struct EndWork {
      ExecutorState& executor;
      ~EndWork() { executor.virtual_time().end_work(); }
    } end_work{chain_->executor};  // after the slot is written back: time may jump, and others run, from here on
    const ChainRun run(*chain_);
    // Moved, so that what it owns is destroyed inside the chain, and before the chain can be resumed
    // elsewhere.
    Function function = std::move(function_);
    function();
  }

 private:
  ChainPtr chain_;
  Function function_;
};

template <class Inner>
class ContextExecutor {
 public:
  ContextExecutor(Inner inner, ChainPtr chain) noexcept : inner_(std::move(inner)), chain_(std::move(chain)) {}

  // Properties are those of the io_context's executor.
  template <class Property>
  requires boost::asio::can_query<const Inner&, Property>::value decltype(auto) query(
      const Property& property) const noexcept {
    return boost::asio::query(inner_, property);
  }
  template <class Property>
  requires boost::asio::can_require<const Inner&, Property>::value auto require(
      const Property& property) const noexcept {
    return with(boost::asio::require(inner_, property));
  }
  template <class Property>
  requires boost::asio::can_prefer<const Inner&, Property>::value auto prefer(const Property& property) const noexcept {
    return with(boost::asio::prefer(inner_, property));
  }

  template <class Function>
  void execute(Function&& function) const {
    chain_->executor.virtual_time().begin_work();
    InChain<std::decay_t<Function>> in_chain(chain_, std::forward<Function>(function));
    if (context_slot().chain != 0 && !chain_->is_run_here()) {
      // Never one chain inside another on a thread: two of them could wait for each other.
      boost::asio::require(inner_, boost::asio::execution::blocking.never).execute(std::move(in_chain));
    } else {
      inner_.execute(std::move(in_chain));
    }
  }

  friend bool operator==(const ContextExecutor& a, const ContextExecutor& b) noexcept {
    return a.inner_ == b.inner_ && a.chain_ == b.chain_;
  }
  friend bool operator!=(const ContextExecutor& a, const ContextExecutor& b) noexcept { return !(a == b); }

 private:
  template <class NewInner>
  ContextExecutor<NewInner> with(NewInner inner) const noexcept {
    return {std::move(inner), chain_};
  }

  Inner inner_;
  ChainPtr chain_;
};

}  // namespace spark::detail
