#include "sma/http/tls_context.hpp"

#include "sma/core/logging.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <new>
#include <stdexcept>
#include <system_error>

namespace sma::http {
namespace {

constexpr auto ciphers_of_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr auto groups = "X25519:P-256:P-384";
constexpr std::string_view alpn_http_1_1("\x08http/1.1");
constexpr std::string_view session_context_id = "simple-model-api";

using private_key = std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)>;

/// A file, with the setting that names it.
struct named_file {
    std::string_view setting;
    std::string const& path;

    error problem(std::string_view what) const {
        return error(errc::invalid_setting, std::string(setting) + " " + path + ": " + std::string(what));
    }
    /// OpenSSL's reason for the last error.
    error openssl_problem(std::string_view what) const {
        auto const code = ERR_peek_last_error();
        auto const* reason = ERR_reason_error_string(code);
        ERR_clear_error();
        return problem(std::string(what) + (reason == nullptr ? "" : std::string(" (") + reason + ")"));
    }
};

/// Checks that the file exists and can be read, because OpenSSL's message would be less clear.
result<void> check_readable(named_file const& file) {
    auto const failed = [&](int code) {
        return file.problem("cannot be read: " + std::generic_category().message(code));
    };
    struct stat found {};
    if (::stat(file.path.c_str(), &found) != 0) return failed(errno);
    if (S_ISDIR(found.st_mode)) return failed(EISDIR);
    if (!S_ISREG(found.st_mode)) return file.problem("is not a file");
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const opened(std::fopen(file.path.c_str(), "re"), &std::fclose);
    if (!opened) return failed(errno);
    return {};
}

void warn_of_readers(std::string const& key) {
    struct stat found {};
    if (::stat(key.c_str(), &found) != 0 || (found.st_mode & (S_IROTH | S_IWOTH)) == 0) return;
    log::warn("the private key is accessible to every user of this machine", {{"file", key}, {"wanted", "chmod o="}});
}

/// There is nobody to ask for a passphrase.
int refuse_passphrase(char*, int, int, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
}

result<private_key> read_key(named_file const& file) {
    if (auto readable = check_readable(file); !readable) return readable.error();
    std::unique_ptr<BIO, decltype(&::BIO_free)> const in(BIO_new_file(file.path.c_str(), "r"), &::BIO_free);
    bool was_asked = false;
    private_key key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, &refuse_passphrase, &was_asked) : nullptr,
                    &::EVP_PKEY_free);
    if (key) return key;
    if (was_asked) return file.problem("is encrypted: expected a key without a passphrase");
    return file.openssl_problem("is not a PEM private key");
}

result<void> use_key_pair(SSL_CTX* context, tls_files const& files) {
    named_file const certificate{"tls_certificate", files.certificate};
    named_file const key_file{"tls_key", files.key};
    if (auto readable = check_readable(certificate); !readable) return readable;
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return certificate.openssl_problem("is not a usable PEM certificate");
    auto const key = read_key(key_file);
    if (!key) return key.error();
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), key->get()) != 1) {
        ERR_clear_error();
        return key_file.problem("is not the key of tls_certificate " + files.certificate);
    }
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) return key_file.openssl_problem("cannot be used");
    warn_of_readers(files.key);
    return {};
}

result<void> use_client_ca(SSL_CTX* context, std::string const& path) {
    if (path.empty()) return {};
    named_file const file{"tls_client_ca", path};
    if (auto readable = check_readable(file); !readable) return readable;
    auto* const names = SSL_load_client_CA_file(path.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
        sk_X509_NAME_pop_free(names, &X509_NAME_free);
        return file.openssl_problem("has no PEM certificates");
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return {};
}

/// RFC 7301: a client that offers only other protocols is refused.
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                    unsigned offered_size, void*) {
    auto const* ours = reinterpret_cast<unsigned char const*>(alpn_http_1_1.data());
    // It wants to write to `chosen`, and does not.
    auto const found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, ours, alpn_http_1_1.size(),
                                             offered, offered_size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void restrict_protocol(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    bool const known =
        SSL_CTX_set_cipher_list(context, ciphers_of_1_2) == 1 && SSL_CTX_set1_groups_list(context, groups) == 1;
    if (!known) throw std::runtime_error("this OpenSSL supports none of the required ciphers");
    SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
}

void arrange_memory_and_turns(SSL_CTX* context) {
    // Idle connections hold no buffers; a write says how much of it went; a read returns after each record.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    // Sessions are in the tickets that clients keep. Who resumes one has shown its certificate before.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context, reinterpret_cast<unsigned char const*>(session_context_id.data()),
                                   session_context_id.size());
}

std::string utc_text(ASN1_TIME const* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "?";
    std::array<char, 32> text;
    auto const size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::string(text.data(), size);
}

}  // namespace

void tls_context::closer::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

tls_context::tls_context() : native_(SSL_CTX_new(TLS_server_method())) {
    if (!native_) throw std::bad_alloc();
    restrict_protocol(native_.get());
    arrange_memory_and_turns(native_.get());
}

result<std::shared_ptr<tls_context const>> tls_context::load(tls_files const& files) {
    ERR_clear_error();
    std::shared_ptr<tls_context> made(new tls_context);
    if (auto used = use_key_pair(made->native(), files); !used) return used.error();
    if (auto used = use_client_ca(made->native(), files.client_ca); !used) return used.error();
    made->valid_until_ = utc_text(X509_get0_notAfter(SSL_CTX_get0_certificate(made->native())));
    return std::shared_ptr<tls_context const>(std::move(made));
}

bool tls_context::is_valid_now() const noexcept {
    auto const* certificate = SSL_CTX_get0_certificate(native());
    return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

}  // namespace sma::http
