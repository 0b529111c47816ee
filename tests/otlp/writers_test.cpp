// The two writers alone: bytes and text of each kind of field.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "backends/otlp/json_writer.h"
#include "backends/otlp/protobuf_writer.h"
#include "backends/otlp/values.h"
#include "otlp/otlp_text.h"

namespace spark {
namespace {

using namespace detail::otlp;
using testing::hex;

template <class Description>
std::string protobuf(const Description& describe) {
  std::vector<std::size_t> sizes;
  ProtobufWriter sizer{SizeCount(sizes)};
  describe(sizer);
  std::string bytes(sizer.out().size(), '?');
  ProtobufWriter writer{ByteCursor(bytes.data(), sizes)};
  describe(writer);
  EXPECT_EQ(writer.out().position(), bytes.data() + bytes.size()) << "the first pass and the second differ";
  return hex(bytes);
}

template <class Description>
std::string json(const Description& describe) {
  std::string text;
  JsonWriter writer(text);
  writer.root([&] { describe(writer); });
  return text;
}

constexpr Field low{1, "low"}, high{16, "high"}, inner{2, "inner"};

TEST(OtlpWriters, a_tag_is_one_byte_up_to_field_15_and_two_from_16_on) {
  EXPECT_EQ(protobuf([](auto& w) { w.present_bool(low, true); }), "0801");
  EXPECT_EQ(protobuf([](auto& w) { w.present_bool(high, true); }), "800101");
}

TEST(OtlpWriters, integers_take_as_many_bytes_as_they_need_and_negative_ones_ten) {
  const auto integer = [](std::int64_t value) { return protobuf([=](auto& w) { w.present_integer(low, value); }); };
  EXPECT_EQ(integer(0), "0800");
  EXPECT_EQ(integer(127), "087f");
  EXPECT_EQ(integer(128), "088001");
  EXPECT_EQ(integer(16'384), "08808001");
  EXPECT_EQ(integer(-1), "08ffffffffffffffffff01");
  EXPECT_EQ(integer(std::numeric_limits<std::int64_t>::min()), "0880808080808080808001");
}

TEST(OtlpWriters, a_varint_is_measured_as_it_is_written) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1}) {
      std::size_t bytes = 1;
      for (std::uint64_t rest = value >> 7; rest != 0; rest >>= 7) ++bytes;
      EXPECT_EQ(varint_size(value), bytes) << value;
    }
  }
  EXPECT_EQ(varint_size(std::numeric_limits<std::uint64_t>::max()), 10U);
}

TEST(OtlpWriters, signed_integers_are_zigzag) {
  const auto zigzag = [](std::int32_t value) { return protobuf([=](auto& w) { w.sint32(low, value); }); };
  EXPECT_EQ(zigzag(0), "");
  EXPECT_EQ(zigzag(-1), "0801");
  EXPECT_EQ(zigzag(1), "0802");
  EXPECT_EQ(zigzag(std::numeric_limits<std::int32_t>::min()), "08ffffffff0f");
}

TEST(OtlpWriters, fixed_numbers_are_little_endian_and_ids_big_endian) {
  EXPECT_EQ(protobuf([](auto& w) { w.fixed64(low, 1); }), "090100000000000000");
  EXPECT_EQ(protobuf([](auto& w) { w.fixed32(low, 0x101); }), "0d01010000");
  EXPECT_EQ(protobuf([](auto& w) { w.present_number(low, 1.0); }), "09000000000000f03f");
  EXPECT_EQ(protobuf([](auto& w) { w.id(low, SpanId{0x0123456789abcdef}); }), "0a080123456789abcdef");
  EXPECT_EQ(protobuf([](auto& w) { w.id(low, TraceId{1, 2}); }), "0a1000000000000000010000000000000002");
}

TEST(OtlpWriters, what_is_empty_or_zero_is_left_out_unless_it_has_presence) {
  const auto absent = [](auto& w) {
    w.text(low, "");
    w.fixed64(low, 0);
    w.fixed32(low, 0);
    w.sint32(low, 0);
    w.packed(low, {});
    w.id(low, TraceId{});
    w.id(low, SpanId{});
    w.enumerator(low, StatusCode::unset);
    w.list(low, [] {});
  };
  EXPECT_EQ(protobuf(absent), "");
  EXPECT_EQ(json(absent), "{}");
  EXPECT_EQ(protobuf([](auto& w) { w.present_text(low, ""); }), "0a00");
  EXPECT_EQ(json([](auto& w) { w.present_text(low, ""); }), R"({"low":""})");
  EXPECT_EQ(json([](auto& w) { w.present_bool(low, false); }), R"({"low":false})");
  EXPECT_EQ(json([](auto& w) { w.present_integer(low, 0); }), R"({"low":"0"})");
}

TEST(OtlpWriters, a_nested_message_has_its_size_before_it_however_large) {
  const std::string text(200, 'x');
  const auto describe = [&](auto& w) {
    w.message(low, [&] {
      w.message(inner, [&] { w.text(low, text); });
      w.message(inner, [] {});
    });
  };
  EXPECT_EQ(protobuf(describe),
            "0ad001"
            "12cb01"
            "0ac801" +
                hex(text) + "1200");
}

TEST(OtlpWriters, short_texts_of_every_length_arrive) {
  std::string text;
  for (int length = 0; length < 40; ++length) {
    EXPECT_EQ(protobuf([&](auto& w) { w.present_text(low, text); }).substr(4), hex(text));
    text.push_back(static_cast<char>('a' + length % 26));
  }
}

TEST(OtlpWriters, packed_numbers_are_varints_in_one_field) {
  const std::vector<std::uint64_t> counts = {0, 1, 300};
  EXPECT_EQ(protobuf([&](auto& w) { w.packed(low, counts); }), "0a040001ac02");
  EXPECT_EQ(json([&](auto& w) { w.packed(low, counts); }), R"({"low":["0","1","300"]})");
}

TEST(OtlpWriters, json_has_hex_ids_numbers_for_enumerators_and_texts_for_64_bits) {
  EXPECT_EQ(json([](auto& w) {
              w.id(low, TraceId{0x0194695300000000, 0xABCDEF});
              w.id(high, SpanId{0xFF});
              w.fixed64(inner, 18'446'744'073'709'551'615U);
            }),
            R"({"low":"01946953000000000000000000abcdef","high":"00000000000000ff","inner":"18446744073709551615"})");
  EXPECT_EQ(json([](auto& w) {
              w.enumerator(low, WireKind::client);
              w.sint32(high, -3);
              w.fixed32(inner, 257);
            }),
            R"({"low":3,"high":-3,"inner":257})");
}

TEST(OtlpWriters, json_writes_what_is_no_number_as_protobufs_json_does) {
  const auto number = [](double value) { return json([=](auto& w) { w.present_number(low, value); }); };
  EXPECT_EQ(number(0.5), R"({"low":0.5})");
  EXPECT_EQ(number(-0.0), R"({"low":-0.0})");
  EXPECT_EQ(number(1e300), R"({"low":1e+300})");
  EXPECT_EQ(number(std::nan("")), R"({"low":"NaN"})");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), R"({"low":"Infinity"})");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), R"({"low":"-Infinity"})");
}

TEST(OtlpWriters, json_writes_bytes_in_base64_and_lists_with_commas) {
  const std::vector<std::uint8_t> octets = {0xFB, 0xFF, 0x00, 0x01};
  EXPECT_EQ(json([&](auto& w) {
              w.list(low, [&] {
                w.element(low, [&] { w.present_bytes(inner, octets); });
                w.element(low, [] {});
                w.element(low, [&] { w.list(inner, [] {}); });
              });
              w.present_text(high, "\"\n");
            }),
            R"({"low":[{"inner":"+/8AAQ=="},{},{}],"high":"\"\n"})");
}

TEST(OtlpWriters, json_leaves_an_empty_list_out_wherever_it_stands) {
  EXPECT_EQ(json([](auto& w) {
              w.list(low, [] {});
              w.fixed32(high, 1);
              w.list(low, [] {});
              w.fixed32(inner, 2);
            }),
            R"({"high":1,"inner":2})");
}

TEST(OtlpWriters, the_id_of_a_record_is_the_text_of_a_uuid) {
  const RecordId id = RecordId::make(0x1234'5678'9ABC'0EF0, 7);
  EXPECT_EQ(protobuf([&](auto& w) { w.present_uuid(low, id); }), "0a24" + hex(id.to_string()));
  EXPECT_EQ(json([&](auto& w) { w.present_uuid(low, id); }), R"({"low":")" + id.to_string() + R"("})");
}

}  // namespace
}  // namespace spark
