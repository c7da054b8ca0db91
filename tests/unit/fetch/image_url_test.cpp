// Tests of the parts of a URL.
#include "image_url.hpp"

#include "files.hpp"
#include "fuzz_one_url.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::fetch;

TEST_CASE("a URL is taken apart, and what its host may have signed stays", "[fetch]") {
    auto const url = parse_image_url("HTTPS://Images.Example.COM:443/a/../b%7e?x=%2f#part").value();
    CHECK(url.secure);
    CHECK(url.host == "images.example.com");
    CHECK(url.port == 443);
    CHECK(url.authority == "images.example.com");
    CHECK(url.target == "/a/../b%7e?x=%2f");
    auto const other = parse_image_url("http://[2001:DB8::1]:8080").value();
    CHECK_FALSE(other.secure);
    CHECK(other.host == "2001:db8::1");
    CHECK(other.authority == "[2001:db8::1]:8080");
    CHECK(other.target == "/");
}

TEST_CASE("a redirect leads from where it was answered", "[fetch]") {
    auto const base = parse_image_url("https://a.example/x/y?z").value();
    CHECK(redirected(base, "../w#part")->text == "https://a.example/w");
    CHECK(redirected(base, "//b.example/q")->host == "b.example");
    CHECK(redirected(base, "http://c.example")->port == 80);
    for (auto const* const wrong : {"ftp://a.example/", "https://u:p@a.example/", "a b", "https://"}) {
        INFO(wrong);
        CHECK(redirected(base, wrong).error().code == errc::image_not_fetched);
    }
}

TEST_CASE("the seeds of the fuzz target are what their names say", "[fetch]") {
    for (auto const& file :
         sma::test::files_in(std::filesystem::path(SMA_SOURCE_DIR) / "tests/fuzz/corpus/image_url")) {
        INFO(file);
        bool const is_bad = file.filename().string().starts_with("bad_");
        CHECK(fetch::test::fuzz_one_url(sma::test::read_file(file)) == !is_bad);
    }
}
