// Non-blocking TLS stream on a socket that its connection owns and waits for.
#pragma once

#include "sma/http/tls_context.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

struct ssl_st;  // OpenSSL's SSL

namespace sma::http {

/// Owned by its connection; I/O thread only. No call waits: its result says which readiness of the socket to wait for.
/// OpenSSL reads one record at a time, so that only the rest of a record (pending()) is buffered outside the socket and
/// not visible in the socket's readiness.
class tls_stream {
public:
    enum class step { done, wants_read, wants_write, failed };
    enum class io_end { some, none, closed };
    struct transfer {
        io_end end;
        std::size_t bytes;
    };

    /// `socket` is non-blocking and outlives this. Throws std::bad_alloc.
    tls_stream(tls_context const& context, int socket);

    step handshake() noexcept;
    /// Why the handshake failed: one of few words, suitable as a metric's label.
    std::string_view failure() const noexcept { return failure_; }

    transfer read(std::span<char> into) noexcept;
    /// One record of head and what fits of body. After `none` the next call must begin with the same bytes.
    transfer write(std::string_view head, std::string_view body) noexcept;
    /// Bytes that have been received and decrypted; the socket's readiness does not reflect them.
    std::size_t pending() const noexcept;
    /// Sends close_notify, if the socket accepts it now.
    void close_notify() noexcept;

private:
    struct closer {
        void operator()(ssl_st* stream) const noexcept;
    };
    transfer give_up() noexcept;

    std::unique_ptr<ssl_st, closer> stream_;
    std::string_view failure_;
    bool broken_ = false;
};

/// Values of failure() for a client that speaks plain HTTP, and for one that left.
inline constexpr std::string_view handshake_plain_http = "plain_http";
inline constexpr std::string_view handshake_closed = "closed";

}  // namespace sma::http
