#include "agents/failure_type.h"

#include "graph/type_name.h"
#include "spark/agents/model_error.h"
#include "spark/base/error.h"

namespace spark::detail {

std::string failure_type(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const ModelError& error) {
    return std::string(to_string(error.kind()));
  } catch (const Error& error) {
    return std::string(to_string(error.code()));
  } catch (...) {
    return describe(exception).type;
  }
}

}  // namespace spark::detail
