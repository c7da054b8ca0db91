// Certificates for tests, made when they are needed.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace sma::test {

/// PEM of a certificate and of its key.
struct key_pair {
    std::string certificate;
    std::string key;
};

/// Signs certificates for localhost and 127.0.0.1, valid for an hour, on keys of P-256.
class test_authority {
public:
    test_authority();

    /// Its own, for those who trust it.
    std::string certificate() const;
    key_pair issue(std::string const& common_name) const;
    /// One whose time is over.
    key_pair issue_expired(std::string const& common_name) const;

private:
    key_pair issue(std::string const& common_name, long from_s, long until_s) const;

    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<x509_st> certificate_;
};

/// The same key, in need of a passphrase.
std::string encrypted(std::string const& key);

}  // namespace sma::test
