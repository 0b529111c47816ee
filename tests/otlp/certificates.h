// Keys and certificates that are made for one test and gone with it: an authority, a server for 127.0.0.1 and
// localhost, and a client, as ca.pem, server.key, server.pem, client.key and client.pem.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "backends/temporary_directory.h"

namespace spark::testing {

class Certificates {
 public:
  // Throws std::runtime_error without the program openssl.
  Certificates() {
    run("openssl req -x509 " + new_key("ca") + " -days 2 -subj /CN=authority -out ca.pem");
    make_signed("server", "subjectAltName=IP:127.0.0.1,DNS:localhost");
    make_signed("client", "extendedKeyUsage=clientAuth");
  }

  // Ends with a slash.
  [[nodiscard]] std::string folder() const { return directory_.path().string() + "/"; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder() + name; }

 private:
  static std::string new_key(const std::string& name) {
    return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key";
  }
  void make_signed(const std::string& name, const std::string& extension) {
    run("openssl req " + new_key(name) + " -subj /CN=" + name + " -out " + name + ".csr");
    run("echo " + extension + " | tee " + name + ".ext");
    run("openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " + name +
        ".ext -out " + name + ".pem");
  }
  void run(const std::string& command) const {
    if (std::system(("cd " + folder() + " && " + command + " > log 2>&1").c_str()) != 0) {
      throw std::runtime_error("cannot make certificates: " + command);
    }
  }

  TemporaryDirectory directory_;
};

}  // namespace spark::testing
