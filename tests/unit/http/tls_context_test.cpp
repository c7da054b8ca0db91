// Tests of the errors for unusable certificates and keys.
#include "sma/http/tls_context.hpp"

#include "catch_result.hpp"
#include "certificates.hpp"
#include "files.hpp"

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using sma::http::tls_context;

namespace {

/// Files of one pair, and the words with which they are refused.
class pem_files {
public:
    pem_files() { write(authority_.issue("server")); }

    void write(key_pair const& pair) const {
        write_file(certificate(), pair.certificate);
        write_file(key(), pair.key);
    }
    std::string certificate() const { return (folder_ / "server.pem").string(); }
    std::string key() const { return (folder_ / "server.key").string(); }
    std::string client_ca() const { return (folder_ / "clients.pem").string(); }
    test_authority const& authority() const { return authority_; }
    auto load(std::string const& ca = {}) const { return tls_context::load({certificate(), key(), ca}); }
    std::string refusal(std::string const& ca = {}) const {
        auto const loaded = load(ca);
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().code == sma::errc::invalid_setting);
        return loaded.error().message;
    }

private:
    temporary_folder folder_;
    test_authority authority_;
};

}  // namespace

TEST_CASE("a certificate and its key are taken, and how long they are valid is known", "[tls]") {
    pem_files const files;
    write_file(files.client_ca(), files.authority().certificate());
    auto const loaded = files.load(files.client_ca());
    REQUIRE(loaded);
    CHECK((*loaded)->is_valid_now());
    CHECK((*loaded)->valid_until().size() == 20);
    CHECK((*loaded)->valid_until().starts_with("20"));
    CHECK((*loaded)->valid_until().ends_with("Z"));
}

TEST_CASE("a certificate whose time is over is taken, and known to be that", "[tls]") {
    pem_files const files;
    files.write(files.authority().issue_expired("server"));
    auto const loaded = files.load();
    REQUIRE(loaded);
    CHECK_FALSE((*loaded)->is_valid_now());
}

TEST_CASE("what cannot be used is named, with what is wrong with it", "[tls]") {
    pem_files const files;
    auto const good = files.authority().issue("server");
    auto const other = files.authority().issue("another");
    SECTION("a missing certificate") {
        std::filesystem::remove(files.certificate());
        CHECK_THAT(files.refusal(), StartsWith("tls_certificate " + files.certificate() + ": cannot be read"));
    }
    SECTION("a missing key") {
        std::filesystem::remove(files.key());
        CHECK_THAT(files.refusal(), StartsWith("tls_key " + files.key() + ": cannot be read"));
    }
    SECTION("a folder") {
        std::filesystem::remove(files.key());
        std::filesystem::create_directory(files.key());
        CHECK_THAT(files.refusal(), ContainsSubstring("tls_key") && ContainsSubstring("directory"));
    }
    SECTION("no PEM") {
        files.write({"certificate", good.key});
        CHECK_THAT(files.refusal(),
                   StartsWith("tls_certificate") && ContainsSubstring("is not a usable PEM certificate"));
        files.write({good.certificate, "key"});
        CHECK_THAT(files.refusal(), StartsWith("tls_key") && ContainsSubstring("is not a PEM private key"));
    }
    SECTION("files the wrong way round") {
        files.write({good.key, good.certificate});
        CHECK_THAT(files.refusal(), StartsWith("tls_certificate"));
    }
    SECTION("the key of another certificate") {
        files.write({good.certificate, other.key});
        CHECK_THAT(files.refusal(), ContainsSubstring("is not the key of tls_certificate " + files.certificate()));
    }
    SECTION("a key that wants a passphrase") {
        files.write({good.certificate, encrypted(good.key)});
        CHECK_THAT(files.refusal(), ContainsSubstring("is encrypted"));
    }
    SECTION("no authorities") {
        write_file(files.client_ca(), "");
        CHECK_THAT(files.refusal(files.client_ca()), StartsWith("tls_client_ca " + files.client_ca()));
        std::filesystem::remove(files.client_ca());
        CHECK_THAT(files.refusal(files.client_ca()), ContainsSubstring("cannot be read"));
    }
}
