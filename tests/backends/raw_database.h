// A database opened without our library, as the sqlite3 shell would: what a test sees with it is what is in
// the file.
#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace spark::testing {

class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_busy_timeout(handle_, 10'000);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() { sqlite3_close_v2(handle_); }

  // All rows: columns separated by "|", NULL as "NULL", rows ended by a line end; or the error's message.
  std::string run(const std::string& sql) {
    std::string out;
    char* message = nullptr;
    const auto append_row = [](void* to, int count, char** values, char**) {
      auto& text = *static_cast<std::string*>(to);
      for (int i = 0; i < count; ++i)
        text += (i > 0 ? "|" : "") + std::string(values[i] != nullptr ? values[i] : "NULL");
      text += "\n";
      return 0;
    };
    if (sqlite3_exec(handle_, sql.c_str(), append_row, &out, &message) != SQLITE_OK) {
      out = std::string("error: ") + message;
      sqlite3_free(message);
    }
    return out;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace spark::testing
