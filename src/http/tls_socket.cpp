#include "tls_socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace sma::http {
namespace {

int socket_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool is_worth_another() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int send_bytes(BIO* bio, char const* bytes, int size) {
    BIO_clear_retry_flags(bio);
    auto const sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && is_worth_another()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int receive_bytes(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    auto const received = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), 0);
    if (received < 0 && is_worth_another()) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(received);
}

long answer_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;  // nothing is held back
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

BIO_METHOD* make_method() noexcept {
    auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "non-blocking socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_write(method, &send_bytes);
    BIO_meth_set_read(method, &receive_bytes);
    BIO_meth_set_ctrl(method, &answer_control);
    return method;
}

}  // namespace

BIO* make_tls_socket(int socket) noexcept {
    static BIO_METHOD const* const method = make_method();  // for the life of the process
    auto* const bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace sma::http
