#include "checks.hpp"

#include "eventually.hpp"
#include "scale.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include "catch.hpp"

#include <cmath>
#include <regex>

using Catch::Matchers::ContainsSubstring;

namespace sma::test {
namespace json = boost::json;

namespace {

/// Gauges that are not back, as text; empty when idle.
std::string not_idle(metrics_reader const& m) {
    std::string left;
    for (auto const* name : {"inflight_body_bytes", "queue_depth", "decode_queue_depth"})
        if (m.value(name) != 0) left += std::string(name) + " ";
    for (auto const* name : {"inflight_requests", "open_connections"})
        if (m.value(name) > 1 || m.value(name) < 0) left += std::string(name) + " ";
    return left;
}

}  // namespace

bool is_uuid_v4(std::string_view text) {
    static std::regex const pattern("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    return std::regex_match(text.begin(), text.end(), pattern);
}

void require_common_headers(http_response const& response) {
    static std::regex const milliseconds("[0-9]+\\.[0-9]ms");
    CHECK(response.version == "HTTP/1.1");
    REQUIRE(is_uuid_v4(response.header("X-Correlation-ID")));
    REQUIRE(std::regex_match(response.header("X-Response-Time"), milliseconds));
}

json::object require_json(http_response const& response) {
    INFO("status " << response.status << ": " << response.body);
    require_common_headers(response);
    REQUIRE(response.header("Content-Type") == "application/json");
    json::error_code failure;
    auto const parsed = json::parse(response.body, failure);
    REQUIRE_FALSE(failure);
    REQUIRE(parsed.is_object());
    return parsed.as_object();
}

void require_error(http_response const& response, int status, std::string_view code) {
    INFO("status " << response.status << ": " << response.body);
    REQUIRE(response.status == status);
    auto const object = require_json(response);
    REQUIRE(keys(object) == std::vector<std::string>{"success", "error"});
    REQUIRE_FALSE(object.at("success").as_bool());
    auto const& error = object.at("error").as_object();
    REQUIRE(keys(error) == std::vector<std::string>{"code", "message", "correlation_id"});
    REQUIRE(error.at("code").as_string() == code);
    REQUIRE(error.at("correlation_id").as_string() == response.header("X-Correlation-ID"));
    std::string const message(error.at("message").as_string());
    CHECK(message.size() > 15);
    CHECK_THAT(message,
               !ContainsSubstring(SMA_SOURCE_DIR) && !ContainsSubstring(SMA_BINARY_DIR) && !ContainsSubstring(".cpp"));
    bool const promises_retry = status == 503 || status == 429;
    CHECK(response.has("Retry-After") == promises_retry);
    if (promises_retry) CHECK(std::stoi(response.header("Retry-After")) >= 1);
}

void require_predictions(json::value const& predictions, std::size_t top_k) {
    auto const& list = predictions.as_array();
    REQUIRE(list.size() == top_k);
    double last = 1;
    double sum = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        auto const& one = list[i].as_object();
        REQUIRE(keys(one) == std::vector<std::string>{"rank", "class_index", "class_name", "confidence"});
        CHECK(one.at("rank").to_number<std::size_t>() == i + 1);
        CHECK(one.at("class_index").to_number<int>() >= 0);
        CHECK_FALSE(one.at("class_name").as_string().empty());
        auto const confidence = one.at("confidence").to_number<double>();
        CHECK(confidence >= 0);
        CHECK(confidence <= last);
        CHECK(std::abs(confidence * 1e6 - std::round(confidence * 1e6)) < 1e-4);
        last = confidence;
        sum += confidence;
    }
    CHECK(sum <= 1.00002);
}

json::object require_prediction(http_response const& response, std::size_t top_k) {
    auto const object = require_json(response);
    INFO(response.body);
    REQUIRE(response.status == 200);
    REQUIRE(keys(object) == std::vector<std::string>{"success", "predictions", "meta"});
    REQUIRE(object.at("success").as_bool());
    require_predictions(object.at("predictions"), top_k);
    auto const& meta = object.at("meta").as_object();
    REQUIRE(keys(meta) == std::vector<std::string>{"model", "top_k", "filename"});
    CHECK(meta.at("model").as_string() == "ResNet-50");
    CHECK(meta.at("top_k").to_number<std::size_t>() == top_k);

    static std::regex const timing("decode;dur=[0-9.]+, queue;dur=[0-9.]+, infer;dur=[0-9.]+");
    REQUIRE(std::regex_match(response.header("Server-Timing"), timing));
    return object;
}

std::string top_name(json::object const& with_predictions) {
    return std::string(with_predictions.at("predictions").at(0).at("class_name").as_string());
}

std::vector<std::string> keys(json::object const& object) {
    std::vector<std::string> names;
    for (auto const& member : object) names.emplace_back(member.key());
    return names;
}

void require_idle(server_process const& server) {
    std::string left;
    eventually(
        [&] {
            left = not_idle(server.metrics());
            return left.empty();
        },
        patience);
    INFO("not back: " << left);
    REQUIRE(left.empty());
}

std::size_t idle_descriptors(server_process const& server) {
    require_idle(server);
    // The connection that asked may still be on its way out.
    std::size_t before = 0;
    std::size_t now = server.stats().descriptors;
    eventually(
        [&] {
            before = std::exchange(now, server.stats().descriptors);
            return before == now;
        },
        patience);
    return now;
}

}  // namespace sma::test
