#include "backends/reliable/spool.h"

#include <filesystem>
#include <system_error>

#include "spark/base/error.h"

namespace spark::detail::reliable {
namespace {

// Without symbolic links, so that all who name the file differently share its lock.
std::string resolve(const std::string& path) {
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(path, ignored);
  const auto canonical = std::filesystem::weakly_canonical(absolute, ignored);
  return canonical.empty() ? absolute.string() : canonical.string();
}

}  // namespace

Spool::Spool(const ReliableOptions& options, Durability durability, std::string_view destination)
    : options_{.path = resolve(options.spool_path),
               .bytes = options.spool_bytes,
               .policy = options.spool_policy,
               .durability = durability,
               .destination = std::string(destination)} {
  while (own_ == nullptr && own_number_ < max_files) own_ = SpoolFile::open(options_of(++own_number_), true);
  if (own_ == nullptr) {
    throw Error(ErrorCode::unavailable, "spool " + options_.path + ": " + std::to_string(max_files) +
                                            " others have it open, which is the most; name another file");
  }
}

SpoolFileOptions Spool::options_of(int number) const {
  SpoolFileOptions options = options_;
  if (number > 1) options.path += "." + std::to_string(number);
  return options;
}

Spool::Adopted Spool::adopt() {
  for (int number = 1; number <= max_files; ++number) {
    if (number == own_number_ || unusable_.contains(number)) continue;
    try {
      auto file = SpoolFile::open(options_of(number), false);
      if (file != nullptr && file->has_rows()) return {.file = std::move(file)};
    } catch (const Error& error) {
      // What only lacks something now, a descriptor for example, is looked at again.
      const bool may_be_over = error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timeout;
      if (!may_be_over) unusable_.insert(number);
      return {.trouble = error.what()};
    }
  }
  return {};
}

}  // namespace spark::detail::reliable
