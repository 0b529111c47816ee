#include "spark/base/utf8.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/random.h"

namespace spark {
namespace {

using namespace std::string_view_literals;

#define FFFD "\xEF\xBF\xBD"

std::string repaired(std::string_view text) {
  std::string out;
  append_storable_utf8(out, text);
  return out;
}

TEST(Utf8, accepts_the_first_and_last_character_of_each_length) {
  for (const auto text : {""sv, "\x01"sv, "\x7F"sv, "\xC2\x80"sv, "\xDF\xBF"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv,
                          "\xEE\x80\x80"sv, "\xEF\xBF\xBF"sv, "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv,
                          "plain text that is longer than one word"sv, "\xEF\xBB\xBF with a mark"sv}) {
    EXPECT_TRUE(is_storable_utf8(text)) << text;
    EXPECT_EQ(repaired(text), text);
  }
}

struct Repair {
  std::string_view text;
  std::string_view expected;
};

TEST(Utf8, replaces_each_maximal_ill_formed_part_once) {
  const Repair cases[] = {
      {"\0"sv, FFFD},
      {"a\0b"sv, "a" FFFD "b"},
      {"\x80", FFFD},           // a continuation alone
      {"\xBF\xBF", FFFD FFFD},  //
      {"\xC2", FFFD},           // the end is missing
      {"\xC2 ", FFFD " "},      //
      {"\xE2\x82", FFFD},       // two of three bytes are one part
      {"\xE2\x82z", FFFD "z"},  //
      {"\xF0\x9F\x98", FFFD},   // three of four
      {"\xF0\x9F\x98\xF0\x9F\x98\x80", FFFD "\xF0\x9F\x98\x80"},
      {"\xC0\xAF", FFFD FFFD},                    // overlong: two bytes for one
      {"\xC1\xBF", FFFD FFFD},                    //
      {"\xE0\x80\xAF", FFFD FFFD FFFD},           // overlong: three for one
      {"\xE0\x9F\xBF", FFFD FFFD FFFD},           //
      {"\xF0\x80\x80\xAF", FFFD FFFD FFFD FFFD},  // overlong: four for one
      {"\xF0\x8F\xBF\xBF", FFFD FFFD FFFD FFFD},  //
      {"\xED\xA0\x80", FFFD FFFD FFFD},           // the surrogate U+D800
      {"\xED\xBF\xBF", FFFD FFFD FFFD},           // the surrogate U+DFFF
      {"\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD},  // above U+10FFFF
      {"\xF5\x80\x80\x80", FFFD FFFD FFFD FFFD},  //
      {"\xF8\x88\x80\x80\x80", FFFD FFFD FFFD FFFD FFFD},
      {"\xFE\xFF", FFFD FFFD},
      // Unicode 15, tables 3-8 to 3-11.
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", FFFD FFFD FFFD FFFD "A"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_FALSE(is_storable_utf8(text)) << expected;
    EXPECT_EQ(repaired(text), expected);
    // Also where the fast path has passed whole words before.
    EXPECT_EQ(repaired("0123456789abcdef" + std::string(text)), "0123456789abcdef" + std::string(expected));
  }
}

#undef FFFD

TEST(Utf8, repair_is_storable_and_leaves_what_is) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    Random random(seed);
    std::string text;
    for (auto size = random.next() % 40; size > 0; --size) {
      // Bytes that begin or continue sequences come more often than others.
      const auto byte = random.next() % 3 == 0 ? random.next() : 0x80 | random.next();
      text.push_back(static_cast<char>(random.next() % 3 == 0 ? 'a' + byte % 26 : byte));
    }
    const std::string out = repaired(text);
    ASSERT_TRUE(is_storable_utf8(out)) << "seed " << seed;
    ASSERT_EQ(is_storable_utf8(text), out == text) << "seed " << seed;
    ASSERT_EQ(repaired(out), out) << "seed " << seed;
  }
}

TEST(Utf8, appends_to_what_is_there) {
  std::string out = "before ";
  append_storable_utf8(out, "after");
  EXPECT_EQ(out, "before after");
}

TEST(Utf8Prefix, does_not_cut_a_character) {
  EXPECT_EQ(utf8_prefix("abc", 5), "abc");
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("abc", 0), "");
  constexpr auto text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z"sv;  // 1, 2, 3, 4 and 1 bytes
  const std::size_t sizes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t max = 0; max < std::size(sizes); ++max) {
    EXPECT_EQ(utf8_prefix(text, max).size(), sizes[max]) << max;
  }
}

TEST(Utf8Prefix, cuts_ill_formed_text_anywhere) {
  EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5).size(), 5U);
  EXPECT_EQ(utf8_prefix("\xFF\xFF\xFF", 2).size(), 2U);
  EXPECT_EQ(utf8_prefix("\xF0\x9F\x41\x41", 2).size(), 2U);
}

}  // namespace
}  // namespace spark
