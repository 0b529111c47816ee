// Assigning a part of a value to the value itself read what the assignment had just destroyed.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "spark/base/value.h"

namespace spark {
namespace {

const std::string text = "a text that is longer than any inline buffer";

TEST(ValueParts, can_take_the_place_of_the_whole) {
  Value copied(Object{{"part", Object{{"text", text}}}});
  copied = copied.as_object().at("part");
  EXPECT_EQ(copied, Value(Object{{"text", text}}));

  Value moved(Object{{"part", Object{{"text", text}}}});
  moved = std::move(moved.as_object()["part"]);
  EXPECT_EQ(moved, Value(Object{{"text", text}}));

  Object object{{"part", Object{{"text", text}}}};
  object = std::as_const(object).at("part").as_object();
  EXPECT_EQ(object, (Object{{"text", text}}));
}

}  // namespace
}  // namespace spark
