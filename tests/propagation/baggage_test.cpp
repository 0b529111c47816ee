#include "spark/propagation/baggage.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spark/base/error.h"

namespace spark {
namespace {

TEST(Baggage, is_read_with_its_properties_and_without_its_white_space) {
  const Baggage baggage =
      Baggage::parse("key1=value1;property1;property2, key2 = value2 , key3=value3; propertyKey=propertyValue");
  const std::vector<Baggage::Member> expected{
      {"key1", "value1", "property1;property2"}, {"key2", "value2"}, {"key3", "value3", "propertyKey=propertyValue"}};
  EXPECT_EQ(baggage.members(), expected);
  EXPECT_EQ(baggage.left_out(), 0U);
  EXPECT_EQ(baggage.to_string(), "key1=value1;property1;property2,key2=value2,key3=value3;propertyKey=propertyValue");
}

TEST(Baggage, several_headers_are_one_list_and_the_last_of_a_key_counts) {
  const std::vector<std::string_view> headers{"userId =   alice", "", "serverNode = DF%2028, isProduction = false",
                                              "userId=bob"};
  const Baggage baggage = Baggage::parse(headers);
  EXPECT_EQ(baggage.find("userId"), "bob");
  EXPECT_EQ(baggage.find("serverNode"), "DF 28");
  EXPECT_EQ(baggage.find("isProduction"), "false");
  EXPECT_EQ(baggage.to_string(), "userId=bob,serverNode=DF%2028,isProduction=false");
}

TEST(Baggage, values_are_encoded_and_decoded) {
  struct Case {
    std::string header, value;
  };
  const std::vector<Case> cases{
      {"k=a=b==", "a=b=="},
      {"k=", ""},
      {"k=%C3%A4%e2%82%ac", "ä€"},
      {"k=100%", "100%"},
      {"k=%4", "%4"},
      {"k=%zz", "%zz"},
      {"k=%25", "%"},
      {"k=a%2Cb%3Bc%22d%5Ce%20f", "a,b;c\"d\\e f"},
      {"k=%C3", "\xEF\xBF\xBD"},
      {"k=a%00b",
       "a\xEF\xBF\xBD"
       "b"},
  };
  for (const Case& one : cases) {
    const Baggage baggage = Baggage::parse(one.header);
    EXPECT_EQ(baggage.find("k"), one.value) << one.header;
    EXPECT_EQ(Baggage::parse(baggage.to_string()), baggage) << one.header;
  }
}

TEST(Baggage, what_is_malformed_is_left_out_and_counted_and_the_rest_stays) {
  const std::vector<std::string> malformed{"novalue", "=1",    "a b=1",   "a=b c",  "a=\"b\"",  "a=b\\c",
                                           "a=ä",     "a[]=1", "a=1;b c", "a=1;=2", "a=1;b=c d"};
  for (const std::string& member : malformed) {
    const Baggage baggage = Baggage::parse("before=1," + member + ",behind=2");
    EXPECT_EQ(baggage.to_string(), "before=1,behind=2") << member;
    EXPECT_EQ(baggage.left_out(), 1U) << member;
  }
}

TEST(Baggage, takes_64_members) {
  std::string header;
  for (int i = 0; i < 70; ++i) header += (i == 0 ? "" : ",") + ("k" + std::to_string(i)) + "=v";
  Baggage baggage = Baggage::parse(header);
  EXPECT_EQ(baggage.members().size(), 64U);
  EXPECT_EQ(baggage.left_out(), 6U);
  EXPECT_EQ(baggage.members().back().key, "k63");
  EXPECT_FALSE(baggage.set("another", "1"));
  EXPECT_TRUE(baggage.set("k0", "changed"));
  baggage.erase("k1");
  EXPECT_TRUE(baggage.set("another", "1"));
}

TEST(Baggage, takes_8192_bytes) {
  const std::string half = "a=" + std::string(4094, 'v');  // 4096 bytes
  const std::string rest = "b=" + std::string(4093, 'v');  // with the comma, 8192
  Baggage baggage = Baggage::parse(half + "," + rest);
  EXPECT_EQ(baggage.to_string().size(), 8192U);
  EXPECT_EQ(baggage.left_out(), 0U);
  EXPECT_FALSE(baggage.set("c", ""));
  EXPECT_TRUE(baggage.set("b", ""));
  EXPECT_EQ(Baggage::parse(half + "," + rest + "v").members().size(), 1U);
  // What is encoded counts as it travels.
  EXPECT_FALSE(Baggage().set("k", std::string(2800, ' ')));
  EXPECT_TRUE(Baggage().set("k", std::string(2700, ' ')));
}

TEST(Baggage, refuses_keys_and_properties_that_cannot_travel) {
  Baggage baggage;
  EXPECT_THROW(baggage.set("a b", "1"), Error);
  EXPECT_THROW(baggage.set("", "1"), Error);
  EXPECT_THROW(baggage.set("a", "1", "x\r\ny"), Error);
  EXPECT_TRUE(baggage.set("a", "1\r\n2", "internal;ttl=5"));
  EXPECT_EQ(baggage.to_string(), "a=1%0D%0A2;internal;ttl=5");
}

}  // namespace
}  // namespace spark
