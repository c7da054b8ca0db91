#include "content_coding.hpp"

#include "catch.hpp"

using namespace sma::http;

namespace {

request with(beast_http::field name, std::initializer_list<char const*> lines) {
    request r;
    for (auto const* line : lines) r.headers.insert(name, line);
    return r;
}

sma::result<content_coding> coding(std::initializer_list<char const*> lines) {
    return coding_of(with(beast_http::field::content_encoding, lines));
}

bool gzip_allowed(std::initializer_list<char const*> lines) {
    return accepts_gzip(with(beast_http::field::accept_encoding, lines));
}

}  // namespace

TEST_CASE("a body has one coding that is known, or none", "[coding]") {
    CHECK(*coding({}) == content_coding::identity);
    CHECK(*coding({"", "identity , "}) == content_coding::identity);
    CHECK(*coding({"gzip"}) == content_coding::gzip);
    CHECK(*coding({"X-GZip"}) == content_coding::gzip);
    CHECK(*coding({" deflate, identity"}) == content_coding::deflate);
    CHECK(*coding({"identity", "zstd"}) == content_coding::zstd);
    for (auto const& lines : {std::initializer_list<char const*>{"br"},
                              {"gzip, gzip"},
                              {"gzip", "zstd"},
                              {"gzip;q=1"},
                              {"gzip br"},
                              {"br, gzip"},
                              {"gzip", "br"}}) {
        auto const found = coding(lines);
        REQUIRE_FALSE(found.has_value());
        CHECK(found.error().code == sma::errc::unsupported_media_type);
    }
}

TEST_CASE("gzip is allowed by its name or by a star, unless its weight is zero", "[coding]") {
    CHECK(gzip_allowed({"gzip"}));
    CHECK(gzip_allowed({"br, GZIP ;q=0.5"}));
    CHECK(gzip_allowed({"x-gzip"}));
    CHECK(gzip_allowed({"deflate", "gzip;q=0.001"}));
    CHECK(gzip_allowed({"*"}));
    CHECK(gzip_allowed({"*;q=0, gzip"}));
    CHECK_FALSE(gzip_allowed({}));
    CHECK_FALSE(gzip_allowed({""}));
    CHECK_FALSE(gzip_allowed({"identity, br"}));
    CHECK_FALSE(gzip_allowed({"gzip;q=0"}));
    CHECK_FALSE(gzip_allowed({"gzip; q=0.000, *"}));
    CHECK_FALSE(gzip_allowed({"*;q=0"}));
}
