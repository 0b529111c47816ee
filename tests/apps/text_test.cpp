#include "apps/sparktel/terminal/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spark::sparktel {
namespace {

using std::chrono::nanoseconds;
using ::testing::ElementsAre;

TEST(PrintableText, KeepsOrdinaryText) { EXPECT_EQ(printable("Größe 大 👍"), "Größe 大 👍"); }

TEST(PrintableText, MakesLineEndsAndTabsSpaces) { EXPECT_EQ(printable("a\nb\tc\rd"), "a b c d"); }

TEST(PrintableText, LetsNoEscapeSequenceThrough) {
  EXPECT_EQ(printable("\x1b[31mred"), "\uFFFD[31mred");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\uFFFD31m");  // the one-character form
}

TEST(PrintableText, LetsNoOverrideOfTheWritingDirectionThrough) { EXPECT_EQ(printable("a\u202Eb"), "a\uFFFDb"); }

TEST(PrintableText, ReplacesWhatIsNotUtf8) { EXPECT_EQ(printable("a\xFF\xC3z"), "a\uFFFD\uFFFDz"); }

TEST(DisplayWidth, CountsCellsAndNotBytes) {
  EXPECT_EQ(display_width("Größe"), 5u);
  EXPECT_EQ(display_width("大小"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("👍"), 2u);
}

TEST(FittedText, IsCutToTheWidthAndSaysSo) {
  EXPECT_EQ(fit("LoadNode", 8), "LoadNode");
  EXPECT_EQ(fit("LoadNode", 7), "LoadNo…");
  EXPECT_EQ(fit("大小大", 4), "大…");
  EXPECT_EQ(fit("abc", 0), "");
  EXPECT_EQ(fit_end("a/long/path", 5), "…path");
}

TEST(WrappedText, BreaksAtSpacesAndInsideWordsThatAreTooLong) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("abcdefghij kl", 4), ElementsAre("abcd", "efgh", "ij", "kl"));
  EXPECT_THAT(wrap("", 10), ElementsAre(""));
}

TEST(FormattedDuration, HasThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(format_duration(nanoseconds(0)), "0 ns");
  EXPECT_EQ(format_duration(nanoseconds(999)), "999 ns");
  EXPECT_EQ(format_duration(nanoseconds(1'000)), "1.00 µs");
  EXPECT_EQ(format_duration(nanoseconds(12'345)), "12.3 µs");
  EXPECT_EQ(format_duration(nanoseconds(123'456)), "123 µs");
  EXPECT_EQ(format_duration(nanoseconds(999'400)), "999 µs");
  EXPECT_EQ(format_duration(nanoseconds(999'600)), "1.00 ms");
  EXPECT_EQ(format_duration(nanoseconds(4'567'000'000)), "4.57 s");
  EXPECT_EQ(format_duration(nanoseconds(1'000'000'000'000)), "16m 40s");
  EXPECT_EQ(format_duration(nanoseconds(3'661'000'000'000)), "1h 01m");
}

TEST(HarmlessText, EscapesWhatSteersATerminalAndKeepsTheLayout) {
  EXPECT_EQ(harmless("{\"a\": \"\xC2\x9B"
                     "2J\x7F\xE2\x80\xAE\"}\r\n\té",
                     false),
            "{\"a\": \"\\u009b2J\\u007f\\u202e\"}\r\n\té");
  EXPECT_EQ(harmless("\x1B[2J", false), "\\u001b[2J");
  EXPECT_EQ(harmless("\x1B[1mbold\x1B[0m", true), "\x1B[1mbold\x1B[0m");
}

TEST(FormattedCount, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
}

TEST(Bar, EndsAtAnEighthOfACellAndIsNeverEmpty) {
  EXPECT_EQ(bar(0, 1, 4), "████");
  EXPECT_EQ(bar(0.5, 1, 4), "  ██");
  EXPECT_EQ(bar(0, 0.5625, 4), "██▎");
  EXPECT_EQ(bar(0.25, 0.25, 4), " ▏");
  EXPECT_EQ(bar(1, 1, 4), "   ▏");
  EXPECT_EQ(bar(0.4375, 0.5, 4), " ▎");
  EXPECT_EQ(bar(0, 1, 0), "");
}

}  // namespace
}  // namespace spark::sparktel
