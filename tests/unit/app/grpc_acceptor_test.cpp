#include "grpc_acceptor.hpp"

#include "catch.hpp"

#include <sys/socket.h>

#include <array>

using namespace sma;

namespace {

std::array<unique_fd, 2> socket_pair() {
    std::array<int, 2> fds{-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    return {unique_fd(fds[0]), unique_fd(fds[1])};
}

}  // namespace

TEST_CASE("lent sockets are counted until somebody closes them", "[grpc_acceptor]") {
    app::lent_sockets lent;
    auto pair = socket_pair();
    int const number = pair[0].get();
    lent.add(number);
    lent.add(pair[1].get());
    CHECK(lent.count_open() == 2);
    pair[0] = unique_fd();
    CHECK(lent.count_open() == 1);
    // A descriptor of the same number is another socket.
    lent.add(pair[1].get());
    auto const other = socket_pair();
    CHECK(other[0].get() == number);
    CHECK(lent.count_open() == 2);
}
