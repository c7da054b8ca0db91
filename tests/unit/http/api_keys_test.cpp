#include "http_fixture.hpp"

#include "catch_result.hpp"
#include "files.hpp"

#include "sma/http/api_keys.hpp"

#include "catch.hpp"

#include <sys/stat.h>

using namespace sma::http::test;
using Catch::Matchers::ContainsSubstring;
using http::api_keys;

namespace {

// printf %s alpha | sha256sum, and of beta
constexpr std::string_view hash_of_alpha = "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8";
constexpr std::string_view hash_of_beta = "f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753";

std::string line(std::string_view name, std::string_view hash) {
    return std::string(name) + " " + std::string(hash) + "\n";
}

std::shared_ptr<api_keys const> two_keys() {
    auto keys = api_keys::parse(line("anna", hash_of_alpha) + line("bert", hash_of_beta));
    REQUIRE(keys);
    return std::make_shared<api_keys const>(std::move(*keys));
}

std::string refusal(std::string_view text) {
    auto const keys = api_keys::parse(text);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == sma::errc::invalid_setting);
    return keys.error().message;
}

struct guarded : harness {
    explicit guarded(std::shared_ptr<api_keys const> keys = two_keys()) {
        on_io([&] { server().use_keys(std::move(keys)); });
    }
};

}  // namespace

TEST_CASE("a file of keys has comments, blanks and either kind of line end", "[keys]") {
    auto const keys = api_keys::parse("# who\r\n\r\n\tanna   " + std::string(hash_of_alpha) + "  # since May\r\n" +
                                      "bert F44E64E75F3948E9F73F8DFA94721C4CE8CBB4F265C4790C702B2D41CFBF2753");
    REQUIRE(keys);
    CHECK(keys->size() == 2);
    REQUIRE(keys->find("alpha") != nullptr);
    CHECK(keys->find("alpha")->name == "anna");
    REQUIRE(keys->find("beta") != nullptr);
    CHECK(keys->find("beta")->name == "bert");
}

TEST_CASE("only the key itself is the key", "[keys]") {
    auto const keys = two_keys();
    for (std::string_view const wrong : {"", "alph", "alphaa", "Alpha", "alpha ", "anna"}) {
        INFO(wrong);
        CHECK(keys->find(wrong) == nullptr);
    }
    CHECK(keys->find(hash_of_alpha) == nullptr);
    // Every byte of the hash counts.
    for (std::size_t i = 0; i < hash_of_alpha.size(); ++i) {
        std::string nearly(hash_of_alpha);
        nearly[i] = nearly[i] == '0' ? '1' : '0';
        CHECK(api_keys::parse(line("anna", nearly)).value().find("alpha") == nullptr);
    }
    CHECK(keys->find(std::string_view("alpha\0", 6)) == nullptr);
}

TEST_CASE("a line that is wrong is named by its number and never shown", "[keys]") {
    auto const good = line("anna", hash_of_alpha);
    CHECK_THAT(refusal(good + "bert\n"), ContainsSubstring("line 2") && ContainsSubstring("name sha256-hex"));
    CHECK_THAT(refusal("\n#\nbert secret\n"),
               ContainsSubstring("line 3") && ContainsSubstring("64 hex") && !ContainsSubstring("secret"));
    CHECK_THAT(refusal(line("bert", std::string(63, 'a') + "g")), ContainsSubstring("64 hex"));
    CHECK_THAT(refusal(line("b/c", hash_of_beta)), ContainsSubstring("name") && !ContainsSubstring("b/c"));
    CHECK_THAT(refusal(line(std::string(65, 'b'), hash_of_beta)), ContainsSubstring("64 characters"));
    CHECK_THAT(refusal(good + line("anna", hash_of_beta)),
               ContainsSubstring("line 2") && ContainsSubstring("duplicate"));
    CHECK_THAT(refusal(good + line("bert", hash_of_alpha)),
               ContainsSubstring("line 2") && ContainsSubstring("duplicate"));
}

TEST_CASE("a key may have a rate of its own", "[keys]") {
    auto const rate_of = [](std::string const& words) {
        auto const keys = api_keys::parse("anna " + std::string(hash_of_alpha) + " " + words);
        REQUIRE(keys);
        return keys->find("alpha")->rate;
    };
    CHECK_FALSE(rate_of("# 5").has_value());
    CHECK(rate_of("0.5")->per_s == 0.5);
    CHECK(rate_of("0.5")->size() == 1);
    CHECK(rate_of("2.5")->size() == 3);
    CHECK(rate_of("5 20")->size() == 20);
    CHECK_FALSE(rate_of("0")->is_limited());
    for (std::string const wrong : {"-1", "x", "1x", "nan", "inf", "1e9", "1 0", "1 x", "1 2 3"}) {
        INFO(wrong);
        CHECK_FALSE(api_keys::parse("anna " + std::string(hash_of_alpha) + " " + wrong).has_value());
    }
}

TEST_CASE("a file without a key is refused, not taken for a server without keys", "[keys]") {
    CHECK_THAT(refusal(""), ContainsSubstring("at least one key"));
    CHECK_THAT(refusal("# anna\n \n"), ContainsSubstring("at least one key"));
}

TEST_CASE("keys are bounded", "[keys]") {
    std::string text;
    auto const add = [&](std::size_t i) {
        auto number = std::to_string(i);
        text += line("n" + number, std::string(64 - number.size(), 'a') + number);
    };
    for (std::size_t i = 0; i < http::api_keys_max; ++i) add(i);
    CHECK(api_keys::parse(text).value().size() == http::api_keys_max);
    add(http::api_keys_max);
    CHECK_THAT(refusal(text), ContainsSubstring("more than 1000"));
}

TEST_CASE("a file that cannot be used is named", "[keys]") {
    sma::test::temporary_folder const folder;
    auto const message = [](std::filesystem::path const& file) { return http::load_api_keys(file).error().message; };
    CHECK_THAT(message(folder / "none"), ContainsSubstring("none: cannot be read"));
    CHECK_THAT(message(folder.path()), ContainsSubstring("cannot be read"));
    CHECK_THAT(message("/dev/null"), ContainsSubstring("not a file"));
    sma::test::write_file(folder / "keys", "anna\n");
    CHECK_THAT(message(folder / "keys"), ContainsSubstring("keys: line 1"));
    sma::test::write_file(folder / "keys", std::string(http::api_keys_file_bytes_max + 1, '#'));
    CHECK_THAT(message(folder / "keys"), ContainsSubstring("longer than"));
    sma::test::write_file(folder / "keys", line("anna", hash_of_alpha));
    CHECK(http::load_api_keys(folder / "keys").value()->find("alpha")->name == "anna");
}

TEST_CASE("with keys, a route that is checked wants one", "[keys]") {
    guarded h;
    client c(h.port());
    for (auto const* wrong : {"", "Authorization: Bearer gamma\r\n", "X-API-Key: gamma\r\n", "X-API-Key: \r\n",
                              "Authorization: Basic alpha\r\n", "Authorization: alpha\r\n", "Authorization: Bearer\r\n",
                              "Authorization: Beareralpha\r\n", "Cookie: alpha\r\n"}) {
        INFO(wrong);
        auto const a = c.ask(get("/hello", wrong));
        CHECK(a.status == 401);
        CHECK(a.code() == "UNAUTHORIZED");
        CHECK(a.header("www-authenticate") == "Bearer");
        CHECK_THAT(a.body, !ContainsSubstring("gamma"));
    }
    CHECK(h.handled == 0);
    for (auto const* right :
         {"Authorization: Bearer alpha\r\n", "authorization: bearer   beta\r\n", "X-API-Key: alpha\r\n",
          "x-api-key:beta\r\n", "X-API-Key: alpha\r\nAuthorization: Basic eA==\r\n"}) {
        INFO(right);
        CHECK(c.ask(get("/hello", right)).status == 200);
    }
    CHECK(h.counted("GET", "/hello", "401") == 9);
}

TEST_CASE("open routes, unknown ones and OPTIONS want no key", "[keys]") {
    guarded h;
    client c(h.port());
    CHECK(c.ask(get("/open")).status == 200);
    CHECK(c.ask(get("/open", "X-API-Key: gamma\r\n")).status == 200);
    CHECK(c.ask(get("/nothing")).status == 404);
    CHECK(c.ask(get("/echo")).status == 405);
    CHECK(c.ask("OPTIONS /hello HTTP/1.1\r\nHost: x\r\n\r\n").status == 204);
    c.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(c.receive(true).status == 401);
}

TEST_CASE("a refusal has the shape of its path", "[keys]") {
    guarded h;
    client c(h.port());
    auto const a = c.ask(get("/v2/models/x"));
    CHECK(a.status == 401);
    CHECK(a.code().empty());
    CHECK(a.header("www-authenticate") == "Bearer");
}

TEST_CASE("a body without a key is never asked for, and the connection stays", "[keys]") {
    guarded h;
    client c(h.port());
    auto const a = c.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(a.status == 401);
    CHECK(c.ends());
    client small(h.port());
    CHECK(small.ask(post("/hello", "four")).status == 401);
    CHECK(small.ask(post("/hello", "four", "X-API-Key: alpha\r\n")).status == 200);
}

TEST_CASE("keys are exchanged while connections are open", "[keys]") {
    guarded h;
    client c(h.port());
    CHECK(c.ask(get("/hello", "X-API-Key: alpha\r\n")).status == 200);
    auto other = api_keys::parse(line("carl", hash_of_beta));
    h.on_io([&] { h.server().use_keys(std::make_shared<api_keys const>(std::move(*other))); });
    CHECK(c.ask(get("/hello", "X-API-Key: alpha\r\n")).status == 401);
    CHECK(c.ask(get("/hello", "X-API-Key: beta\r\n")).status == 200);
    h.on_io([&] { h.server().use_keys(nullptr); });
    CHECK(c.ask(get("/hello")).status == 200);
}
