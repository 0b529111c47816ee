// Collector is the far end of the OTLP rows: a process of its own on the loopback interface that takes every export
// request and answers that all is well, without looking into it. In a process of its own, so that its time is not
// counted as ours.
//
// Started by its constructor, ended by its destructor; not for several threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace spark::bench {

class Collector {
 public:
  // HTTP: this program again, with the argument below. gRPC: Python's server (python3-grpcio); is_grpc_available()
  // says whether it is there.
  enum class Kind : std::uint8_t { http, grpc };
  // Throws std::runtime_error if it does not come up.
  explicit Collector(Kind kind);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  [[nodiscard]] static bool is_grpc_available();
  // From now on every request is answered with 503, or as before. Of HTTP only.
  void set_down(bool is_down);
  [[nodiscard]] std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // The argument that makes this program such a server: prints its port and serves until its standard input ends; a "d"
  // there means down, a "u" up.
  static constexpr const char* http_argument = "--http-collector";
  [[nodiscard]] static int serve_http();

 private:
  pid_t child_ = 0;
  int to_child_ = -1;
  int port_ = 0;
};

}  // namespace spark::bench
