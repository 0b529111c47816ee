// What sparktel does with PostgreSQL, for the functions of sources/ and doctor/ that choose by the kind of a Location.
// Where the library was built without it, each throws Error(unsupported) that says so (without_postgresql.cpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/sources/prune.h"
#include "apps/sparktel/sources/source.h"
#include "spark/base/secret.h"

namespace spark::sparktel {

// "postgresql host:port/database as user", of a connection string. Throws Error(invalid_argument) if it is none;
// without PostgreSQL "a PostgreSQL database".
[[nodiscard]] std::string name_of_postgresql(const Secret& connection_string);

[[nodiscard]] std::unique_ptr<Store> open_postgresql_for_reading(const Secret& connection_string);
[[nodiscard]] std::unique_ptr<Source> open_postgresql_source(const Secret& connection_string);
[[nodiscard]] std::unique_ptr<Store> open_postgresql_for_writing(const Secret& connection_string);

[[nodiscard]] PrunePreview preview_prune_postgresql(const Secret& connection_string, const PruneRequest& request);
[[nodiscard]] Pruned prune_postgresql(const Secret& connection_string, const PruneRequest& request);

[[nodiscard]] std::vector<Finding> examine_postgresql(const Secret& connection_string, const ExamineOptions& options);

}  // namespace spark::sparktel
