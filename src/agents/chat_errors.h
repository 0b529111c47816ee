// ChatErrors makes errors of what a model's server says, of which nothing is trusted: their texts are short, printable
// and without the secrets that were sent along, which some servers repeat. Of a body only what is meant to be a message
// is taken: the rest may be the request, with the prompt in it. Immutable once made; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spark/agents/model_error.h"
#include "spark/base/value.h"

namespace spark::agents {

// Empty ones count as none.
struct ChatSecrets {
  std::vector<std::string> keys = {};
  // Parts of the server's URL: keys, or what a model is called there.
  std::vector<std::string> url_parts = {};
};

class ChatErrors {
 public:
  // `name`: of the server, as the errors call it.
  ChatErrors(std::string name, ChatSecrets secrets);

  // Of an answer with a status that is no success.
  [[nodiscard]] ModelError of_status(int status, std::string_view body) const;
  // Of the member "error" in an answer whose status was a success, or in a stream.
  [[nodiscard]] ModelError of_error(const Value& error) const;
  [[nodiscard]] ModelError malformed(const std::string& what) const;
  [[nodiscard]] ModelError of_kind(ModelErrorKind kind, const std::string& what) const;

  // At most `max_bytes` of the text, without secrets, control characters and what is no UTF-8.
  [[nodiscard]] std::string clean(std::string_view text, std::size_t max_bytes = 500) const;
  // The same of a name, which the URL may have too: without keys alone.
  [[nodiscard]] std::string clean_name(std::string_view text, std::size_t max_bytes) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::vector<std::string> keys_, secrets_;  // the longest first; all secrets, with the keys
};

// Whether an error's body says that trying again is of no use: the account's money is used up.
[[nodiscard]] bool is_out_of_quota(std::string_view body);

}  // namespace spark::agents
