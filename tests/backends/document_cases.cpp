// The contract's cases about documents.
#include <string>

#include "backends/store_contract.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

std::string document_text(const std::optional<Document>& document) {
  return document ? to_json(document->content) + " revision " + std::to_string(document->revision) : "none";
}

std::string joined_ids(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += id + " ";
  return out;
}

void a_document_is_read_back(Store& store, Checks& checks) {
  checks.equal("before", document_text(store.get("version", "etl")), "none");
  checks.equal("first revision", std::to_string(store.put("version", "etl", Object{{"active", 1}}, 0)), "1");
  checks.equal("the document", document_text(store.get("version", "etl")), R"({"active":1} revision 1)");
  checks.equal("second revision", std::to_string(store.put("version", "etl", Array{1, 2.5}, 1)), "2");
  checks.equal("the new document", document_text(store.get("version", "etl")), "[1,2.5] revision 2");
  checks.equal("another kind", document_text(store.get("audit", "etl")), "none");
  checks.equal("another id", document_text(store.get("version", "shop")), "none");
}

void an_unexpected_revision_is_a_conflict(Store& store, Checks& checks) {
  checks.throws("not there yet", ErrorCode::conflict, [&] { store.put("version", "etl", 1, 1); });
  checks.equal("still none", document_text(store.get("version", "etl")), "none");
  store.put("version", "etl", 1, 0);
  checks.throws("there already", ErrorCode::conflict, [&] { store.put("version", "etl", 2, 0); });
  checks.throws("too new", ErrorCode::conflict, [&] { store.put("version", "etl", 2, 2); });
  checks.equal("unchanged", document_text(store.get("version", "etl")), "1 revision 1");
  store.put("version", "etl", 2, 1);
  checks.throws("outdated", ErrorCode::conflict, [&] { store.put("version", "etl", 3, 1); });
  checks.equal("the second", document_text(store.get("version", "etl")), "2 revision 2");
}

void ids_are_listed_by_kind_and_sorted(Store& store, Checks& checks) {
  checks.equal("none", joined_ids(store.list("version")), "");
  for (const char* id : {"b", "a", "c", "B", "'"}) store.put("version", id, nullptr, 0);
  store.put("versions", "z", nullptr, 0);
  store.put("audit", "y", nullptr, 0);
  checks.equal("of one kind", joined_ids(store.list("version")), "' B a b c ");
  checks.equal("of another", joined_ids(store.list("audit")), "y ");
}

}  // namespace

std::vector<ContractCase> document_cases() {
  return {{"a_document_is_read_back", a_document_is_read_back},
          {"an_unexpected_revision_is_a_conflict", an_unexpected_revision_is_a_conflict},
          {"ids_are_listed_by_kind_and_sorted", ids_are_listed_by_kind_and_sorted}};
}

}  // namespace spark::testing
