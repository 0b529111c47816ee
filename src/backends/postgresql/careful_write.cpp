#include "backends/postgresql/careful_write.h"

#include <algorithm>

#include "backends/postgresql/digest.h"
#include "backends/postgresql/json_column.h"
#include "backends/postgresql/sql_error.h"

namespace spark::detail::postgresql {
namespace {

constexpr const char* attempted = "set rows aside";
constexpr std::size_t letters_at_once = 100;
constexpr Type letter_types[] = {Type::uuid, Type::text, Type::text, Type::text};

// A record that is set aside is for people to look at; so long that it holds what is wrong, and no longer.
std::string shortened(std::string json) {
  constexpr std::size_t longest = 64 << 10;
  if (json.size() > longest) json.resize(longest);
  // Cut within a character, perhaps.
  while (!is_storable(std::string_view(json))) json.pop_back();
  return json;
}

std::string arrays_of(const Parameters& parameters) {
  std::string arrays;
  for (std::size_t i = 1; i <= parameters.size(); ++i) arrays += (i > 1 ? ", $" : "$") + std::to_string(i);
  return arrays;
}

}  // namespace

void merge(Connection& connection, const TableRows& table, std::size_t from, std::size_t to, Deadline deadline) {
  RowEncoder encoder(RowEncoder::Form::arrays, table.shape->types);
  for (std::size_t row = from; row < to; ++row) {
    encoder.begin_row();
    table.encode(encoder, row);
  }
  Parameters parameters;
  encoder.bind(parameters);
  connection.query(std::string("INSERT INTO ") + table.shape->name + " AS t (" + table.shape->columns +
                       ") SELECT * FROM unnest(" + arrays_of(parameters) + ") ON CONFLICT " + table.shape->on_conflict,
                   parameters, deadline, table.shape->attempted);
}

Refusals CarefulWrite::write(const BatchRows& rows) {
  for (const TableRows& table : rows.tables()) write(table, 0, table.count);
  write_letters();
  return std::move(refusals_);
}

void CarefulWrite::write(const TableRows& table, std::size_t from, std::size_t to) {
  const std::string reason = refusal_of(table, from, to);
  if (reason.empty()) return;
  if (to - from == 1) return set_aside(table, from, reason);
  const std::size_t middle = from + (to - from) / 2;
  write(table, from, middle);
  write(table, middle, to);
}

std::string CarefulWrite::refusal_of(const TableRows& table, std::size_t from, std::size_t to) {
  try {
    // A statement outside of a transaction is one of its own, COMMIT included.
    merge(connection_, table, from, to, deadline());
    return {};
  } catch (const StatementError& error) {
    if (!may_be_of_a_row(error.state())) throw;
    return error.reason();
  }
}

void CarefulWrite::set_aside(const TableRows& table, std::size_t row, const std::string& reason) {
  RefusedRow refused = table.describe(row);
  for (const RecordKind kind : refused.counts) ++refusals_.rejected[static_cast<std::size_t>(kind)];
  refusals_.message = connection_.message(table.shape->attempted, reason + "; set aside in dead_letters");
  letters_.push_back({std::move(refused.kind), reason, std::move(refused.record)});
  if (letters_.size() == letters_at_once) write_letters();
}

void CarefulWrite::write_letters() {
  if (letters_.empty()) return;
  const Result there = connection_.query(
      "SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT " + std::to_string(most_letters) + ") AS letters", {},
      deadline(), attempted);
  const auto room = static_cast<std::size_t>(most_letters - there.integer(0, 0));
  if (room < letters_.size()) {
    refusals_.message =
        connection_.message(attempted, "dead_letters holds " + std::to_string(most_letters) +
                                           " rows, which is the most; the last reason is " + letters_.back().reason);
    letters_.resize(room);
  }
  const bool are_kept = letters_.empty() || keep(letters_, false);
  for (std::size_t i = 0; !are_kept && i < letters_.size(); ++i) {
    const std::span<const Letter> one(&letters_[i], 1);
    // A database of another encoding than UTF-8 may lack characters of it.
    if (keep(one, false) || keep(one, true)) continue;
    refusals_.message = connection_.message(attempted, letters_[i].reason + "; dead_letters refuses it, too");
  }
  letters_.clear();
}

bool CarefulWrite::keep(std::span<const Letter> letters, bool only_ascii) {
  RowEncoder encoder(RowEncoder::Form::arrays, letter_types);
  for (const Letter& letter : letters) {
    encoder.begin_row();
    // Of what the record is, not of what was said of it: that may tell the time.
    encoder.uuid(digest(letter.kind + letter.record));
    encoder.text(letter.kind);
    const std::string record = shortened(letter.record);
    encoder.text(only_ascii ? in_ascii(letter.reason) : letter.reason);
    encoder.text(only_ascii ? in_ascii(record) : record);
  }
  Parameters parameters;
  encoder.bind(parameters);
  try {
    connection_.query("INSERT INTO dead_letters (digest, kind, reason, record) SELECT * FROM unnest(" +
                          arrays_of(parameters) + ") ON CONFLICT (digest) DO NOTHING",
                      parameters, deadline(), attempted);
    return true;
  } catch (const StatementError& error) {
    if (is_of_the_setup(error.state()) || !may_be_of_a_row(error.state())) throw;
    return false;
  }
}

Deadline CarefulWrite::deadline() const {
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(time_limit_);
}

}  // namespace spark::detail::postgresql
