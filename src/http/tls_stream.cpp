#include "tls_stream.hpp"

#include "tls_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <new>

namespace sma::http {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;

std::string_view reason_of(unsigned long code) noexcept {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) return "malformed";
    auto const reason = ERR_GET_REASON(code);
    switch (reason) {
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
            return handshake_plain_http;
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return handshake_closed;
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return "no_certificate";
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return "certificate_refused";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return "nothing_in_common";
        default:
            return reason > SSL_AD_REASON_OFFSET ? "refused_by_client" : "malformed";
    }
}

}  // namespace

void tls_stream::closer::operator()(ssl_st* stream) const noexcept { SSL_free(stream); }

tls_stream::tls_stream(tls_context const& context, int socket) : stream_(SSL_new(context.native())) {
    auto* const bytes = make_tls_socket(socket);
    if (!stream_ || bytes == nullptr) {
        BIO_free(bytes);
        throw std::bad_alloc();
    }
    SSL_set_bio(stream_.get(), bytes, bytes);
    SSL_set_accept_state(stream_.get());
}

tls_stream::step tls_stream::handshake() noexcept {
    ERR_clear_error();
    auto const status = SSL_do_handshake(stream_.get());
    if (status == 1) return step::done;
    auto const what = SSL_get_error(stream_.get(), status);
    if (what == SSL_ERROR_WANT_READ) return step::wants_read;
    if (what == SSL_ERROR_WANT_WRITE) return step::wants_write;
    failure_ = what == SSL_ERROR_SSL ? reason_of(ERR_peek_last_error()) : handshake_closed;
    give_up();
    return step::failed;
}

tls_stream::transfer tls_stream::give_up() noexcept {
    broken_ = true;
    ERR_clear_error();
    return {io_end::closed, 0};
}

tls_stream::transfer tls_stream::read(std::span<char> into) noexcept {
    if (broken_) return {io_end::closed, 0};
    ERR_clear_error();
    std::size_t size = 0;
    auto const status = SSL_read_ex(stream_.get(), into.data(), into.size(), &size);
    if (status == 1) return {io_end::some, size};
    auto const what = SSL_get_error(stream_.get(), status);
    if (what == SSL_ERROR_WANT_READ) return {io_end::none, 0};
    // The client has sent close_notify; responses may still be sent.
    if (what == SSL_ERROR_ZERO_RETURN) return {io_end::closed, 0};
    return give_up();
}

tls_stream::transfer tls_stream::write(std::string_view head, std::string_view body) noexcept {
    if (broken_) return {io_end::closed, 0};
    std::array<char, record_bytes> joined;
    auto record = (head.empty() ? body : head).substr(0, record_bytes);
    if (!head.empty() && !body.empty() && record.size() < record_bytes) {
        auto* const behind = std::copy(record.begin(), record.end(), joined.begin());
        body = body.substr(0, record_bytes - record.size());
        auto* const end = std::copy(body.begin(), body.end(), behind);
        record = std::string_view(joined.data(), static_cast<std::size_t>(end - joined.data()));
    }
    ERR_clear_error();
    std::size_t size = 0;
    auto const status = SSL_write_ex(stream_.get(), record.data(), record.size(), &size);
    if (status == 1) return {io_end::some, size};
    if (SSL_get_error(stream_.get(), status) == SSL_ERROR_WANT_WRITE) return {io_end::none, 0};
    // Wanting to read, here, would be in the middle of a message of the client's that no honest one splits.
    return give_up();
}

std::size_t tls_stream::pending() const noexcept { return static_cast<std::size_t>(SSL_pending(stream_.get())); }

void tls_stream::close_notify() noexcept {
    bool const said = (SSL_get_shutdown(stream_.get()) & SSL_SENT_SHUTDOWN) != 0;
    if (broken_ || said || SSL_is_init_finished(stream_.get()) == 0) return;
    SSL_shutdown(stream_.get());
    ERR_clear_error();
}

}  // namespace sma::http
