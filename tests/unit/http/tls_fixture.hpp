// Fixture whose clients speak TLS.
#pragma once

#include "http_fixture.hpp"

#include "certificates.hpp"
#include "files.hpp"
#include "http_client.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sma::http::test {

class secured : public harness {
public:
    explicit secured(http::limits const& l = {}) : harness(l) { use("server"); }

    /// New connections get a certificate with this common name; `only_known`: they must show one themselves.
    void use(std::string const& common_name, bool only_known = false);
    std::string ca() const { return authority_.certificate(); }
    sma::test::key_pair client_certificate() const { return authority_.issue("client"); }
    /// A client that trusts this server.
    sma::test::connection connect(sma::test::tls_options o = {}, ssl_session_st* resumed = nullptr) const;
    /// Of tls_handshake_failures_total.
    double failures(std::string_view reason) const;

private:
    sma::test::temporary_folder folder_;
    sma::test::test_authority authority_;
};

/// Passes one connection on to a port, what the client sends byte by byte.
class slow_wire {
public:
    explicit slow_wire(std::uint16_t to);
    ~slow_wire();
    std::uint16_t port() const noexcept { return port_; }

private:
    void pass(std::uint16_t to);

    int listening_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace sma::http::test
