#include "ingest/refusals.h"

namespace spark::detail::ingest {
namespace {

void append_element(std::string& out, otlp::Field list, std::size_t index) {
  if (!out.empty()) out.push_back('.');
  out.append(list.json).append(1, '[').append(std::to_string(index)).append(1, ']');
}

}  // namespace

std::string to_string(const Refusals::Place& place) {
  std::string text;
  if (place.fields == nullptr) return text;
  append_element(text, place.fields->resource_items, place.resource);
  append_element(text, place.fields->scope_items, place.scope);
  append_element(text, place.fields->items, place.item);
  return text;
}

void Refusals::add(std::string_view why, std::string_view inside) {
  ++count_;
  if (sentences_ == most_told || message_.size() >= most_bytes) return;
  std::string where = to_string(place);
  if (!inside.empty()) where.append(1, '.').append(inside);
  tell(where, why);
  ++told_;
}

void Refusals::add_all(std::uint64_t count, std::string_view why) {
  count_ += count;
  if (count == 0 || sentences_ == most_told) return;
  tell(std::to_string(count) + " records", why);
  told_ += count;
}

void Refusals::tell(std::string_view where, std::string_view why) {
  if (!message_.empty()) message_.append("; ");
  message_.append(where).append(1, ' ').append(why);
  ++sentences_;
}

std::string Refusals::message() const {
  if (count_ == told_) return message_;
  return message_ + "; and " + std::to_string(count_ - told_) + " more";
}

}  // namespace spark::detail::ingest
