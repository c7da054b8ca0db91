#include "tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <csignal>
#include <stdexcept>

namespace sma::test {
namespace {

[[noreturn]] void fail(char const* what) {
    auto const* reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    throw std::runtime_error(std::string(what) + ": " + (reason == nullptr ? "the connection ended" : reason));
}

std::unique_ptr<BIO, decltype(&BIO_free)> memory(std::string const& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

std::shared_ptr<X509> certificate_in(std::string const& pem) {
    return {PEM_read_bio_X509(memory(pem).get(), nullptr, nullptr, nullptr), &X509_free};
}

void use_own(SSL_CTX* context, key_pair const& own) {
    auto const certificate = certificate_in(own.certificate);
    std::shared_ptr<EVP_PKEY> const key(PEM_read_bio_PrivateKey(memory(own.key).get(), nullptr, nullptr, nullptr),
                                        &EVP_PKEY_free);
    if (SSL_CTX_use_certificate(context, certificate.get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        fail("the client's certificate");
}

void apply(tls_options const& o, SSL_CTX* context) {
    if (!o.ca.empty()) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate_in(o.ca).get());
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    if (o.own) use_own(context, *o.own);
    if (o.version != 0) {
        SSL_CTX_set_min_proto_version(context, o.version);
        SSL_CTX_set_max_proto_version(context, o.version);
        // What is old is below what OpenSSL calls secure.
        if (o.version < TLS1_2_VERSION) SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    }
    if (!o.alpn.empty())
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<unsigned char const*>(o.alpn.data()),
                                static_cast<unsigned>(o.alpn.size()));
    if (o.fragment != 0) SSL_CTX_set_max_send_fragment(context, static_cast<long>(o.fragment));
}

}  // namespace

tls_client::tls_client(int socket, tls_options const& options, ssl_session_st* resumed)
    : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets as to files
    ERR_clear_error();
    apply(options, context_.get());
    stream_.reset(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(stream_.get(), socket);
    if (resumed != nullptr) SSL_set_session(stream_.get(), resumed);
    if (SSL_connect(stream_.get()) != 1) fail("no handshake");
}

bool tls_client::send(std::string_view bytes) {
    ERR_clear_error();
    std::size_t sent = 0;
    return bytes.empty() || SSL_write_ex(stream_.get(), bytes.data(), bytes.size(), &sent) == 1;
}

std::size_t tls_client::receive(char* bytes, std::size_t most, end& how) {
    ERR_clear_error();
    std::size_t size = 0;
    auto const status = SSL_read_ex(stream_.get(), bytes, most, &size);
    auto const why = status == 1 ? SSL_ERROR_NONE : SSL_get_error(stream_.get(), status);
    how = why == SSL_ERROR_NONE          ? end::none
          : why == SSL_ERROR_ZERO_RETURN ? end::goodbye
          : why == SSL_ERROR_WANT_READ   ? end::too_late
                                         : end::torn;
    return how == end::none ? size : 0;
}

void tls_client::say_goodbye() { SSL_shutdown(stream_.get()); }

void tls_client::update_keys() {
    if (SSL_key_update(stream_.get(), SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(stream_.get()) != 1)
        fail("no new keys");
}

bool tls_client::renegotiate() {
    ERR_clear_error();
    return SSL_renegotiate(stream_.get()) == 1 && SSL_do_handshake(stream_.get()) == 1;
}

std::string tls_client::protocol() const { return SSL_get_version(stream_.get()); }

std::string tls_client::alpn() const {
    unsigned char const* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(stream_.get(), &name, &size);
    return std::string(reinterpret_cast<char const*>(name), size);
}

std::string tls_client::peer() const {
    auto const* certificate = SSL_get0_peer_certificate(stream_.get());
    if (certificate == nullptr) return {};
    char name[128] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    return name;
}

bool tls_client::resumed() const { return SSL_session_reused(stream_.get()) == 1; }

std::shared_ptr<ssl_session_st> tls_client::session() const {
    return {SSL_get1_session(stream_.get()), &SSL_SESSION_free};
}

}  // namespace sma::test
