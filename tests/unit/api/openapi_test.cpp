#include "sma/api/openapi.hpp"

#include "embedded_operations.hpp"
#include "sma/http/error_status.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <stdexcept>
#include <string>

using namespace sma;
namespace json = boost::json;

namespace {

struct described : http::endpoint {
    explicit described(std::string_view text) : operation(json::parse(json::string_view(text.data(), text.size()))) {}
    boost::asio::awaitable<http::response> handle(http::request&) override { co_return http::response{}; }
    json::value operation;
};

json::object document_of(std::vector<http::route> const& table) {
    return api::openapi_document(
        table, [](http::route const& row) { return static_cast<described*>(row.target)->operation.as_object(); });
}

http::route row(std::string_view path, http::endpoint& e, http::verb method = http::verb::get) {
    return {method, path, http::body_kind::none, &e};
}

}  // namespace

TEST_CASE("the document has a path for every row of the table, and no other", "[openapi]") {
    described a(R"({"summary": "One"})");
    described b(R"({"summary": "Two"})");
    auto const document = document_of({row("/a", a), row("/a", b, http::verb::post), row("/b/{x}/c", b)});
    CHECK(document.at("openapi") == "3.1.0");
    auto const& paths = document.at("paths").as_object();
    CHECK(paths.size() == 2);
    CHECK(paths.at("/a").at("get").at("summary") == "One");
    CHECK(paths.at("/a").at("post").at("summary") == "Two");
    CHECK(paths.at("/a").at("post").at("operationId") == "post_a");
    CHECK(paths.at("/b/{x}/c").at("get").at("operationId") == "get_b_x_c");
}

TEST_CASE("a row without a description is there, empty", "[openapi]") {
    described e("{}");
    auto const document = document_of({row("/a", e)});
    CHECK(document.at("paths").at("/a").at("get").as_object().empty());
}

TEST_CASE("path parameters come from the path, unless they are described", "[openapi]") {
    described e(R"({"summary": "x", "parameters": [
        {"name": "m", "in": "path", "required": true, "description": "The model.", "schema": {"type": "string"}},
        {"name": "q", "in": "query", "schema": {"type": "integer"}}]})");
    auto const document = document_of({row("/v2/{m}/versions/{v}", e)});
    auto const& parameters = document.at("paths").at("/v2/{m}/versions/{v}").at("get").at("parameters").as_array();
    REQUIRE(parameters.size() == 3);
    CHECK(parameters[0].at("description") == "The model.");
    CHECK(parameters[2] ==
          json::parse(R"({"name": "v", "in": "path", "required": true, "schema": {"type": "string"}})"));
}

TEST_CASE("a route that is checked tells of its keys, an open one does not", "[openapi]") {
    described e(R"({"summary": "x"})");
    auto open = row("/open", e);
    open.access = http::access_rule::open;
    auto const document = document_of({row("/a", e), open});
    auto const& checked = document.at("paths").at("/a").at("get");
    CHECK(checked.at("security") == json::parse(R"([{}, {"bearer": []}, {"apiKey": []}])"));
    CHECK(checked.at("responses").at("401").at("description") == "`UNAUTHORIZED`");
    CHECK(checked.at("responses").at("401").at("headers").as_object().contains("WWW-Authenticate"));
    CHECK(checked.at("responses").at("429").at("description") == "`RATE_LIMITED`");
    CHECK(checked.at("responses").at("429").at("headers").as_object().contains("Retry-After"));
    CHECK(checked.at("responses").at("500").at("headers").as_object().contains("RateLimit-Remaining"));
    for (auto const* scheme : {"bearer", "apiKey"})
        CHECK(document.at("components").at("securitySchemes").as_object().contains(scheme));
    auto const& free = document.at("paths").at("/open").at("get").as_object();
    CHECK(free.at("security") == json::array());
    CHECK_FALSE(free.at("responses").as_object().contains("401"));
    CHECK_FALSE(free.at("responses").as_object().contains("429"));
    CHECK_FALSE(free.at("responses").at("500").at("headers").as_object().contains("RateLimit-Remaining"));
}

TEST_CASE("errors become responses by their status, in the schema that the operation names", "[openapi]") {
    described e(R"({"summary": "x", "x-errors": ["QUEUE_FULL", "OUT_OF_MEMORY", "MISSING_FILE"],
        "x-error-schema": "Other", "responses": {"200": {"description": "Good."}, "408": {"description": "Mine."}}})");
    auto const document = document_of({row("/a", e)});
    auto const& operation = document.at("paths").at("/a").at("get").as_object();
    CHECK_FALSE(operation.contains("x-errors"));
    CHECK_FALSE(operation.contains("x-error-schema"));
    auto const& responses = operation.at("responses").as_object();
    CHECK(responses.at("503").at("description") == "`QUEUE_FULL`, `OUT_OF_MEMORY`");
    CHECK(responses.at("503").at("headers").as_object().contains("Retry-After"));
    CHECK(responses.at("400").at("description") == "`MALFORMED_REQUEST`, `MISSING_FILE`");
    CHECK(responses.at("408").at("description") == "Mine.");
    CHECK(responses.contains("431"));
    CHECK(responses.at("500").at("content").at("application/json").at("schema").at("$ref") ==
          "#/components/schemas/Other");
    for (auto const& [status, response] : responses) {
        INFO(status);
        CHECK(response.at("headers").as_object().contains("X-Correlation-ID"));
    }
}

TEST_CASE("an operation may have other statuses for errors", "[openapi]") {
    described e(R"({"summary": "x", "x-errors": ["VALIDATION_ERROR", "UNSUPPORTED_MEDIA_TYPE", "QUEUE_FULL"],
        "x-error-statuses": {"VALIDATION_ERROR": 400}})");
    auto const document = document_of({row("/a", e)});
    auto const& operation = document.at("paths").at("/a").at("get").as_object();
    CHECK_FALSE(operation.contains("x-error-statuses"));
    auto const& responses = operation.at("responses").as_object();
    CHECK(responses.at("400").at("description") == "`MALFORMED_REQUEST`, `VALIDATION_ERROR`");
    CHECK_FALSE(responses.contains("422"));
    CHECK(responses.contains("415"));
    CHECK(responses.contains("503"));
}

TEST_CASE("a path with a slash at its end is the one without", "[openapi]") {
    described e(R"({"summary": "x"})");
    auto const paths = document_of({row("/", e), row("/v2", e), row("/v2/", e)}).at("paths").as_object();
    CHECK(paths.at("/").at("get").at("operationId") == "get");
    CHECK(paths.at("/v2").at("get").at("operationId") == "get_v2");
    CHECK_FALSE(paths.contains("/v2/"));
}

TEST_CASE("an error that does not exist is a mistake in the description", "[openapi]") {
    described e(R"({"summary": "x", "x-errors": ["QUEUE_FOOL"]})");
    CHECK_THROWS_AS(document_of({row("/a", e)}), std::logic_error);
    CHECK_THROWS_AS(api::embedded_operation("nothing.json", "GET /a"), std::logic_error);
    CHECK(api::embedded_operation("service.json", "GET /a").empty());
}

TEST_CASE("the schema of errors knows every code that a client may see", "[openapi]") {
    auto const document = document_of({});
    auto const& codes =
        document.at("components").at("schemas").at("Error").at("properties").at("error").at("properties").at("code");
    auto const text = json::serialize(codes.at("enum"));
    std::size_t sent = 0;
    for (auto const& [code, status] : http::error_statuses()) {
        if (status == 499) continue;
        ++sent;
        CHECK(text.find('"' + std::string(error_name(code)) + '"') != text.npos);
    }
    CHECK(codes.at("enum").as_array().size() == sent);
}
