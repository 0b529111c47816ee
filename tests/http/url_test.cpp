#include "http/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spark/base/error.h"

namespace spark::http {
namespace {

TEST(Url, is_read_in_its_parts) {
  struct Case {
    std::string text, host;
    std::uint16_t port;
    std::string target, authority;
    bool is_encrypted = false;
  };
  const std::vector<Case> cases{
      {"http://example.com", "example.com", 80, "/", "example.com"},
      {"HTTPS://example.com", "example.com", 443, "/", "example.com", true},
      {"http://example.com:8080/a/b?c=d", "example.com", 8080, "/a/b?c=d", "example.com:8080"},
      {"http://example.com?c", "example.com", 80, "/?c", "example.com"},
      {"https://example.com:443/", "example.com", 443, "/", "example.com", true},
      {"https://example.com:80/", "example.com", 80, "/", "example.com:80", true},
      {"http://127.0.0.1:1/", "127.0.0.1", 1, "/", "127.0.0.1:1"},
      {"http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"},
      {"http://[::1]", "::1", 80, "/", "[::1]"},
  };
  for (const Case& one : cases) {
    const Url url = Url::parse(one.text);
    EXPECT_EQ(url.host, one.host) << one.text;
    EXPECT_EQ(url.port, one.port) << one.text;
    EXPECT_EQ(url.target, one.target) << one.text;
    EXPECT_EQ(url.is_encrypted, one.is_encrypted) << one.text;
    EXPECT_EQ(url.authority(), one.authority) << one.text;
  }
}

TEST(Url, is_named_without_its_query) {
  EXPECT_EQ(Url::parse("https://[::1]:8080/rpc?key=secret").without_query(), "https://[::1]:8080/rpc");
  EXPECT_EQ(Url::parse("http://example.com?key=secret").without_query(), "http://example.com/");
}

TEST(Url, what_is_none_is_refused_without_showing_a_password) {
  const std::vector<std::string> wrong{"",
                                       "example.com",
                                       "ftp://example.com",
                                       "http://",
                                       "http:///path",
                                       "http://:80",
                                       "http://example.com:0",
                                       "http://example.com:65536",
                                       "http://example.com:",
                                       "http://example.com:8o",
                                       "http://example.com:8o/?key=secret",
                                       "http://example.com/a#part",
                                       "http://example.com#part",
                                       "ftp://example.com/?key=secret",
                                       "http://[::1",
                                       "http://[::1]x",
                                       "http://a b/",
                                       "http://a/\r\nX: y",
                                       "http://user:secret@example.com/"};
  for (const std::string& text : wrong) {
    try {
      (void)Url::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << text;
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace spark::http
