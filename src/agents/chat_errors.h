// ChatErrors makes errors of what a model's server says, of which nothing is trusted: their texts are short, printable
// and without the secrets that were sent along, which some servers repeat. Immutable once made; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spark/agents/model_error.h"
#include "spark/base/value.h"

namespace spark::agents {

class ChatErrors {
 public:
  // `name`: of the server, as the errors call it. `secrets`: empty ones count as none.
  ChatErrors(std::string name, std::vector<std::string> secrets);

  // Of an answer with a status that is no success.
  [[nodiscard]] ModelError of_status(int status, std::string_view body) const;
  // Of the member "error" in an answer whose status was a success, or in a stream.
  [[nodiscard]] ModelError of_error(const Value& error) const;
  [[nodiscard]] ModelError malformed(const std::string& what) const;
  [[nodiscard]] ModelError of_kind(ModelErrorKind kind, const std::string& what) const;

  // At most `max_bytes` of the text, without secrets, control characters and what is no UTF-8.
  [[nodiscard]] std::string clean(std::string_view text, std::size_t max_bytes = 500) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::vector<std::string> secrets_;  // the longest first
};

// Whether an error's body says that trying again is of no use: the account's money is used up.
[[nodiscard]] bool is_out_of_quota(std::string_view body);

}  // namespace spark::agents
