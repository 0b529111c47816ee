// Cancellation is a request. It is made of a branch (what TaskGroup, when_all, when_any, spawn, with_timeout and
// with_stop_token start) and reaches everything that the branch awaits, branches of its own included. From then on:
//
// - A branch that has not begun does not begin.
// - A wait of ours (sleep_for, run_blocking, ...) under way ends with Error(cancelled), and so does each later one.
//   An operation of Asio's ends with a system_error of operation_aborted, also one that begins later; if that
//   leaves the branch, it becomes Error(cancelled).
// - Waiting for branches goes on until they have ended, because they may use what the waiting task owns; they are
//   cancelled with it.
// - What does not wait is not interrupted: a loop that computes should ask is_cancelled() now and then. Neither is
//   blocking work that runs.
//
// So a cancelled task still cleans up, but cannot wait while it does. One that catches the error and returns has
// ended well. The task given to sync_wait is not a branch and cannot be cancelled.
#pragma once

namespace spark {

// Whether the task that runs on this thread, or that the calling blocking work (run_blocking) is done for, is
// cancelled, or the time of a with_timeout around it is up, which a task that computes may see before the timer can
// fire. False elsewhere. Safe from any thread; costs about as much as reading three variables, with a timeout a clock.
[[nodiscard]] bool is_cancelled() noexcept;

// Throws Error(cancelled) if is_cancelled().
void throw_if_cancelled();

}  // namespace spark
