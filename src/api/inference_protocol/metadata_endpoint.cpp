#include "metadata_endpoint.hpp"

#include "protocol_error.hpp"
#include "sma/core/json_writer.hpp"

#include "sma/version.hpp"

namespace sma::api::inference_protocol {
namespace {

http::response with_body(std::string json) {
    http::response r;
    r.body = std::move(json);
    return r;
}

/// {"live": true} or 503 {"live": false}.
http::response verdict(std::string_view what, bool holds) {
    http::response r;
    r.status = holds ? 200 : 503;
    object_writer(r.body).flag(what, holds);
    r.headers.emplace_back("Cache-Control", "no-store");
    if (!holds) r.headers.emplace_back("Retry-After", "1");
    return r;
}

}  // namespace

result<http::response> describe_server(model_directory const&, http::request const&) {
    return with_body(server_metadata(version::number));
}

result<http::response> describe_liveness(model_directory const& models, http::request const&) {
    return verdict("live", models.is_live());
}

result<http::response> describe_readiness(model_directory const& models, http::request const&) {
    return verdict("ready", models.is_ready());
}

result<http::response> describe_model_readiness(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    if (!model && model.error().code == errc::not_found) return model.error();
    return verdict("ready", model.has_value() && models.is_ready());
}

result<http::response> describe_model(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    if (!model) return model.error();
    return with_body(model_metadata(models.facts_of(**model)));
}

result<http::response> describe_config(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    if (!model) return model.error();
    return with_body(model_config(models.facts_of(**model)));
}

result<http::response> describe_statistics(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    if (!model) return model.error();
    return with_body(model_statistics_json(models.statistics_of(**model)));
}

boost::asio::awaitable<http::response> metadata_endpoint::handle(http::request& r) {
    auto answer = answer_(models_, r);
    if (!answer) co_return make_protocol_error(answer.error(), r.context.correlation_id);
    co_return std::move(*answer);
}

}  // namespace sma::api::inference_protocol
