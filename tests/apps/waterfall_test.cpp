#include "apps/sparktel/terminal/waterfall.h"

#include <gtest/gtest.h>

#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {
namespace {

using std::chrono::microseconds;

std::vector<WaterfallRow> completed_run() {
  return {{.label = "document_workflow", .start = microseconds(0), .duration = microseconds(1000)},
          {.label = "LoadNode", .depth = 1, .start = microseconds(0), .duration = microseconds(250)},
          {.label = "CountNode", .depth = 1, .start = microseconds(250), .duration = microseconds(500)},
          {.label = "rank_words", .depth = 2, .start = microseconds(500), .duration = microseconds(250)},
          {.label = "ReportNode", .depth = 1, .start = microseconds(1000), .duration = microseconds(0)}};
}

std::vector<WaterfallRow> failed_run() {
  return {{.label = "document_workflow", .status = "failed", .style = Style::red, .duration = microseconds(300)},
          {.label = "LoadNode",
           .depth = 1,
           .status = "failed",
           .style = Style::red,
           .duration = microseconds(150),
           .notes = {{.text = "spark::Error: cannot analyse no.txt: No such file", .is_wrapped = true},
                     {.text = "attempt = 1"}}}};
}

TEST(Waterfall, DrawsTreeDurationsAndBarsAtWidth80) {
  EXPECT_EQ(draw_waterfall(completed_run(), {.width = 80}),
            "document_workflow  1.00 ms  ████████████████████████████████████████████████████\n"
            "├─ LoadNode         250 µs  █████████████\n"
            "├─ CountNode        500 µs               ██████████████████████████\n"
            "│  └─ rank_words    250 µs                            █████████████\n"
            "└─ ReportNode         0 ns                                                     ▏\n");
}

TEST(Waterfall, UsesTheWidthOf120ForTheBars) {
  EXPECT_EQ(draw_waterfall(completed_run(), {.width = 120}),
            "document_workflow  1.00 ms  "
            "████████████████████████████████████████████████████████████████████████████"
            "████████████████\n"
            "├─ LoadNode         250 µs  ███████████████████████\n"
            "├─ CountNode        500 µs                         ██████████████████████████████████████████████\n"
            "│  └─ rank_words    250 µs                                                ███████████████████████\n"
            "└─ ReportNode         0 ns                                                                            "
            "  "
            "               ▏\n");
}

TEST(Waterfall, CutsLabelsAtWidth40) {
  EXPECT_EQ(draw_waterfall(completed_run(), {.width = 40}),
            "document_workfl…  1.00 ms  █████████████\n"
            "├─ LoadNode        250 µs  ███▎\n"
            "├─ CountNode       500 µs     ██████▊\n"
            "│  └─ rank_words   250 µs        ███▊\n"
            "└─ ReportNode        0 ns              ▏\n");
}

TEST(Waterfall, ShowsTheStatusWhereAnyRowHasOneAndWrapsErrors) {
  EXPECT_EQ(draw_waterfall(failed_run(), {.width = 80}),
            "document_workflow  failed  300 µs  █████████████████████████████████████████████\n"
            "└─ LoadNode        failed  150 µs  ██████████████████████▌\n"
            "      spark::Error: cannot analyse no.txt: No such file\n"
            "      attempt = 1\n");
}

TEST(Waterfall, LeavesTheBarsOutWhereTheyWouldBeTooSmall) {
  EXPECT_EQ(draw_waterfall(failed_run(), {.width = 40}),
            "document_workflow  failed  300 µs\n"
            "└─ LoadNode        failed  150 µs\n"
            "      spark::Error: cannot analyse\n"
            "      no.txt: No such file\n"
            "      attempt = 1\n");
}

TEST(Waterfall, KeepsTheBranchesBesideNotes) {
  std::vector<WaterfallRow> rows = completed_run();
  rows[0].notes = {{.text = "of the root"}};
  rows[2].notes = {{.text = "of CountNode"}};
  rows[3].notes = {{.text = "of rank_words"}};
  EXPECT_EQ(draw_waterfall(rows, {.width = 40}),
            "document_workfl…  1.00 ms  █████████████\n"
            "│  of the root\n"
            "├─ LoadNode        250 µs  ███▎\n"
            "├─ CountNode       500 µs     ██████▊\n"
            "│  │  of CountNode\n"
            "│  └─ rank_words   250 µs        ███▊\n"
            "│        of rank_words\n"
            "└─ ReportNode        0 ns              ▏\n");
}

TEST(Waterfall, DrawsSeveralRootsAndNoTimeAtAll) {
  EXPECT_EQ(draw_waterfall(std::vector<WaterfallRow>{{.label = "a"}, {.label = "b", .depth = 1}, {.label = "c"}},
                           {.width = 40}),
            "a     0 ns  ▏\n"
            "└─ b  0 ns  ▏\n"
            "c     0 ns  ▏\n");
  EXPECT_EQ(draw_waterfall({}, {.width = 40}), "");
}

TEST(Waterfall, StaysWithinTheWidthHoweverDeepTheTreeIs) {
  std::vector<WaterfallRow> rows;
  for (std::size_t depth = 0; depth < 2000; ++depth) {
    rows.push_back({.label = "step", .depth = depth, .duration = microseconds(5), .notes = {{.text = "a note"}}});
  }
  for (const std::size_t width : {40u, 80u, 120u}) {
    const std::string drawn = draw_waterfall(rows, {.width = width});
    std::size_t begin = 0;
    std::size_t lines = 0;
    for (std::size_t end = 0; (end = drawn.find('\n', begin)) != std::string::npos; begin = end + 1) {
      ++lines;
      ASSERT_LE(display_width(drawn.substr(begin, end - begin)), width) << "line " << lines;
    }
    EXPECT_EQ(lines, 4000u);
    EXPECT_NE(drawn.find("└─ step"), std::string::npos);
  }
}

}  // namespace
}  // namespace spark::sparktel
