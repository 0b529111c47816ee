// A server whose threads get no memory for a while.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "http/server_fixture.h"

namespace {

// Allocations that will be refused; not on a test's own thread.
std::atomic<int> refusals_left{0};
thread_local bool is_test_thread = false;

void* allocate(std::size_t size) {
  if (refusals_left.load(std::memory_order_relaxed) > 0 && !is_test_thread && refusals_left.fetch_sub(1) > 0) {
    throw std::bad_alloc();
  }
  void* const place = std::malloc(size == 0 ? 1 : size);
  if (place == nullptr) throw std::bad_alloc();
  return place;
}

}  // namespace

// For this program. All forms that the plain delete ends: AddressSanitizer has its own for those that are not here.
void* operator new(std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return allocate(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, const std::nothrow_t&) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class HttpOutOfMemory : public HttpServerTest {
 protected:
  HttpOutOfMemory() { is_test_thread = true; }
  ~HttpOutOfMemory() override {
    refusals_left = 0;
    is_test_thread = false;
  }
  // Until so many allocations have been refused, whatever becomes of the clients.
  bool refuse(int count) {
    refusals_left = count;
    return eventually([&] {
      try {
        RawClient client = connect();
        client.send(get("/echo"));
        static_cast<void>(client.read_within(5));
      } catch (const std::runtime_error&) {
        // It has lost its connection.
      }
      return refusals_left <= 0;
    });
  }
};

TEST_F(HttpOutOfMemory, a_server_goes_on_when_there_is_memory_again) {
  http::ServerOptions options;
  options.limits.header_timeout = 200ms;
  start(std::move(options));
  ASSERT_TRUE(answers());
  for (const int count : {1, 2, 3, 5, 10, 30, 100, 300}) {
    ASSERT_TRUE(refuse(count)) << count;
    EXPECT_TRUE(answers()) << "after " << count << " refusals";
    // Those who are late are still found.
    RawClient late = connect();
    late.send("GET /echo HTTP/1.1\r\nHo");
    EXPECT_EQ(late.read_reply().status, 408) << "after " << count << " refusals";
  }
}

}  // namespace
}  // namespace spark::testing
