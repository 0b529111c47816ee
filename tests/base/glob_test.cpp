#include "spark/base/glob.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "spark/base/error.h"
#include "spark/base/random.h"

namespace spark {
namespace {

TEST(Glob, without_metacharacters_is_the_text_itself) {
  EXPECT_TRUE(glob_matches("TransformNode", "TransformNode"));
  EXPECT_FALSE(glob_matches("TransformNode", "transformnode"));
  EXPECT_FALSE(glob_matches("Transform", "TransformNode"));
  EXPECT_FALSE(glob_matches("a.b", "aXb"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
}

TEST(Glob, a_star_is_any_text) {
  for (const char* text : {"", "a", "\n", "ünïcödé"}) EXPECT_TRUE(glob_matches("*", text)) << text;
  EXPECT_TRUE(glob_matches("a*", "a"));
  EXPECT_TRUE(glob_matches("*Node", "TransformNode"));
  EXPECT_FALSE(glob_matches("*Node", "TransformNodes"));
  EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c-c"));
  EXPECT_FALSE(glob_matches("a*b*c", "a-c-b"));
  EXPECT_TRUE(glob_matches("***a***", "xax"));
  EXPECT_TRUE(glob_matches("*ab", "aab"));
}

TEST(Glob, a_question_mark_is_one_code_point) {
  EXPECT_TRUE(glob_matches("node_?", "node_1"));
  EXPECT_FALSE(glob_matches("node_?", "node_"));
  EXPECT_FALSE(glob_matches("node_?", "node_12"));
  EXPECT_TRUE(glob_matches("?", "é"));
  EXPECT_TRUE(glob_matches("?", "😀"));
  EXPECT_FALSE(glob_matches("?", "e\u0301")) << "a letter and a combining accent are two";
  EXPECT_TRUE(glob_matches("?", "\xFF"));
  EXPECT_TRUE(glob_matches("*?", "ab"));
}

TEST(Glob, brackets_are_one_of_a_set) {
  EXPECT_TRUE(glob_matches("node_[0-9]", "node_7"));
  EXPECT_FALSE(glob_matches("node_[0-9]", "node_x"));
  EXPECT_TRUE(glob_matches("[a-cx]", "x"));
  EXPECT_TRUE(glob_matches("[!a-c]", "d"));
  EXPECT_FALSE(glob_matches("[!a-c]", "b"));
  EXPECT_TRUE(glob_matches("[^a-c]", "d"));
  EXPECT_FALSE(glob_matches("[^a-c]", ""));
  EXPECT_TRUE(glob_matches("[α-ω]", "λ"));
  EXPECT_TRUE(glob_matches("[a^]", "^"));
  EXPECT_TRUE(glob_matches("[*?]", "?"));
  EXPECT_FALSE(glob_matches("[*?]", "a"));
}

TEST(Glob, brackets_and_hyphens_at_the_edge_of_a_set_stand_for_themselves) {
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("[]a]", "a"));
  EXPECT_TRUE(glob_matches("[!]]", "a"));
  EXPECT_FALSE(glob_matches("[!]]", "]"));
  EXPECT_TRUE(glob_matches("[a-]", "-"));
  EXPECT_TRUE(glob_matches("[-a]", "-"));
  EXPECT_TRUE(glob_matches("a]", "a]"));
}

TEST(Glob, a_backslash_takes_the_meaning_away) {
  EXPECT_TRUE(glob_matches("\\*", "*"));
  EXPECT_FALSE(glob_matches("\\*", "a"));
  EXPECT_TRUE(glob_matches("\\a\\\\", "a\\"));
  EXPECT_TRUE(glob_matches("[\\]x]", "]"));
  EXPECT_TRUE(glob_matches("[a\\-c]", "-"));
  EXPECT_FALSE(glob_matches("[a\\-c]", "b"));
}

TEST(Glob, knows_the_only_text_that_matches) {
  EXPECT_EQ(Glob("a\\*b\\\\").literal(), "a*b\\");
  EXPECT_EQ(Glob("").literal(), "");
  EXPECT_EQ(Glob("a*").literal(), std::nullopt);
  EXPECT_EQ(Glob("[a]").literal(), std::nullopt);
}

std::string refusal(const std::string& pattern) {
  try {
    static_cast<void>(Glob(pattern));
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "";
}

TEST(Glob, that_can_never_be_right_is_refused) {
  for (const char* pattern : {"[", "[a", "a[!", "[]", "[!]", "[a-", "[\\", "x[a\\]", "\\", "a\\", "[z-a]"}) {
    EXPECT_EQ(refusal(pattern).substr(0, 17), "invalid_argument:") << pattern;
  }
  EXPECT_EQ(refusal("a["),
            "invalid_argument: the glob \"a[\" has a [ without its ]; what is meant literally goes into [ ], as "
            "glob_escape() does it");
  EXPECT_EQ(refusal(std::string(max_glob_bytes, 'a')), "");
  EXPECT_NE(refusal(std::string(max_glob_bytes + 1, 'a')), "");
}

TEST(Glob, escaped_matches_the_text_and_nothing_else) {
  Random random(7);
  constexpr std::string_view letters = "ab*?[]!^-\\\xC3\xA9";
  const auto make = [&] {
    std::string text;
    for (auto count = random.next() % 6; count > 0; --count) text.push_back(letters[random.next() % letters.size()]);
    return text;
  };
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = make(), other = make();
    const Glob glob(glob_escape(text));
    EXPECT_EQ(glob.literal(), text);
    EXPECT_EQ(glob.matches(other), text == other) << text << " and " << other;
  }
}

// What the definition says, character by character, for patterns of stars, question marks and letters.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_by_definition(pattern.substr(1), text.substr(1));
}

TEST(Glob, agrees_with_its_definition) {
  Random random(8);
  const auto make = [&](std::string_view letters) {
    std::string text;
    for (auto count = random.next() % 8; count > 0; --count) text.push_back(letters[random.next() % letters.size()]);
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = make("ab*?"), text = make("ab");
    EXPECT_EQ(glob_matches(pattern, text), matches_by_definition(pattern, text)) << pattern << " and " << text;
  }
}

TEST(Glob, a_hostile_pattern_takes_no_more_than_the_product_of_the_sizes) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(8'000, 'a')));
  // With one branch for each star this would not end in the life of the universe.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace spark
