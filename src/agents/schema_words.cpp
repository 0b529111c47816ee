#include "agents/schema_words.h"

#include <algorithm>
#include <array>

#include "spark/base/utf8.h"

namespace spark::detail {

namespace {

struct KnownWord {
  std::string_view name;
  SchemaWord word;
};

constexpr std::array known_words{
    KnownWord{"$defs", SchemaWord::schema_map},
    KnownWord{"$ref", SchemaWord::reference},
    KnownWord{"additionalProperties", SchemaWord::schema},
    KnownWord{"allOf", SchemaWord::schema_list},
    KnownWord{"anyOf", SchemaWord::schema_list},
    KnownWord{"const", SchemaWord::any_value},
    KnownWord{"enum", SchemaWord::values},
    KnownWord{"exclusiveMaximum", SchemaWord::number},
    KnownWord{"exclusiveMinimum", SchemaWord::number},
    KnownWord{"items", SchemaWord::schema},
    KnownWord{"maxItems", SchemaWord::count},
    KnownWord{"maxLength", SchemaWord::count},
    KnownWord{"maximum", SchemaWord::number},
    KnownWord{"minItems", SchemaWord::count},
    KnownWord{"minLength", SchemaWord::count},
    KnownWord{"minimum", SchemaWord::number},
    KnownWord{"oneOf", SchemaWord::schema_list},
    KnownWord{"properties", SchemaWord::schema_map},
    KnownWord{"required", SchemaWord::names},
    KnownWord{"type", SchemaWord::type},
};

// They say nothing about right and wrong. Any other keyword may, or is a misspelled one that does.
constexpr std::array<std::string_view, 14> annotations{
    "$comment",   "$id",         "$schema",  "contentEncoding", "contentMediaType", "default", "definitions",
    "deprecated", "description", "examples", "format",          "readOnly",         "title",   "writeOnly"};

constexpr std::array<std::string_view, 7> schema_types{"null",   "boolean", "integer", "number",
                                                       "string", "array",   "object"};

constexpr std::string_view definitions_prefix = "#/$defs/";
constexpr std::size_t most_step_bytes = 100;

// The inverse of pointer_step, of a whole name.
std::string unescaped(std::string_view step) {
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
      name += step[++i] == '0' ? '~' : '/';
    } else {
      name += step[i];
    }
  }
  return name;
}

}  // namespace

std::optional<SchemaWord> schema_word(std::string_view keyword) noexcept {
  const auto known = std::find_if(known_words.begin(), known_words.end(),
                                  [keyword](const KnownWord& word) { return word.name == keyword; });
  if (known != known_words.end()) return known->word;
  if (keyword.starts_with("x-")) return SchemaWord::annotation;
  if (std::find(annotations.begin(), annotations.end(), keyword) == annotations.end()) return std::nullopt;
  return SchemaWord::annotation;
}

bool is_schema_type(std::string_view name) noexcept {
  return std::find(schema_types.begin(), schema_types.end(), name) != schema_types.end();
}

const Value* find_definition(const Object& root, std::string_view reference) {
  if (!reference.starts_with(definitions_prefix)) return nullptr;
  const Value* const definitions = root.find("$defs");
  if (definitions == nullptr || !definitions->is_object()) return nullptr;
  return definitions->as_object().find(unescaped(reference.substr(definitions_prefix.size())));
}

std::string pointer_step(std::string_view name) {
  const std::string_view shown = utf8_prefix(name, most_step_bytes);
  std::string step = "/";
  for (const char c : shown) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  if (shown.size() < name.size()) step += "…";
  return step;
}

}  // namespace spark::detail
