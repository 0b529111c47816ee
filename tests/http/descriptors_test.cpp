// A server whose process may open no further files.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server_fixture.h"

namespace spark::testing {
namespace {

class HttpDescriptors : public HttpServerTest {};

TEST_F(HttpDescriptors, without_file_descriptors_new_clients_wait) {
#ifdef __SANITIZE_ADDRESS__
  // UndefinedBehaviorSanitizer, which comes with it here, looks at objects through a pipe of its own, and takes for
  // invalid what it cannot look at. test_concurrency has this test too.
  GTEST_SKIP() << "the sanitizer needs descriptors itself";
#endif
  start();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server().port());
  // No new ones from here on.
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  const int connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool has_failed = eventually([&] { return stats().accept_errors >= 3; });
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(connected, 0);
  EXPECT_TRUE(has_failed);
  EXPECT_TRUE(eventually([&] { return stats().connections_accepted == 1; }));
  ::close(client);
  EXPECT_TRUE(answers());
}

}  // namespace
}  // namespace spark::testing
