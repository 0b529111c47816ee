#include "apps/sparktel/terminal/table.h"

#include <gtest/gtest.h>

namespace spark::sparktel {
namespace {

Table documents() {
  Table table({{.header = "document", .least_width = 10},
               {.header = "words", .align = Align::right},
               {.header = "lines", .align = Align::right, .is_optional = true},
               {.header = "most frequent words", .least_width = 12, .is_optional = true}});
  table.add_row({"GPL-3", "5,644", "674", "the 345, of 221, to 192, a 184, or 151, you 128, license 102"});
  table.add_row({"a-file-with-a-long-name.txt", "12", "3", "one 2"});
  table.add_row({"missing"});
  return table;
}

TEST(Table, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(documents().draw({.width = 120}),
            "document                     words  lines  most frequent words\n"
            "──────────────────────────────────────────────────────────────"
            "─────────────────────────────────────────\n"
            "GPL-3                        5,644    674  the 345, of 221, to 192, a 184, or 151, you 128, "
            "license 102\n"
            "a-file-with-a-long-name.txt     12      3  one 2\n"
            "missing\n");
}

TEST(Table, CutsTheLastColumnThatMayShrinkFirst) {
  EXPECT_EQ(documents().draw({.width = 80}),
            "document                     words  lines  most frequent words\n"
            "────────────────────────────────────────────────────────────────────────────────\n"
            "GPL-3                        5,644    674  the 345, of 221, to 192, a 184, or 1…\n"
            "a-file-with-a-long-name.txt     12      3  one 2\n"
            "missing\n");
}

TEST(Table, LeavesOutOptionalColumnsThatDoNotFit) {
  EXPECT_EQ(documents().draw({.width = 40}),
            "document      words  lines  most freque…\n"
            "────────────────────────────────────────\n"
            "GPL-3         5,644    674  the 345, of…\n"
            "a-file-with…     12      3  one 2\n"
            "missing\n");
  EXPECT_EQ(documents().draw({.width = 30}),
            "document          words  lines\n"
            "──────────────────────────────\n"
            "GPL-3             5,644    674\n"
            "a-file-with-a-l…     12      3\n"
            "missing\n");
}

// Narrower than it was made for.
TEST(Table, IsNeverWiderThanItsCanvas) {
  EXPECT_EQ(documents().draw({.width = 14}),
            "docume…  words\n"
            "──────────────\n"
            "GPL-3    5,644\n"
            "a-file…     12\n"
            "missing\n");
  EXPECT_EQ(documents().draw({.width = 8}),
            "document\n"
            "────────\n"
            "GPL-3\n"
            "a-file-…\n"
            "missing\n");
  EXPECT_EQ(documents().left_out({.width = 8}), 3u);
  EXPECT_EQ(documents().left_out({.width = 120}), 0u);
}

TEST(Table, DrawsItsHeaderWithoutRows) {
  EXPECT_EQ(Table({{.header = "node"}, {.header = "count", .align = Align::right}}).draw({.width = 40}),
            "node  count\n"
            "───────────\n");
}

TEST(Table, AlignsWideCharactersByTheirCells) {
  Table table({{.header = "name"}, {.header = "n", .align = Align::right}});
  table.add_row({"大小", "1"});
  table.add_row({"abcdef", "22"});
  EXPECT_EQ(table.draw({.width = 40}),
            "name     n\n"
            "──────────\n"
            "大小     1\n"
            "abcdef  22\n");
}

TEST(Table, MakesRecordedTextHarmless) {
  Table table({{.header = "name"}});
  table.add_row({"\x1b[2Jgone"});
  EXPECT_EQ(table.draw({.width = 40}),
            "name\n"
            "────────\n"
            "\uFFFD[2Jgone\n");
}

TEST(Table, PaintsCellsAndNotTheSpacesBetween) {
  Table table({{.header = "a"}, {.header = "b", .align = Align::right}});
  table.add_row({{"x", Style::red}, "1"});
  EXPECT_EQ(table.draw({.width = 40, .has_color = true}),
            "\x1b[1ma\x1b[0m  \x1b[1mb\x1b[0m\n"
            "\x1b[2m────\x1b[0m\n"
            "\x1b[31mx\x1b[0m  1\n");
}

}  // namespace
}  // namespace spark::sparktel
