#include "spark/base/text.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "spark/base/secret.h"

namespace spark {
namespace {

bool is_literal(Text text) { return text.is_literal(); }

TEST(Text, only_a_literal_is_taken_for_one) {
  char local[] = "local";
  const std::string owned = "owned";
  const char* const pointer = "pointer";
  EXPECT_TRUE(is_literal("literal"));
  EXPECT_FALSE(is_literal(local));
  EXPECT_FALSE(is_literal(owned));
  EXPECT_FALSE(is_literal(pointer));
  EXPECT_FALSE(is_literal(std::string_view("view")));
  EXPECT_FALSE(is_literal({}));
}

TEST(Text, views_what_it_was_given) {
  EXPECT_EQ(Text("literal").view(), "literal");
  EXPECT_EQ(Text("with\0zero").view().size(), 9U);
  char buffer[32] = "short";
  EXPECT_EQ(Text(buffer).view(), "short");
  const std::string owned = "owned";
  EXPECT_EQ(Text(owned).data(), owned.data());
  EXPECT_EQ(Text().view(), "");
}

TEST(Secret, does_not_print) {
  const Secret secret("postgresql://u:hunter2@h/db");
  std::ostringstream out;
  out << secret << ' ' << Secret();
  EXPECT_EQ(out.str(), "(secret) (none)");
  EXPECT_EQ(secret.reveal(), "postgresql://u:hunter2@h/db");
}

TEST(Secret, compares) {
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_FALSE(Secret("a") == Secret("b"));
  EXPECT_TRUE(Secret().empty());
}

}  // namespace
}  // namespace spark
