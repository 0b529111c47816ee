#include "apps/sparktel/demo/documents.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spark::sparktel {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

TEST(Documents, words_are_in_lower_case_and_keep_their_apostrophes) {
  EXPECT_EQ(tokenize("It's 'QUOTED', isn't it?").sentences, (Sentences{{"it's", "quoted", "isn't", "it"}}));
  EXPECT_EQ(tokenize("naïve café").sentences, (Sentences{{"naïve", "café"}}));
}

TEST(Documents, a_sentence_ends_at_its_mark_before_a_space_and_at_an_empty_line) {
  EXPECT_EQ(tokenize("One. Two! (Three?) Four").sentences, (Sentences{{"one"}, {"two"}, {"three"}, {"four"}}));
  EXPECT_EQ(tokenize("A title\n\nthe text 3.5 long").sentences,
            (Sentences{{"a", "title"}, {"the", "text", "3", "5", "long"}}));
  EXPECT_EQ(tokenize(" ... \n\n").sentences, Sentences());
}

TEST(Documents, lines_need_no_terminator) {
  EXPECT_EQ(tokenize("").lines, 0U);
  EXPECT_EQ(tokenize("a").lines, 1U);
  EXPECT_EQ(tokenize("a\n").lines, 1U);
  EXPECT_EQ(tokenize("a\nb").lines, 2U);
}

TEST(Documents, the_most_frequent_words_come_first_and_equal_ones_by_the_alphabet) {
  const WordCounts counts = count_words({"b", "a", "c", "c", "b", "d"}, 3);
  EXPECT_EQ(counts.words, 6U);
  EXPECT_EQ(counts.distinct, 4U);
  EXPECT_EQ(counts.top, (std::vector<std::pair<std::string, std::size_t>>{{"b", 2}, {"c", 2}, {"a", 1}}));
}

TEST(Documents, syllables_are_runs_of_vowels_but_for_a_silent_e) {
  const std::vector<std::pair<std::string, std::size_t>> words{{"cat", 1},    {"table", 2},    {"make", 1}, {"the", 1},
                                                               {"rhythm", 1}, {"idea", 2},     {"xyz", 1},  {"tsk", 1},
                                                               {"whole", 1},  {"beautiful", 3}};
  for (const auto& [word, syllables] : words) EXPECT_EQ(count_syllables(word), syllables) << word;
}

// 100 words in 5 sentences with 150 syllables: 206.835 - 1.015 * 20 - 84.6 * 1.5.
TEST(Documents, reading_ease_is_fleschs_formula) {
  EXPECT_NEAR(flesch_reading_ease({.words = 100, .sentences = 5, .syllables = 150}), 59.635, 1e-9);
  EXPECT_EQ(flesch_reading_ease({}), 0);
  EXPECT_EQ(describe_reading_ease(29.9), "very difficult");
  EXPECT_EQ(describe_reading_ease(59.635), "fairly difficult");
  EXPECT_EQ(describe_reading_ease(60), "standard");
  EXPECT_EQ(describe_reading_ease(90), "very easy");
}

}  // namespace
}  // namespace spark::sparktel
