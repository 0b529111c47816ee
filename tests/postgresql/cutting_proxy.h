// Stands between a client and the server, and cuts one connection in the worst moment: when the server has answered a
// COMMIT and the client has not heard of it.
#pragma once

#include <atomic>
#include <thread>

namespace spark::testing {

class CuttingProxy {
 public:
  // To a port of the loopback.
  explicit CuttingProxy(int server_port);
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;
  ~CuttingProxy();

  [[nodiscard]] int port() const noexcept { return port_; }
  // From now on so many COMMITs.
  void cut_commits(int count) noexcept { to_cut_ = count; }
  [[nodiscard]] int cut() const noexcept { return cut_; }

 private:
  void run();

  const int server_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_over_{false};
  std::atomic<int> to_cut_{0};
  std::atomic<int> cut_{0};
  std::thread thread_;
};

}  // namespace spark::testing
