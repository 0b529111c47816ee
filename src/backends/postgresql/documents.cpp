// Documents, each in one statement, which the server makes durable before it answers.

#include <limits>

#include "backends/postgresql/json_column.h"
#include "backends/postgresql/queries.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail::postgresql {
namespace {

std::string name_of(std::string_view kind, std::string_view id) {
  return "document " + std::string(kind) + "/" + std::string(id);
}

[[noreturn]] void refuse_revision(Connection& connection, std::string_view kind, std::string_view id,
                                  std::uint64_t expected_revision, Deadline deadline) {
  const auto stored = get_document(connection, kind, id, deadline);
  throw Error(ErrorCode::conflict, name_of(kind, id) + " has revision " +
                                       std::to_string(stored ? stored->revision : 0) + ", not the expected " +
                                       std::to_string(expected_revision));
}

}  // namespace

std::uint64_t put_document(Connection& connection, std::string_view kind, std::string_view id, const Value& content,
                           std::uint64_t expected_revision, Deadline deadline) {
  const std::string json = to_json(content);
  try {
    static_cast<void>(parse_json(json, max_json_depth));
  } catch (const Error& error) {
    // What could not be read back is not taken.
    throw Error(ErrorCode::invalid_argument, name_of(kind, id) + " cannot be stored: " + error.what());
  }
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() - 1;
  if (expected_revision > most) refuse_revision(connection, kind, id, expected_revision, deadline);
  Parameters parameters;
  const std::string kind_bound = parameters.bind(kind), id_bound = parameters.bind(id);
  const std::string content_bound = parameters.bind(std::string_view(json));
  const std::string sql = expected_revision == 0
                              ? "INSERT INTO documents (kind, id, revision, content) VALUES (" + kind_bound + ", " +
                                    id_bound + ", 1, " + content_bound + ") ON CONFLICT (kind, id) DO NOTHING"
                              : "UPDATE documents SET revision = revision + 1, content = " + content_bound +
                                    " WHERE kind = " + kind_bound + " AND id = " + id_bound +
                                    " AND revision = " + parameters.bind(static_cast<std::int64_t>(expected_revision));
  const Result result = connection.query(sql, parameters, deadline, "write a document");
  if (result.changed() == 0) refuse_revision(connection, kind, id, expected_revision, deadline);
  return expected_revision + 1;
}

std::optional<Document> get_document(Connection& connection, std::string_view kind, std::string_view id,
                                     Deadline deadline) {
  // There is none whose name could not be stored.
  if (!is_storable(kind) || !is_storable(id)) return std::nullopt;
  Parameters parameters;
  const std::string where = "kind = " + parameters.bind(kind) + " AND id = " + parameters.bind(id);
  const Result result = connection.query("SELECT content, revision FROM documents WHERE " + where, parameters, deadline,
                                         "read a document");
  if (result.rows() == 0) return std::nullopt;
  try {
    return Document{parse_json(result.octets(0, 0), max_json_depth), static_cast<std::uint64_t>(result.integer(0, 1))};
  } catch (const Error& error) {
    throw Error(ErrorCode::corrupt, connection.message("read a document", error.what()));
  }
}

std::vector<std::string> list_documents(Connection& connection, std::string_view kind, Deadline deadline) {
  if (!is_storable(kind)) return {};
  Parameters parameters;
  const std::string kind_bound = parameters.bind(kind);
  const Result result = connection.query("SELECT id FROM documents WHERE kind = " + kind_bound + " ORDER BY id",
                                         parameters, deadline, "list documents");
  std::vector<std::string> ids;
  for (int row = 0; row < result.rows(); ++row) ids.emplace_back(result.octets(row, 0));
  return ids;
}

}  // namespace spark::detail::postgresql
