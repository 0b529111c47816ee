// sparktel show over the files of several services: one tree of what each has recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "apps/child_process.h"
#include "apps/distributed_trace.h"
#include "backends/temporary_directory.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class JoinedShow : public ::testing::Test {
 protected:
  // A file that is closed again.
  std::string file(const std::string& name, const std::function<void(Store&)>& fill) const {
    std::string path = directory.file(name.c_str());
    SqliteStore store({.path = path});
    fill(store);
    return path;
  }
  std::string caller() const { return file("shop.db", record_caller); }
  std::string callee(std::int64_t skew = 0) const {
    return file("payments.db", [skew](Store& store) { record_callee(store, skew); });
  }

  static std::string out_of(const std::vector<std::string>& arguments) {
    const ChildResult result = run_sparktel(arguments, {"COLUMNS=80"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
    return result.out;
  }
  static Object json_of(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return parse_json(out_of(arguments)).as_object();
  }
  // "checkout 0 shop shop.db": name, depth, service and the last part of the store's name.
  static std::vector<std::string> spans_of(const Object& shown) {
    std::vector<std::string> lines;
    for (const Value& value : shown.at("spans").as_array()) {
      const Object& span = value.as_object();
      const std::string store = span.at("store").as_string();
      lines.push_back(span.at("name").as_string() + " " + std::to_string(span.at("depth").as_int()) + " " +
                      span.at("service").as_string() + " " + store.substr(store.rfind('/') + 1));
    }
    return lines;
  }
  static std::vector<std::string> names_of(const Object& shown, const char* records) {
    std::vector<std::string> names;
    for (const Value& record : shown.at(records).as_array()) names.push_back(record.as_object().at("name").as_string());
    return names;
  }

  TemporaryDirectory directory;
};

const char* const header =
    "checkout  completed  100 ms  4 spans of 2 services\n"
    "trace 01946953-8a00-7000-0000-000000000001  2025-01-15 10:00:00 UTC\n";
const char* const tree =
    "\n"
    "span                     time     self\n"
    "checkout [shop]        100 ms  50.0 ms  ████░░░░░░░░░░░░░░░░░░░░████████████████\n"
    "└─ call pay           50.0 ms  10.0 ms     ███░░░░░░░░░░░░░░░███\n"
    "   └─ pay [payments]  40.0 ms  10.0 ms        ██░░░░░░░░░░░░██\n"
    "      └─ charge       30.0 ms  30.0 ms         █████████████\n"
    "█ on the critical path  ░ not on it  […] the service\n";

TEST_F(JoinedShow, TheFilesOfCallerAndCalleeAreOneTree) {
  const std::string shop = caller();
  const std::string payments = callee();
  EXPECT_EQ(out_of({"show", distributed_id(), shop, payments}),
            header + ("in " + shop + " (2 spans),\n   " + payments + " (2 spans)\n") + tree);
  // Whichever is named first: the trace's own record names the whole.
  EXPECT_THAT(out_of({"show", distributed_id(), payments, shop}), StartsWith(header));
}

TEST_F(JoinedShow, OneFileOfBothIsTheSameTree) {
  const std::string both = file("both.db", [](Store& store) {
    record_callee(store);
    record_caller(store);
  });
  EXPECT_EQ(out_of({"show", distributed_id(), both}), header + std::string(tree));
}

TEST_F(JoinedShow, OfOneServiceNoServiceIsNamed) {
  const std::string alone = out_of({"show", distributed_id(), callee()});
  EXPECT_THAT(alone, StartsWith("pay  completed  40.0 ms  2 spans\n"));
  EXPECT_THAT(alone, HasSubstr("No start of the trace is here; this is known only from its spans.\n"));
  EXPECT_THAT(alone, Not(HasSubstr("[")));
}

TEST_F(JoinedShow, ATraceThatWasNeverStartedByItselfIsWholeWithItsTopSpan) {
  const std::string whole = file("job.db", [](Store& store) {
    write_as(store, "shop", [](BatchBuilder& builder) {
      add_local_root(builder, make_span(1, "job", 0, 100));
      builder.add(make_child(2, "step", 10, 60, 1));
    });
  });
  EXPECT_EQ(json_of({"show", distributed_id(), whole}).at("trace").as_object().at("partial"), Value(true));
  EXPECT_THAT(out_of({"show", distributed_id(), whole}), Not(HasSubstr("No start of the trace")));
}

TEST_F(JoinedShow, JsonSaysWhoRecordedASpanAndWhereItIs) {
  const std::string shop = caller();
  const Object shown = json_of({"show", distributed_id(), callee(), shop});
  EXPECT_THAT(spans_of(shown), ElementsAre("checkout 0 shop shop.db", "call pay 1 shop shop.db",
                                           "pay 2 payments payments.db", "charge 3 payments payments.db"));
  EXPECT_EQ(shown.at("trace").as_object().at("name"), Value("checkout"));
  EXPECT_EQ(shown.at("trace").as_object().at("service"), Value("shop"));
  EXPECT_EQ(shown.at("trace").as_object().at("partial"), Value(false));
  EXPECT_THAT(names_of(shown, "events"), ElementsAre("Charged", "Paid"));
  EXPECT_THAT(names_of(shown, "metrics"), ElementsAre("cost"));
}

TEST_F(JoinedShow, WhatIsInTwoFilesIsShownOnce) {
  const std::string shop = caller();
  const std::string payments = callee();
  out_of({"import", payments, shop});
  const Object shown = json_of({"show", distributed_id(), payments, shop, payments});
  EXPECT_THAT(spans_of(shown), ElementsAre("checkout 0 shop shop.db", "call pay 1 shop shop.db",
                                           "pay 2 payments payments.db", "charge 3 payments payments.db"));
  EXPECT_THAT(names_of(shown, "events"), ElementsAre("Charged", "Paid"));
  EXPECT_THAT(names_of(shown, "metrics"), ElementsAre("cost"));
  // The copies are still of the service that recorded them.
  EXPECT_THAT(spans_of(json_of({"show", distributed_id(), shop})),
              ElementsAre("checkout 0 shop shop.db", "call pay 1 shop shop.db", "pay 2 payments shop.db",
                          "charge 3 payments shop.db"));
}

TEST_F(JoinedShow, AStoreWithoutTheTraceIsSaid) {
  const std::string shop = caller();
  const std::string other = file("other.db", [](Store&) {});
  const ChildResult one = run_sparktel({"show", distributed_id(), other, shop}, {"COLUMNS=80"});
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(one.error, "sparktel: " + other + " has nothing of trace " + distributed_id() + "\n");
  EXPECT_EQ(one.out, out_of({"show", distributed_id(), shop}));
  const std::string unknown = trace_id(2).to_string();
  const ChildResult none = run_sparktel({"show", unknown, other, shop});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.error, "sparktel: no trace " + unknown + " in sqlite " + other + ", sqlite " + shop +
                            "; sparktel traces lists them\n");
}

TEST_F(JoinedShow, AFileThatCannotBeOpenedIsAnErrorThatNamesIt) {
  const std::string missing = directory.file("missing.db");
  const ChildResult result = run_sparktel({"show", distributed_id(), caller(), missing});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.error, HasSubstr(missing));
}

TEST_F(JoinedShow, BeginningsAndLatestMeanTheTracesOfAllFiles) {
  const std::string shop = caller();
  const std::string payments = callee();
  const std::string expected = out_of({"show", distributed_id(), shop, payments});
  EXPECT_EQ(out_of({"show", distributed_id().substr(0, 8), shop, payments}), expected);
  EXPECT_EQ(out_of({"show", "latest", shop, payments}), expected);
  EXPECT_EQ(out_of({"show", "--db", shop, "latest", "--db", payments}), expected);
  EXPECT_EQ(out_of({"show", "--db", shop, "--db", payments}), expected);
}

// What the callee has of an older trace begins later than the newest one.
TEST_F(JoinedShow, TheLatestTraceIsTheOneWhoseOwnRecordStartsLast) {
  const std::string shop = file("shop.db", [](Store& store) {
    record_caller(store);
    write_as(store, "shop", [](BatchBuilder& builder) { builder.add(make_trace(2, "newest", 5, 7)); });
  });
  const std::string payments = callee();
  for (const auto& files : {std::vector{shop, payments}, std::vector{payments, shop}}) {
    const ChildResult result = run_sparktel({"show", "latest", files[0], files[1]});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, StartsWith("newest  completed"));
    EXPECT_EQ(result.error, "sparktel: " + payments + " has nothing of trace " + trace_id(2).to_string() + "\n");
  }
}

TEST_F(JoinedShow, ABeginningOfTracesInDifferentFilesIsOfSeveral) {
  const std::string other = file("other.db", [](Store& store) {
    write_as(store, "shop", [](BatchBuilder& builder) { builder.add(make_trace(2, "another", 5, 7)); });
  });
  const ChildResult result = run_sparktel({"show", distributed_id().substr(0, 8), caller(), other});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, HasSubstr("is the beginning of 2 traces in"));
}

// Nothing is moved: a clock that is behind shows as a bar that begins before its parent's.
TEST_F(JoinedShow, AChildThatBeginsBeforeItsParentIsDrawnWhereItLies) {
  const std::string shop = caller();
  const std::string payments = callee(-25);
  EXPECT_THAT(out_of({"show", distributed_id(), shop, payments}),
              HasSubstr("checkout [shop]        100 ms  50.0 ms     █████░░░░░░░░░░░░░░░░░███████████████\n"
                        "└─ call pay           50.0 ms  30.0 ms         ░░░░░░░████████████\n"
                        "   └─ pay [payments]  40.0 ms  10.0 ms  ░░░░░░░░░░░░███\n"
                        "      └─ charge       30.0 ms  30.0 ms   ░░░░░░██████\n"));
  const Object shown = json_of({"show", distributed_id(), shop, payments});
  EXPECT_EQ(shown.at("spans").as_array().at(2).as_object().at("start_time"), Value("2025-01-15T09:59:59.990000000Z"));
}

TEST_F(JoinedShow, AnEventBeforeTheStartOfTheTraceSaysSo) {
  EXPECT_THAT(out_of({"show", distributed_id(), caller(), callee(-75), "--events"}),
              HasSubstr("\n• -25.0 ms Charged\n• 60.0 ms Paid\n"));
}

TEST_F(JoinedShow, TheListOfSpansNamesTheServiceWhereThereAreSeveral) {
  const std::string both = file("both.db", [](Store& store) {
    record_caller(store);
    record_callee(store);
  });
  EXPECT_THAT(out_of({"spans", both, "--limit", "3"}), HasSubstr("payments\n"));
  EXPECT_THAT(out_of({"spans", caller()}), Not(HasSubstr("service")));
  const Object spans = json_of({"spans", both, "--limit", "1"});
  EXPECT_EQ(spans.at("spans").as_array().at(0).as_object().at("service"), Value("payments"));
  EXPECT_EQ(json_of({"traces", both}).at("traces").as_array().at(0).as_object().at("service"), Value("shop"));
}

}  // namespace
}  // namespace spark::testing
