#include "http/tls.h"

#include <openssl/ssl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "spark/base/error.h"

namespace spark::http {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// OpenSSL's own message for a file that is not there names a function of C.
void check_readable(const std::string& what, const std::string& file) {
  if (file.empty()) throw Error(ErrorCode::invalid_argument, "TLS needs " + what + ", and no file is named for it");
  struct Close {
    void operator()(std::FILE* opened) const noexcept { static_cast<void>(std::fclose(opened)); }
  };
  errno = 0;
  const std::unique_ptr<std::FILE, Close> opened(std::fopen(file.c_str(), "re"));
  // A folder can be opened, but not read.
  if (opened && (std::fgetc(opened.get()) != EOF || std::ferror(opened.get()) == 0)) return;
  const int reason = errno;
  throw Error(reason == EACCES ? ErrorCode::permission_denied : ErrorCode::not_found,
              "cannot read " + what + " from " + file + ": " + std::strerror(reason));
}

void check(const error_code& error, const std::string& what, const std::string& file) {
  if (!error) return;
  throw Error(ErrorCode::invalid_argument, "cannot use " + what + " in " + file + ": " + error.message());
}

void use_key(ssl::context& context, const std::string& what, const std::string& file) {
  // Without a callback, OpenSSL would ask the terminal and wait.
  const auto is_encrypted = std::make_shared<bool>(false);
  context.set_password_callback([is_encrypted](std::size_t, ssl::context::password_purpose) {
    *is_encrypted = true;
    return std::string();
  });
  error_code error;
  context.use_private_key_file(file, ssl::context::pem, error);
  if (error && *is_encrypted) {
    throw Error(ErrorCode::invalid_argument,
                "cannot use " + what + " in " + file + ": it is encrypted, which is not supported");
  }
  check(error, what, file);
}

}  // namespace

ssl::context make_tls_context(const TlsOptions& options) {
  const std::string certificate = "the server's certificate", key = "the server's key",
                    authorities = "the clients' authorities";
  check_readable(certificate, options.certificate_file);
  check_readable(key, options.key_file);
  ssl::context context(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_options(ssl::context::default_workarounds | ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION |
                      SSL_OP_CIPHER_SERVER_PREFERENCE);
  error_code error;
  context.use_certificate_chain_file(options.certificate_file, error);
  check(error, certificate, options.certificate_file);
  use_key(context, key, options.key_file);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    throw Error(ErrorCode::invalid_argument,
                "the key in " + options.key_file + " is not that of the certificate in " + options.certificate_file);
  }
  // Sessions that are resumed are checked against it; without, a client with a certificate could not resume one.
  constexpr std::string_view sessions = "spark";
  SSL_CTX_set_session_id_context(context.native_handle(), reinterpret_cast<const unsigned char*>(sessions.data()),
                                 static_cast<unsigned>(sessions.size()));
  if (!options.client_ca_file.empty()) {
    check_readable(authorities, options.client_ca_file);
    context.load_verify_file(options.client_ca_file, error);
    check(error, authorities, options.client_ca_file);
    SSL_CTX_set_client_CA_list(context.native_handle(), SSL_load_client_CA_file(options.client_ca_file.c_str()));
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

ssl::context make_tls_context(const ClientTlsOptions& options) {
  const std::string certificate = "the client's certificate", key = "the client's key",
                    authorities = "the authorities to trust";
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_options(ssl::context::default_workarounds | ssl::context::no_compression | SSL_OP_NO_RENEGOTIATION);
  error_code error;
  if (!options.verify) {
    context.set_verify_mode(ssl::verify_none);
  } else {
    context.set_verify_mode(ssl::verify_peer);
    if (options.ca_file.empty()) {
      context.set_default_verify_paths(error);
      check(error, authorities, "the system's folder");
    } else {
      check_readable(authorities, options.ca_file);
      context.load_verify_file(options.ca_file, error);
      check(error, authorities, options.ca_file);
    }
  }
  if (options.certificate_file.empty() && options.key_file.empty()) return context;
  check_readable(certificate, options.certificate_file);
  check_readable(key, options.key_file);
  context.use_certificate_chain_file(options.certificate_file, error);
  check(error, certificate, options.certificate_file);
  use_key(context, key, options.key_file);
  return context;
}

}  // namespace spark::http
