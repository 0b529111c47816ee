// A new folder for temporary files.
#pragma once

#include <string>

namespace spark::sparktel {

// Below the system's, with a name of its own; nobody removes it. Throws Error(unavailable).
[[nodiscard]] std::string make_temporary_folder();

}  // namespace spark::sparktel
