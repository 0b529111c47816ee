#include "graph/type_name.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "graph/content_hash.h"
#include "spark/base/error.h"

namespace spark::detail {
namespace {

TEST(UnqualifiedName, drops_namespaces_and_enclosing_scopes) {
  EXPECT_EQ(unqualified_name("ProcessNode"), "ProcessNode");
  EXPECT_EQ(unqualified_name("app::steps::ProcessNode"), "ProcessNode");
  EXPECT_EQ(unqualified_name("(anonymous namespace)::ProcessNode"), "ProcessNode");
  EXPECT_EQ(unqualified_name("main::ProcessNode"), "ProcessNode");
  EXPECT_EQ(unqualified_name("app::run(std::string)::ProcessNode"), "ProcessNode");
}

TEST(UnqualifiedName, keeps_template_arguments_as_they_are) {
  EXPECT_EQ(unqualified_name("app::MapNode<std::string, app::Row>"), "MapNode<std::string, app::Row>");
}

TEST(IdBase, is_the_type_in_snake_case_without_node) {
  EXPECT_EQ(id_base("TransformNode"), "transform");
  EXPECT_EQ(id_base("LoadTextNode"), "load_text");
  EXPECT_EQ(id_base("HTTPClientNode"), "http_client");
  EXPECT_EQ(id_base("Sha256Node"), "sha256");
  EXPECT_EQ(id_base("Node"), "node");
  EXPECT_EQ(id_base("report"), "report");
  EXPECT_EQ(id_base("MapNode<int>"), "map_node_int");
  EXPECT_EQ(id_base("a report!"), "a_report");
  EXPECT_EQ(id_base(""), "node");
}

TEST(Describe, gives_type_and_message_of_an_exception) {
  const ExceptionText standard = describe(std::make_exception_ptr(std::out_of_range("row 7")));
  EXPECT_EQ(standard.type, "std::out_of_range");
  EXPECT_EQ(standard.message, "row 7");
  const ExceptionText ours = describe(std::make_exception_ptr(Error(ErrorCode::timeout, "too late")));
  EXPECT_EQ(ours.type, "spark::Error");
  EXPECT_EQ(ours.message, "too late");
  const ExceptionText foreign = describe(std::make_exception_ptr(7));
  EXPECT_EQ(foreign.type, "int");
  EXPECT_EQ(foreign.message, "");
}

// The vectors of the algorithm's authors.
TEST(ContentHash, is_fnv_1a_with_128_bits) {
  EXPECT_EQ(content_hash(""), "6c62272e07bb014262b821756295c58d");
  EXPECT_EQ(content_hash("a"), "d228cb696f1a8caf78912b704e4a8964");
  EXPECT_EQ(content_hash("foobar"), "343e1662793c64bf6f0d3597ba446f18");
}

}  // namespace
}  // namespace spark::detail
