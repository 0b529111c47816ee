#include "spark/base/error.h"

#include <gtest/gtest.h>

namespace spark {
namespace {

TEST(Error, carries_code_and_message) {
  const Error error(ErrorCode::not_found, "cannot open telemetry.db");
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_STREQ(error.what(), "cannot open telemetry.db");
}

TEST(Error, every_code_has_its_permanent_name) {
  const std::pair<ErrorCode, std::string_view> names[] = {
      {ErrorCode::invalid_argument, "invalid_argument"},
      {ErrorCode::component_missing, "component_missing"},
      {ErrorCode::unsupported, "unsupported"},
      {ErrorCode::unavailable, "unavailable"},
      {ErrorCode::not_found, "not_found"},
      {ErrorCode::permission_denied, "permission_denied"},
      {ErrorCode::corrupt, "corrupt"},
      {ErrorCode::too_new, "too_new"},
      {ErrorCode::timeout, "timeout"},
      {ErrorCode::conflict, "conflict"},
      {ErrorCode::shut_down, "shut_down"},
      {ErrorCode::would_deadlock, "would_deadlock"},
      {ErrorCode::cancelled, "cancelled"},
      {ErrorCode::remote_error, "remote_error"},
      {ErrorCode::budget_exceeded, "budget_exceeded"},
  };
  for (const auto& [code, name] : names) EXPECT_EQ(to_string(code), name);
  EXPECT_EQ(to_string(static_cast<ErrorCode>(99)), "unknown");
}

}  // namespace
}  // namespace spark
