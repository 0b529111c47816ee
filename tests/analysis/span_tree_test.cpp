// Trees of spans in every state that spans may be in.
#include "spark/analysis/span_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "analysis/random_trees.h"
#include "analysis/traces.h"

namespace spark::analysis {
namespace {

using ::spark::testing::make_span;
using ::spark::testing::test_trace;
using ::testing::ElementsAre;

// One line a span: its id behind its depth, and why it is a root.
std::string printed(const std::vector<Span>& spans) {
  std::string result;
  for (const TreeNode& node : span_tree(spans).nodes) {
    result += std::string(2 * node.depth, ' ') + std::to_string(spans[node.span].span_id.value);
    if (node.root != RootKind::none) result += " " + std::string(to_string(node.root));
    result += "\n";
  }
  return result;
}

TEST(SpanTree, PutsParentsBeforeTheirChildrenAndThoseByStart) {
  EXPECT_EQ(printed({make_span(3, 1, 5, 6), make_span(2, 1, 1, 2), make_span(4, 3, 5, 6), make_span(1, 0, 0, 9)}),
            "1 top\n"
            "  2\n"
            "  3\n"
            "    4\n");
}

TEST(SpanTree, PutsTheLongerOfTwoThatStartTogetherFirst) {
  EXPECT_EQ(printed({make_span(1, 0, 0, 9), make_span(2, 1, 0, 3), make_span(3, 1, 0, 5), make_span(4, 1, 0, 5)}),
            "1 top\n"
            "  3\n"
            "  4\n"
            "  2\n");
}

TEST(SpanTree, MarksASpanWhoseParentIsMissing) {
  const std::vector<Span> spans{make_span(1, 0, 0, 9), make_span(2, 99, 1, 2), make_span(3, 2, 1, 2)};
  EXPECT_EQ(printed(spans),
            "1 top\n"
            "2 missing_parent\n"
            "  3\n");
  EXPECT_EQ(span_tree(spans).missing_parents, 1u);
}

TEST(SpanTree, TakesASpanWhoseParentIsTheTraceForATopOne) {
  EXPECT_EQ(printed({make_span(1, root_span_id(test_trace).value, 0, 9)}), "1 top\n");
}

TEST(SpanTree, CutsACircleAtItsFirstSpanAndKeepsWhatHangsOnIt) {
  // 5 hangs on the circle and starts before it.
  const std::vector<Span> spans{make_span(5, 3, 0, 1), make_span(4, 3, 3, 4), make_span(3, 2, 2, 3),
                                make_span(2, 4, 1, 2)};
  EXPECT_EQ(printed(spans),
            "2 cycle\n"
            "  3\n"
            "    5\n"
            "    4\n");
  EXPECT_EQ(span_tree(spans).cycles, 1u);
}

TEST(SpanTree, TakesASpanThatIsItsOwnParentForACircle) { EXPECT_EQ(printed({make_span(1, 1, 0, 1)}), "1 cycle\n"); }

TEST(SpanTree, KeepsTheFirstOfDuplicates) {
  const std::vector<Span> spans{make_span(1, 0, 0, 9), make_span(2, 1, 4, 5), make_span(2, 1, 3, 5),
                                make_span(3, 2, 4, 5)};
  const SpanTree tree = span_tree(spans);
  EXPECT_THAT(tree.duplicates, ElementsAre(1));
  EXPECT_THAT(tree.nodes, ElementsAre(TreeNode{0, no_parent, 0, 3, RootKind::top}, TreeNode{2, 0, 1, 3, RootKind::none},
                                      TreeNode{3, 1, 2, 3, RootKind::none}));
}

TEST(SpanTree, TakesSpansWithoutAnIdForDifferentOnes) {
  EXPECT_EQ(printed({make_span(0, 0, 0, 1), make_span(0, 0, 0, 1)}), "0 top\n0 top\n");
}

TEST(SpanTree, IsEmptyWithoutSpans) { EXPECT_EQ(span_tree({}), SpanTree{}); }

TEST(SpanTree, DoesNotDependOnTheOrderOfSpans) {
  constexpr std::uint64_t seed = 20250115;
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<Span> spans = testing::random_trace(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round) + "\n" + testing::text(spans));
    const std::string before = printed(spans);
    EXPECT_EQ(static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')), spans.size());
    std::reverse(spans.begin(), spans.end());
    ASSERT_EQ(printed(spans), before);
  }
}

TEST(SpanTree, HasNamesForItsRoots) {
  EXPECT_EQ(to_string(RootKind::none), "none");
  EXPECT_EQ(to_string(RootKind::missing_parent), "missing_parent");
}

}  // namespace
}  // namespace spark::analysis
