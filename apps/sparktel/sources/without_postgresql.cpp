// In place of postgresql/ where there is no libpq to build it with.
#include "apps/sparktel/postgresql/postgresql.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorCode::unsupported,
              "this sparktel was built without PostgreSQL; build it where libpq is (on Debian: libpq-dev)");
}

}  // namespace

std::string name_of_postgresql(const Secret&) { return "a PostgreSQL database"; }

std::unique_ptr<Store> open_postgresql_for_reading(const Secret&) { refuse(); }
std::unique_ptr<Source> open_postgresql_source(const Secret&) { refuse(); }
std::unique_ptr<Store> open_postgresql_for_writing(const Secret&) { refuse(); }

PrunePreview preview_prune_postgresql(const Secret&, const PruneRequest&) { refuse(); }
Pruned prune_postgresql(const Secret&, const PruneRequest&) { refuse(); }

std::vector<Finding> examine_postgresql(const Secret&, const ExamineOptions&) { refuse(); }

}  // namespace spark::sparktel
