// The message about a wrong endpoint repeated all of it, with the key that some collectors take behind "?".
#include <gtest/gtest.h>

#include <string>

#include "spark/base/error.h"
#include "spark/telemetry/config.h"

namespace spark {
namespace {

std::string message_for(const TelemetryConfig& config) {
  try {
    config.validate();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "accepted";
}

TEST(EndpointSecret, is_not_repeated_in_the_message) {
  EXPECT_EQ(message_for({.backend = Backend::otlp, .endpoint = "ftp://collector:4317/v1?api-key=hunter2"}),
            "TelemetryConfig: endpoint is \"ftp://collector:4317/v1\", allowed is http://HOST[:PORT] or "
            "https://HOST[:PORT]");
  for (const char* endpoint : {"collector:4317?api-key=hunter2", "http:///?api-key=hunter2", "ftp://host#hunter2",
                               "?hunter2", "http://user:hunter2@host?x=hunter2"}) {
    const std::string message = message_for({.backend = Backend::otlp, .endpoint = endpoint});
    EXPECT_NE(message.find("endpoint is"), std::string::npos) << message;
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace spark
