// A forked child that runs a function and says what it found wrong.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <string>

namespace spark::fakes {

// Runs a function in a forked child. What it finds wrong is the text it gives; "" is right.
template <class Function>
std::string in_child(const Function& function) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string wrong;
    try {
      wrong = function();
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    wrong.insert(0, "answer ");
    const auto written = ::write(ends[1], wrong.data(), wrong.size());
    ::_exit(written == static_cast<ssize_t>(wrong.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string answer;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) return "the child ended with " + std::to_string(status);
  return answer.starts_with("answer ") ? answer.substr(7) : "the child said nothing";
}

inline std::string equal(const std::string& what, std::uint64_t actual, std::uint64_t expected) {
  if (actual == expected) return {};
  return what + ": " + std::to_string(actual) + ", expected " + std::to_string(expected) + "; ";
}

}  // namespace spark::fakes
