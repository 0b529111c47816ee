// sparktel receive under load, killed again and again: what it acknowledged is there, and nothing is there twice.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "apps/child_process.h"
#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "http/raw_client.h"
#include "receiver/receiver_fixture.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

constexpr std::uint64_t spans_per_request = 20;

// "sparktel receive", listening at `port` (0: any) when this is made.
class ReceiveProcess {
 public:
  ReceiveProcess(const std::string& path, std::uint16_t port)
      : process_({"receive", path, "--port", std::to_string(port), "--json"}) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (process_.out().find('\n') == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("sparktel receive: " + process_.error());
      std::this_thread::yield();
    }
    const std::string url = parse_json(process_.out()).as_object().at("url").as_string();
    port_ = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void kill() {
    process_.send(SIGKILL);
    (void)process_.wait();
  }
  ChildResult end() {
    process_.send(SIGTERM);
    return process_.wait();
  }

 private:
  RunningSparktel process_;
  std::uint16_t port_ = 0;
};

// Sends one request after the other, each until it is acknowledged.
class Sender {
 public:
  Sender(std::uint64_t first_span, std::uint16_t port) : next_(first_span), port_(port) {}

  void run(const std::atomic<bool>& is_over, std::atomic<std::uint64_t>& all_acknowledged) {
    while (!is_over) {
      const std::string request =
          post("/v1/traces", spans_json(next_, spans_per_request), "Content-Type: application/json\r\n");
      if (!send(request, is_over)) return;
      for (std::uint64_t i = 0; i < spans_per_request; ++i) acknowledged_.push_back(next_ + i);
      next_ += spans_per_request;
      ++all_acknowledged;
    }
  }
  [[nodiscard]] const std::vector<std::uint64_t>& acknowledged() const { return acknowledged_; }

 private:
  bool send(const std::string& request, const std::atomic<bool>& is_over) {
    while (!is_over) {
      try {
        if (!client_) client_.emplace(port_);
        client_->send(request);
        if (client_->read_reply().status == 200) return true;
      } catch (const std::exception&) {
        // Nobody is there, or no longer.
      }
      client_.reset();
    }
    return false;
  }

  std::uint64_t next_;
  const std::uint16_t port_;
  std::optional<RawClient> client_;
  std::vector<std::uint64_t> acknowledged_;
};

TEST(ReceiverKilledUnderLoad, loses_nothing_that_it_acknowledged_and_stores_nothing_twice) {
  const int kills = campaign_count(6, 100);
  const std::uint64_t seed = campaign_seed();
  SCOPED_TRACE("SPARK_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  const TemporaryDirectory directory;
  const std::string path = directory.file("received.db");
  auto process = std::make_unique<ReceiveProcess>(path, std::uint16_t{0});
  const std::uint16_t port = process->port();

  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> acknowledged{0};
  std::vector<Sender> senders;
  for (std::uint64_t i = 0; i < 4; ++i) senders.emplace_back(1 + i * 1'000'000'000, port);
  std::vector<std::thread> threads;
  for (Sender& sender : senders) threads.emplace_back([&] { sender.run(is_over, acknowledged); });
  for (int i = 0; i < kills; ++i) {
    // In the midst of it: somewhere behind the next few acknowledgements.
    const std::uint64_t enough = acknowledged + 1 + random.next() % 40;
    while (acknowledged < enough) std::this_thread::yield();
    process->kill();
    process = std::make_unique<ReceiveProcess>(path, port);
  }
  const std::uint64_t enough = acknowledged + 10;
  while (acknowledged < enough) std::this_thread::yield();
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  const ChildResult end = process->end();
  EXPECT_EQ(end.exit_code, 0) << end.error;

  expect_sound(path);
  std::set<std::uint64_t> stored;
  {
    SqliteStore store({.path = path, .read_only = true});
    store.each_span({}, [&](const Span& span) { return stored.insert(span.span_id.value).second; });
  }
  std::uint64_t checked = 0;
  for (const Sender& sender : senders) {
    for (const std::uint64_t span : sender.acknowledged()) {
      ASSERT_TRUE(stored.contains(span)) << span;
      ++checked;
    }
  }
  EXPECT_GE(checked, acknowledged * spans_per_request);
  // What was sent and not acknowledged may be there: one request a sender at the end.
  EXPECT_LE(stored.size(), checked + senders.size() * spans_per_request);
}

}  // namespace
}  // namespace spark::testing
