#include "spark/agents/price_table.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {

namespace {

constexpr std::int64_t tokens_of_price = 1'000'000;

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "the table of prices: " + place + what);
}

void check_members(const Object& object, const std::string& place, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    std::string all;
    for (const std::string_view name : known) all.append(all.empty() ? "" : ", ").append(name);
    refuse(place, " has a member \"" + member.key + "\"; known are " + all);
  }
}

// What may stand on a token is a whole number of the smallest unit that Dollars has.
Dollars read_price(const Value& value, const std::string& place) {
  if (!value.is_string()) refuse(place, " must be a string, such as \"2.50\"");
  Dollars price;
  try {
    price = Dollars::parse(value.as_string());
  } catch (const Error& error) {
    refuse(place, std::string(": ") + error.what());
  }
  if (price < Dollars()) refuse(place, " is less than 0");
  if (price.pico() % tokens_of_price != 0) refuse(place, " has more than six digits behind the point");
  return price;
}

// "2024-10-01", the beginning of that day in UTC.
Timestamp read_day(const Value& value, const std::string& place) {
  const auto wrong = [&place] { refuse(place, " must be a day such as \"2024-10-01\""); };
  constexpr std::string_view form = "0000-00-00";
  if (!value.is_string() || value.as_string().size() != form.size()) wrong();
  const std::string& text = value.as_string();
  std::array<int, 3> parts{};
  std::size_t part = 0;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '-') {
      if (text[i] != '-') wrong();
      ++part;
    } else {
      if (text[i] < '0' || text[i] > '9') wrong();
      parts[part] = parts[part] * 10 + (text[i] - '0');
    }
  }
  const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  constexpr int first_year = 1970, last_year = 2200;  // what a Timestamp holds
  if (!day.ok() || parts[0] < first_year || parts[0] > last_year) wrong();
  return std::chrono::sys_days(day);
}

Dollars cost_of(std::int64_t tokens, Dollars per_million) noexcept {
  const __int128 pico = static_cast<__int128>(tokens) * (per_million.pico() / tokens_of_price);
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  return Dollars::from_pico(pico > largest ? largest : static_cast<std::int64_t>(pico));
}

bool is_possible(const TokenUsage& usage) noexcept {
  const bool is_negative = usage.input_tokens < 0 || usage.output_tokens < 0 || usage.cache_read_input_tokens < 0 ||
                           usage.cache_write_input_tokens < 0 || usage.reasoning_output_tokens < 0;
  if (is_negative) return false;
  return usage.cache_read_input_tokens <= usage.input_tokens &&
         usage.cache_write_input_tokens <= usage.input_tokens - usage.cache_read_input_tokens &&
         usage.reasoning_output_tokens <= usage.output_tokens;
}

std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace

std::string CallCost::to_string() const {
  std::string text;
  for (const CostTerm& term : terms) {
    text += text.empty() ? "" : " + ";
    text += with_commas(term.tokens) + " " + term.what + " at $" + term.per_million.to_string();
  }
  if (text.empty()) text = "nothing";
  return text + " a million = $" + total.to_string();
}

PriceTable::Prices PriceTable::read_prices(const Object& members, const std::string& place) {
  const auto price = [&members, &place](const char* name, Dollars otherwise) {
    const Value* const value = members.find(name);
    return value == nullptr ? otherwise : read_price(*value, place + " \"" + name + "\"");
  };
  for (const char* const name : {"input", "output"}) {
    if (!members.contains(name)) refuse(place, " has no \"" + std::string(name) + "\"");
  }
  Prices prices;
  prices.input = price("input", {});
  prices.cached_input = price("cached_input", prices.input);
  prices.cache_write = price("cache_write", prices.input);
  prices.output = price("output", {});
  prices.reasoning = price("reasoning", prices.output);
  return prices;
}

PriceTable::LongContext PriceTable::read_long_context(const Value& value, const std::string& place) {
  if (!value.is_object()) refuse(place, " is no object");
  const Object& object = value.as_object();
  check_members(object, place, {"above", "input", "cached_input", "cache_write", "output", "reasoning"});
  const Value* const above = object.find("above");
  if (above == nullptr || !above->is_int() || above->as_int() < 0)
    refuse(place, " must have \"above\", a number of tokens");
  return {.above = above->as_int(), .prices = read_prices(object, place)};
}

PriceTable::Entry PriceTable::read_entry(const Value& value, const std::string& place) {
  if (!value.is_object()) refuse(place, " is no object");
  const Object& object = value.as_object();
  check_members(
      object, place,
      {"names", "input", "cached_input", "cache_write", "output", "reasoning", "batch", "long_context", "from"});
  Entry entry;
  const Value* const names = object.find("names");
  if (names == nullptr || !names->is_array() || names->as_array().empty()) {
    refuse(place, " must have \"names\", an array of names of models");
  }
  for (const Value& name : names->as_array()) {
    if (!name.is_string() || name.as_string().empty()) refuse(place, " has a name that is no text");
    entry.names.emplace_back(name.as_string());
  }
  entry.standard = read_prices(object, place);
  if (const Value* const batch = object.find("batch")) {
    if (!batch->is_object()) refuse(place, " \"batch\" is no object");
    check_members(batch->as_object(), place + " \"batch\"",
                  {"input", "cached_input", "cache_write", "output", "reasoning"});
    entry.batch = read_prices(batch->as_object(), place + " \"batch\"");
  }
  if (const Value* const more = object.find("long_context")) {
    entry.long_context = read_long_context(*more, place + " \"long_context\"");
  }
  if (const Value* const from = object.find("from")) entry.from = read_day(*from, place + " \"from\"");
  return entry;
}

PriceTable PriceTable::from_json(std::string_view text) {
  constexpr int most_depth = 8;
  Value value;
  try {
    value = parse_json(text, most_depth);
  } catch (const Error& error) {
    refuse("it is no JSON: ", error.what());
  }
  if (!value.is_object()) refuse("it is", " no object");
  const Object& object = value.as_object();
  check_members(object, "it", {"version", "models"});
  const Value *const version = object.find("version"), *const models = object.find("models");
  if (version == nullptr || !version->is_string() || version->as_string().empty()) {
    refuse("it has", " no \"version\", a text");
  }
  if (models == nullptr || !models->is_array()) refuse("it has", " no \"models\", an array");
  PriceTable table;
  table.version_ = version->as_string();
  std::size_t number = 0;
  for (const Value& model : models->as_array()) {
    table.entries_.push_back(read_entry(model, "models[" + std::to_string(number++) + "]"));
  }
  return table;
}

PriceTable PriceTable::from_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    const bool is_denied = error == EACCES || error == EPERM;
    throw Error(is_denied ? ErrorCode::permission_denied : ErrorCode::not_found,
                "cannot read the table of prices " + path + ": " + std::strerror(error));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    return from_json(text);
  } catch (const Error& error) {
    throw Error(error.code(), path + ": " + error.what());
  }
}

const std::shared_ptr<const PriceTable>& PriceTable::built_in() {
  static const auto table = std::make_shared<const PriceTable>(from_json(built_in_json()));
  return table;
}

const std::shared_ptr<const PriceTable>& PriceTable::process_default() {
  static const std::shared_ptr<const PriceTable> table = [] {
    const char* const path = std::getenv("SPARK_PRICE_TABLE");
    if (path == nullptr || *path == '\0') return built_in();
    try {
      return std::make_shared<const PriceTable>(from_file(path));
    } catch (const Error& error) {
      throw Error(error.code(), std::string("SPARK_PRICE_TABLE: ") + error.what());
    }
  }();
  return table;
}

const PriceTable::Entry* PriceTable::find(std::string_view model, Timestamp when) const noexcept {
  const Entry* best = nullptr;
  bool is_best_exact = false;
  for (const Entry& entry : entries_) {
    if (entry.from > when) continue;
    bool matches = false, is_exact = false;
    for (const Glob& name : entry.names) {
      if (!name.matches(model)) continue;
      matches = true;
      is_exact |= name.literal().has_value();
    }
    if (!matches || (is_best_exact && !is_exact)) continue;
    const bool is_better = best == nullptr || (is_exact && !is_best_exact) || entry.from > best->from;
    if (!is_better) continue;
    best = &entry;
    is_best_exact = is_exact;
  }
  return best;
}

const PriceTable::Prices* PriceTable::prices_of(const Entry& entry, std::int64_t input_tokens,
                                                PriceTier tier) noexcept {
  const bool is_long = entry.long_context && input_tokens > entry.long_context->above;
  if (tier == PriceTier::standard) return is_long ? &entry.long_context->prices : &entry.standard;
  // What a long one costs in a batch the table does not say.
  return entry.batch && !is_long ? &*entry.batch : nullptr;
}

std::optional<CallCost> PriceTable::cost(std::string_view model, const TokenUsage& usage, Timestamp when,
                                         PriceTier tier) const {
  const Entry* const entry = find(model, when);
  if (entry == nullptr || !is_possible(usage)) return std::nullopt;
  const Prices* const found = prices_of(*entry, usage.input_tokens, tier);
  if (found == nullptr) return std::nullopt;
  const Prices& prices = *found;
  CallCost cost;
  cost.price_version = version_;
  const auto add = [&cost](const char* what, std::int64_t tokens, Dollars per_million) {
    if (tokens == 0) return;
    const Dollars dollars = cost_of(tokens, per_million);
    cost.terms.push_back({.what = what, .tokens = tokens, .per_million = per_million, .dollars = dollars});
    cost.total += dollars;
  };
  add("input", usage.input_tokens - usage.cache_read_input_tokens - usage.cache_write_input_tokens, prices.input);
  add("cached_input", usage.cache_read_input_tokens, prices.cached_input);
  add("cache_write", usage.cache_write_input_tokens, prices.cache_write);
  add("output", usage.output_tokens - usage.reasoning_output_tokens, prices.output);
  add("reasoning", usage.reasoning_output_tokens, prices.reasoning);
  return cost;
}

}  // namespace spark
