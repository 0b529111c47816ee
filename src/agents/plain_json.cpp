#include "agents/plain_json.h"

#include <cmath>

#include "base/base64.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::agents {

namespace {

constexpr int deepest = 64;

class PlainWriter {
 public:
  explicit PlainWriter(std::string& out) noexcept : out_(out) {}

  void write(const Value& value, int depth) {
    if (value.is_object()) return write(value.as_object(), depth);
    if (value.is_array()) return write(value.as_array(), depth);
    if (value.is_double() && !std::isfinite(value.as_double())) refuse("a number that is not finite");
    if (!value.is_bytes()) return append_json(out_, value);
    out_.push_back('"');
    detail::append_base64(out_, value.as_bytes().octets);
    out_.push_back('"');
  }

  void write(const Object& object, int depth) {
    if (depth == deepest) refuse("a value that is nested deeper than 64");
    out_.push_back('{');
    bool is_first = true;
    for (const Object::Member& member : object) {
      if (!is_first) out_.push_back(',');
      is_first = false;
      append_json_string(out_, member.key);
      out_.push_back(':');
      write(member.value, depth + 1);
    }
    out_.push_back('}');
  }

 private:
  void write(const Array& array, int depth) {
    if (depth == deepest) refuse("a value that is nested deeper than 64");
    out_.push_back('[');
    bool is_first = true;
    for (const Value& element : array) {
      if (!is_first) out_.push_back(',');
      is_first = false;
      write(element, depth + 1);
    }
    out_.push_back(']');
  }

  [[noreturn]] static void refuse(const char* what) {
    throw Error(ErrorCode::invalid_argument, std::string("what cannot be JSON: ") + what);
  }

  std::string& out_;
};

}  // namespace

void append_plain_json(std::string& out, const Value& value) { PlainWriter(out).write(value, 0); }
void append_plain_json(std::string& out, const Object& object) { PlainWriter(out).write(object, 0); }

}  // namespace spark::agents
