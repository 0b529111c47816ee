// A request too large for a gRPC server, cut into several.
#include "backends/otlp/request_pieces.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/otlp_text.h"

namespace spark::testing {
namespace {

using detail::otlp::Encoding;
using detail::otlp::halves_of;
using detail::otlp::pieces_of;
using detail::otlp::RequestPiece;
using detail::otlp::Requests;
using detail::otlp::Signal;

struct SignalNames {
  Signal signal;
  const char* message;
  const char* items;
};
constexpr SignalNames all_names[] = {{Signal::traces, "ExportTraceServiceRequest", "spans"},
                                     {Signal::metrics, "ExportMetricsServiceRequest", "metrics"},
                                     {Signal::logs, "ExportLogsServiceRequest", "log_records"}};

Requests requests_of(int records) {
  Encoders encoders;
  const auto batch = make_batch([&](BatchBuilder& builder) {
    for (int i = 0; i < records; ++i) {
      const auto number = static_cast<std::uint64_t>(i + 1);
      const std::string name = "record " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 7) * 100, 'x');
      builder.add(make_span(number, name, i, i + 1));
      builder.add(make_event(number, name, i));
      // Two points of each metric.
      Metric metric = make_metric(number, "m" + std::to_string(i / 2), i);
      metric.value = 1.5;
      metric.attributes = {{"text", name}};
      builder.add(metric);
    }
  });
  return encoders.encode(*batch).requests;
}

TEST(RequestPieces, together_they_hold_every_item_once_and_in_order) {
  const Requests requests = requests_of(50);
  for (const SignalNames& names : all_names) {
    const std::string& body = requests.body(names.signal);
    const std::uint64_t items = requests.items[static_cast<std::size_t>(names.signal)];
    const std::string whole = text_of_protobuf(names.message, body);
    for (const std::size_t most_bytes : {std::size_t{2'000}, std::size_t{5'000}, body.size() - 1}) {
      const auto pieces = pieces_of(body, items, names.signal, most_bytes);
      EXPECT_GE(pieces.size(), body.size() / most_bytes + 1) << names.message;
      std::string found;
      std::uint64_t count = 0;
      for (const RequestPiece& piece : pieces) {
        EXPECT_LE(piece.body.size(), most_bytes) << names.message;
        const std::string text = text_of_protobuf(names.message, piece.body);
        EXPECT_EQ(parts(text, "resource"), parts(whole, "resource"));
        EXPECT_EQ(parts(text, "scope"), parts(whole, "scope"));
        found += parts(text, names.items);
        count += piece.items;
      }
      EXPECT_EQ(found, parts(whole, names.items)) << names.message << " at " << most_bytes;
      EXPECT_EQ(count, items) << names.message;
    }
  }
}

TEST(RequestPieces, what_fits_is_not_touched) {
  const Requests requests = requests_of(5);
  const std::string& body = requests.body(Signal::traces);
  const auto pieces = pieces_of(body, 5, Signal::traces, body.size());
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].body, body);
  EXPECT_EQ(pieces[0].items, 5U);
}

TEST(RequestPieces, an_item_larger_than_the_limit_goes_alone) {
  const Requests requests = requests_of(7);
  const auto pieces = pieces_of(requests.body(Signal::traces), 7, Signal::traces, 1);
  ASSERT_EQ(pieces.size(), 7U);
  for (const RequestPiece& piece : pieces) EXPECT_EQ(piece.items, 1U);
}

TEST(RequestPieces, bytes_that_are_no_request_stay_whole) {
  for (const std::string& body :
       {std::string(100, 'x'), std::string(100, '\xff'), std::string("\x0a\x05\x12\x09zzz")}) {
    const auto pieces = pieces_of(body, 3, Signal::logs, 2);
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(pieces[0].body, body);
    EXPECT_EQ(pieces[0].items, 3U);
  }
}

TEST(RequestPieces, cut_short_anywhere_a_request_stays_whole_or_is_cut_soundly) {
  const std::string body = requests_of(4).body(Signal::traces);
  for (std::size_t size = 1; size < body.size(); ++size) {
    const auto pieces = pieces_of(body.substr(0, size), 4, Signal::traces, 1);
    ASSERT_GE(pieces.size(), 1U);
    EXPECT_TRUE(pieces.size() > 1 || pieces[0].body.size() == size);
  }
}

Requests json_requests() {
  detail::otlp::Encoder encoder({.encoding = Encoding::json});
  return encoder.encode(*make_batch([](BatchBuilder& builder) {
    for (std::uint64_t number = 1; number <= 20; ++number) {
      const std::string name = R"({"spans":[\"]},)" + std::to_string(number);
      builder.add(make_span(number, name, 1, 2));
      builder.add(make_event(number, name, 1));
      Metric metric = make_metric(number, number % 3 == 0 ? "a" : "b", 1);
      metric.attributes = {{"sum", name}};
      metric.aggregation_type = number % 3 == 0 ? AggregationType::histogram : AggregationType::counter;
      builder.add(metric);
    }
  }));
}

// Halves, and halves of them, until nothing can be cut.
std::vector<RequestPiece> crumbs(const RequestPiece& piece, Signal signal, Encoding encoding) {
  const auto halves = halves_of(piece, signal, encoding);
  if (!halves) return {piece};
  EXPECT_EQ(halves->first.items + halves->second.items, piece.items);
  auto all = crumbs(halves->first, signal, encoding);
  for (RequestPiece& crumb : crumbs(halves->second, signal, encoding)) all.push_back(std::move(crumb));
  return all;
}

TEST(RequestPieces, halves_of_halves_are_single_items_in_their_order) {
  for (const Encoding encoding : {Encoding::protobuf, Encoding::json}) {
    const bool is_json = encoding == Encoding::json;
    Requests requests = is_json ? json_requests() : requests_of(20);
    for (const SignalNames& names : all_names) {
      const std::uint64_t items = requests.item_count(names.signal);
      const std::string& body = requests.body(names.signal);
      const auto text = is_json ? text_of_json : text_of_protobuf;
      const std::string whole = text(names.message, body);
      const bool is_metrics = names.signal == Signal::metrics;
      const char* const item = is_metrics ? "data_points" : names.items;
      std::string found;
      const auto all = crumbs({body, items}, names.signal, encoding);
      for (const RequestPiece& crumb : all) {
        EXPECT_EQ(crumb.items, 1U);
        const std::string part = text(names.message, crumb.body);
        EXPECT_EQ(parts(part, "resource"), parts(whole, "resource"));
        EXPECT_EQ(parts(part, "scope"), parts(whole, "scope"));
        found += parts(part, item);
      }
      EXPECT_EQ(all.size(), items);
      EXPECT_EQ(found, parts(whole, item)) << names.message;
    }
  }
}

TEST(RequestPieces, halves_are_about_equally_long) {
  const Requests requests = requests_of(50);
  for (const SignalNames& names : all_names) {
    const std::string& body = requests.body(names.signal);
    const auto halves = halves_of({body, 50}, names.signal, Encoding::protobuf);
    ASSERT_TRUE(halves.has_value());
    EXPECT_LT(halves->first.body.size(), body.size() * 2 / 3);
    EXPECT_LT(halves->second.body.size(), body.size() * 2 / 3);
  }
}

TEST(RequestPieces, what_is_cut_short_has_no_halves_or_sound_ones) {
  for (const Encoding encoding : {Encoding::protobuf, Encoding::json}) {
    Requests requests = encoding == Encoding::json ? json_requests() : requests_of(3);
    for (const SignalNames& names : all_names) {
      const std::string& body = requests.body(names.signal);
      for (std::size_t size = 0; size < body.size(); ++size) {
        const auto halves = halves_of({body.substr(0, size), 3}, names.signal, encoding);
        if (encoding == Encoding::json) {
          EXPECT_FALSE(halves.has_value()) << size;
        }
      }
    }
  }
}

}  // namespace
}  // namespace spark::testing
