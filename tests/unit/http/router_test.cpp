#include "sma/http/router.hpp"

#include "catch.hpp"

#include <stdexcept>

namespace {

using namespace sma::http;

struct silent_endpoint : endpoint {
    boost::asio::awaitable<response> handle(request&) override { co_return response{}; }
};

response text_error(sma::error const& e, std::string_view) {
    response r;
    r.body = e.message;
    return r;
}

struct table {
    silent_endpoint a, b, c, d, e;
    router r{{{verb::get, "/health", body_kind::none, &a},
              {verb::post, "/predict", body_kind::upload, &b},
              {verb::get, "/v2/models/{m}", body_kind::none, &c},
              {verb::get, "/v2/models/{m}/versions/{v}/ready", body_kind::none, &d},
              {verb::get, "/v2/models/ready", body_kind::none, &e},
              {verb::get, "/", body_kind::none, &a}},
             {{"/v2", text_error}}};
};

}  // namespace

TEST_CASE("a path and a method find their row", "[router]") {
    table t;
    REQUIRE(t.r.find(verb::get, "/health").found->target == &t.a);
    REQUIRE(t.r.find(verb::get, "/").found->path == "/");
    REQUIRE(t.r.find(verb::head, "/health").found->target == &t.a);
    REQUIRE(t.r.find(verb::post, "/pre%64ict").found->target == &t.b);
}

TEST_CASE("a known path with another method is not the same as an unknown path", "[router]") {
    table t;
    auto const wrong_method = t.r.find(verb::get, "/predict");
    REQUIRE(wrong_method.found == nullptr);
    REQUIRE(wrong_method.path_known);
    REQUIRE(wrong_method.path_template == "/predict");
    for (auto const* path :
         {"/nothing", "/health/", "//health", "/health/x", "*", "/v2/models", "/v2/models/", "/predict%2f"}) {
        INFO(path);
        auto const m = t.r.find(verb::get, path);
        REQUIRE(m.found == nullptr);
        REQUIRE_FALSE(m.path_known);
        REQUIRE(m.path_template == "other");
    }
}

TEST_CASE("segments in braces take any one segment, decoded", "[router]") {
    table t;
    auto const one = t.r.find(verb::get, "/v2/models/res%20net%2F50");
    REQUIRE(one.found->target == &t.c);
    REQUIRE(one.parameters.at("m") == "res net/50");
    REQUIRE(one.path_template == "/v2/models/{m}");
    auto const two = t.r.find(verb::get, "/v2/models/a/versions/1/ready");
    REQUIRE(two.found->target == &t.d);
    REQUIRE(two.parameters.at("v") == "1");
    REQUIRE(t.r.find(verb::get, "/v2/models/ready").found->target == &t.e);
    REQUIRE(t.r.find(verb::get, "/v2/models/{m}").parameters.at("m") == "{m}");
    REQUIRE_FALSE(t.r.find(verb::get, "/v2/models/bad%zz").path_known);
}

TEST_CASE("Allow lists the methods of a path", "[router]") {
    table t;
    REQUIRE(t.r.allowed("/health") == "GET, HEAD, OPTIONS");
    REQUIRE(t.r.allowed("/predict") == "OPTIONS, POST");
    REQUIRE(t.r.allowed("*") == "GET, HEAD, OPTIONS, POST");
}

TEST_CASE("errors take the shape of the path they are below", "[router]") {
    table t;
    sma::error const e(sma::errc::not_found, "nothing here");
    REQUIRE(t.r.explain("/v2/nothing", e, "id").body == "nothing here");
    REQUIRE(t.r.explain("/v2", e, "id").body == "nothing here");
    REQUIRE(t.r.explain("/v2x", e, "id").body ==
            R"({"success":false,"error":{"code":"NOT_FOUND","message":"nothing here","correlation_id":"id"}})");
}

TEST_CASE("a table with a mistake is refused", "[router]") {
    silent_endpoint a;
    REQUIRE_THROWS_AS(router({{verb::get, "health", body_kind::none, &a}}), std::logic_error);
    REQUIRE_THROWS_AS(router({{verb::get, "/a", body_kind::none, &a}, {verb::get, "/a", body_kind::none, &a}}),
                      std::logic_error);
}
