// Reply is what a collector answered to one request, as far as OTLP acts on it. A plain value; filled by the transport
// as the bytes come in, bounded in every part.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spark::detail::otlp {

struct Reply {
  long status = 0;                 // of HTTP
  bool is_status_whole = false;    // its line came to the end
  bool are_headers_whole = false;  // the empty line behind them came
  std::string content_type = {};
  std::string retry_after = {};
  std::string grpc_status = {};  // from the trailers, or the headers where there is nothing else; empty: none came
  std::string grpc_message = {};
  std::string grpc_status_details = {};  // base64
  std::string body = {};
  bool is_cut = false;  // there was more than is read

  // Of OpenTelemetry's protocol specification; what a failure says is read up to the second.
  static constexpr std::size_t longest_body = 4 << 20;
  static constexpr std::size_t longest_failure_body = 64 << 10;
  static constexpr std::size_t longest_header = 16 << 10;  // values that are longer are cut

  // One line of headers or trailers, as it came. A status line begins anew: what came before was an interim answer.
  void take_header(std::string_view line);
  // False if it does not fit: then nothing further should be read.
  [[nodiscard]] bool take_body(std::string_view bytes);

  [[nodiscard]] bool is_success() const noexcept { return status >= 200 && status < 300; }
  // A status that says all by itself, however the rest of the reply ends: it will be the same the next time.
  [[nodiscard]] bool is_final_failure() const noexcept {
    const bool may_change = status == 429 || (status >= 502 && status <= 504);
    return is_status_whole && status >= 300 && !may_change;
  }
};

}  // namespace spark::detail::otlp
