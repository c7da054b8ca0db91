#include "tls_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sma::http::test {

using namespace sma::test;

void secured::use(std::string const& common_name, bool only_known) {
    auto const pair = authority_.issue(common_name);
    write_file(folder_ / "server.pem", pair.certificate);
    write_file(folder_ / "server.key", pair.key);
    write_file(folder_ / "ca.pem", ca());
    auto const made = http::tls_context::load({(folder_ / "server.pem").string(), (folder_ / "server.key").string(),
                                               only_known ? (folder_ / "ca.pem").string() : ""});
    on_io([&] { server().use_tls(made.value()); });
}

connection secured::connect(tls_options o, ssl_session_st* resumed) const {
    o.ca = ca();
    return connection(port(), o, 20s, resumed);
}

double secured::failures(std::string_view reason) const {
    auto const exposed = metrics.expose();
    auto const series = "tls_handshake_failures_total{reason=\"" + std::string(reason) + "\"} ";
    auto const at = exposed.find(series);
    return at == exposed.npos ? 0 : std::stod(exposed.substr(at + series.size()));
}

slow_wire::slow_wire(std::uint16_t to) : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listening_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listening_, 1);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, to] { pass(to); });
}

slow_wire::~slow_wire() {
    thread_.join();
    ::close(listening_);
}

void slow_wire::pass(std::uint16_t to) {
    int const near = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    client far(to);
    char bytes[16384];
    for (bool open = true; open;) {
        pollfd both[] = {{near, POLLIN, 0}, {far.fd(), POLLIN, 0}};
        if (::poll(both, 2, 20'000) <= 0) break;
        if (both[1].revents != 0) {
            auto const size = ::recv(far.fd(), bytes, sizeof bytes, 0);
            open = size > 0 && ::send(near, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
        } else {
            open = ::recv(near, bytes, 1, 0) == 1 && far.send({bytes, 1});
        }
    }
    ::close(near);
}

}  // namespace sma::http::test
