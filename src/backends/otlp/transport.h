// Transport sends export requests, one at a time, and gives back the reply: HTTP/1.1 on connections that stay open, and
// unary gRPC calls over HTTP/2 (cleartext with prior knowledge, TLS by ALPN). It knows nothing of what they mean.
//
// Made and owned by one sender; one thread at a time, except for abort(). A forked child must not use its parent's:
// post throws Error(unsupported) there, and destroying it leaves the connections as they are, because they are the
// parent's.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "backends/otlp/curl_handles.h"
#include "backends/otlp/reply.h"
#include "backends/otlp/settings.h"

namespace spark::detail::otlp {

class Transport {
 public:
  // Throws as Call does. Connects to nobody yet.
  explicit Transport(const Settings& settings);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Blocks up to the signal's timeout. The body is an ExportXServiceRequest, compressed here where it is wanted. The
  // reply lives until the next post. Throws RetryableError (unavailable, timeout) where no complete reply came,
  // Error(unavailable) where trying again cannot help, Error(cancelled) after abort().
  [[nodiscard]] const Reply& post(Signal signal, std::string_view body);

  // Ends a post that is under way, and all later ones, within milliseconds. From any thread.
  void abort() noexcept;

 private:
  struct Handles {
    MultiHandle multi;
    std::array<std::unique_ptr<Call>, signals> calls;  // by Signal; they end before what they are part of
  };

  [[nodiscard]] std::string_view framed(const SignalSettings& settings, std::string_view body);
  [[nodiscard]] CURLcode perform(Call& call);

  std::unique_ptr<Handles> handles_;
  pid_t process_;
  std::string frame_;  // of the request under way, if it is not sent as it is; kept for its memory
  std::atomic<bool> is_aborted_{false};
};

}  // namespace spark::detail::otlp
