// Tests of the pages' bytes: what they load, and the policy that keeps them from loading more. The browser's own test
// is tests/browser.
#include "checks.hpp"

#include "catch.hpp"

#include <regex>
#include <set>

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

std::filesystem::path const sources = std::filesystem::path(SMA_SOURCE_DIR) / "src/api/page";

std::string target_of(std::filesystem::path const& file) {
    auto const name = file.filename().string();
    if (name == "index.html") return "/";
    return name == "docs.html" ? "/docs" : "/assets/" + name;
}

}  // namespace

TEST_CASE("the pages and what they load are served as they are written", "[contract]") {
    std::size_t bytes = 0;
    for (auto const& file : files_in(sources)) {
        INFO(file);
        auto const response = shared_server().get(target_of(file));
        CHECK(response.status == 200);
        require_common_headers(response);
        CHECK((response.body == read_file(file)));
        CHECK(response.header("X-Content-Type-Options") == "nosniff");
        CHECK(response.header("X-Frame-Options") == "DENY");
        CHECK(response.header("Referrer-Policy") == "no-referrer");
        bytes += response.body.size();
    }
    CHECK(bytes < 60'000);
    CHECK(shared_server().get("/").header("Content-Type") == "text/html; charset=utf-8");
    CHECK(shared_server().get("/assets/page.css").header("Content-Type") == "text/css; charset=utf-8");
    CHECK(shared_server().get("/assets/page.js").header("Content-Type") == "text/javascript; charset=utf-8");
    auto const star = shared_server().get("/assets/star-1.jpg");
    CHECK(star.header("Content-Type") == "image/jpeg");
    CHECK((star.body == sample_bytes("star-1.jpg")));
}

TEST_CASE("the content policy allows nothing inline and no other host, and the pages keep to it", "[contract]") {
    auto const policy = shared_server().get("/").header("Content-Security-Policy");
    CHECK_THAT(policy, StartsWith("default-src 'none'") && !ContainsSubstring("unsafe") && !ContainsSubstring("http") &&
                           ContainsSubstring("frame-ancestors 'none'"));
    for (auto const& file : files_in(sources)) {
        INFO(file);
        auto const text = std::regex_replace(read_file(file), std::regex("http://www\\.w3\\.org/2000/svg"), "");
        CHECK_THAT(std::regex_replace(text, std::regex("http://127\\.0\\.0\\.1:8000"), ""),
                   !ContainsSubstring("http://") && !ContainsSubstring("https://"));
        if (file.extension() != ".html") continue;
        CHECK_THAT(text,
                   !ContainsSubstring("<style") && !ContainsSubstring(" style=") && !ContainsSubstring(" onclick="));
        static std::regex const inline_script("<script[^>]*>[^<]");
        CHECK_FALSE(std::regex_search(text, inline_script));
    }
}

TEST_CASE("what a browser has already is not sent again", "[contract]") {
    for (auto const* target : {"/", "/docs", "/assets/page.js", "/assets/star-1.jpg", "/openapi.json"}) {
        INFO(target);
        auto const first = shared_server().get(target);
        auto const tag = first.header("ETag");
        CHECK(std::regex_match(tag, std::regex("\"[0-9a-f]{16,}\"")));
        CHECK(first.header("Cache-Control") == "no-cache");
        connection client(shared_server().port());
        for (auto const& sent : {tag, "\"other\", W/" + tag, std::string("*")}) {
            auto const again = client.ask(make_request("GET", target, {{"If-None-Match", sent}}));
            CHECK(again.status == 304);
            CHECK(again.body.empty());
            CHECK(again.header("ETag") == tag);
        }
        CHECK(client.ask(make_request("GET", target, {{"If-None-Match", "\"other\""}})).body == first.body);
    }
    std::set<std::string> tags;
    for (auto const& file : files_in(sources)) tags.insert(shared_server().get(target_of(file)).header("ETag"));
    CHECK(tags.size() == files_in(sources).size());
}

TEST_CASE("only what is meant to be loaded can be", "[contract]") {
    for (auto const* target : {"/assets/nothing", "/assets/..%2Fdescription%2Fservice.json", "/assets/service.json",
                               "/assets/%2e%2e", "/assets/page%2Findex.html"}) {
        INFO(target);
        require_error(shared_server().get(target), 404, "NOT_FOUND");
    }
    CHECK(shared_server().get("/assets/").status == 404);
}
