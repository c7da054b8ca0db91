#include "public_listen_check.hpp"

#include "catch.hpp"

using sma::app::is_reachable_publicly;

TEST_CASE("loopback and Unix sockets stay on this machine") {
    for (auto const* urls : {"http://127.0.0.1:8000", "https://127.9.9.9:80", "http://[::1]:8000",
                             "unix:/run/a, b.sock", "unix:/run/s.sock, http://127.0.0.1:8000", ""}) {
        INFO(urls);
        CHECK_FALSE(is_reachable_publicly(urls));
    }
}

TEST_CASE("every other address reaches further") {
    for (auto const* urls :
         {"http://0.0.0.0:8000", "http://[::]:8000", "https://192.168.0.4:8000", "https://[2001:db8::1]:443",
          "http://127.0.0.1:8000, http://0.0.0.0:9000", "unix:/run/s.sock, http://[2001:db8::1]:80"}) {
        INFO(urls);
        CHECK(is_reachable_publicly(urls));
    }
}
