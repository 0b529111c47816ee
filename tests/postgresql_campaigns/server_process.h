// The process of a server that works for one client: watched over a connection of one's own, and killed in the middle
// of a statement. The postmaster then ends all others and recovers, as after any crash.
#pragma once

#include <libpq-fe.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "spark/base/random.h"

namespace spark::testing {

class ServerProcess {
 public:
  // Of the client that connects with this application_name, one at a time.
  ServerProcess(std::string uri, std::string application_name)
      : uri_(std::move(uri)), application_name_(std::move(application_name)) {}

  // Stops it at random moments until a condition on its row of pg_stat_activity holds, then kills it. False: it was
  // killed in an unknown moment, since it held a lock without which nobody could tell. Throws std::runtime_error if it
  // does not come to that for minutes.
  bool kill_while(const std::string& condition, Random& random);
  // Changes a setting of the server, as soon as that answers.
  void set(const std::string& setting);

 private:
  // Connects anew if need be; the server may be recovering.
  void connect();
  // The first value, empty if there is none; none if the server does not answer.
  std::optional<std::string> ask(const std::string& sql);

  const std::string uri_, application_name_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
};

}  // namespace spark::testing
