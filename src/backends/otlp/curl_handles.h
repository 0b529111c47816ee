// libcurl's resources as objects, and what is set on them once. Move-only; used by one thread at a time, except where
// it is said.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/otlp/reply.h"
#include "backends/otlp/settings.h"

namespace spark::detail::otlp {

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using MultiHandle = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

// Throws Error(component_missing) if libcurl cannot be used at all. It also sets libcurl up, once for the process.
[[nodiscard]] MultiHandle make_multi();

// One signal's requests: everything about them that does not change. Stays where it is, because libcurl has pointers
// into it.
class Call {
 public:
  // Throws Error(not_found, permission_denied) for a TLS file that cannot be read, component_missing for a libcurl that
  // lacks what is asked for.
  explicit Call(const SignalSettings& settings);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Begins a new request with this body, which must live until the request is over.
  void prepare(std::string_view body);

  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  [[nodiscard]] const SignalSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] Reply& reply() noexcept { return reply_; }
  // What libcurl says of the failure; empty if it says nothing.
  [[nodiscard]] std::string_view error() const noexcept { return error_.data(); }

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_headers();
  void set_connection();
  void set_tls();

  SignalSettings settings_;
  HeaderList headers_;
  Reply reply_;
  std::vector<char> error_;
  EasyHandle easy_;  // goes first: it has pointers to the others until then
};

}  // namespace spark::detail::otlp
