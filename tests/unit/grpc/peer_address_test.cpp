#include "peer_address.hpp"

#include "catch.hpp"

using sma::grpc::peer_address;

TEST_CASE("a peer is known by its address alone, as in HTTP's log", "[grpc]") {
    CHECK(peer_address("ipv4:192.0.2.1:5000") == "192.0.2.1");
    CHECK(peer_address("ipv6:%5B2001:db8::1%5D:5000") == "2001:db8::1");
    CHECK(peer_address("ipv6:[::1]:5000") == "::1");
    CHECK(peer_address("ipv6:%5Bfe80::1%25eth0%5D:5000") == "fe80::1");
    CHECK(peer_address("ipv6:%5B::ffff:192.0.2.1%5D:5000") == "192.0.2.1");
    CHECK(peer_address("unix:") == "unix");
    CHECK(peer_address("unix:/run/socket") == "unix");
}
