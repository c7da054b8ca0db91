#include "metadata_endpoint.hpp"

#include "protocol_error.hpp"
#include "sma/core/json_writer.hpp"

#include "sma/version.hpp"

#include <vector>

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

/// Of one model, or of all where the route names none.
std::vector<serving::served_model> asked_models(model_directory const& models, serving::served_model const& asked,
                                                http::request const& r) {
    if (r.path_parameters.contains("model")) return {asked};
    return models.about().models.all();
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
    if (!model) return model.error();
    return verdict("ready", model_directory::is_ready(**model));
}

result<http::response> describe_model(model_directory const& models, http::request const& r) {
    auto const model = models.find_loaded(r);
    if (!model) return model.error();
    return with_body(model_metadata(models.facts_of(*model)));
}

result<http::response> describe_config(model_directory const& models, http::request const& r) {
    auto const model = models.find_loaded(r);
    if (!model) return model.error();
    return with_body(model_config(models.facts_of(*model)));
}

result<http::response> describe_statistics(model_directory const& models, http::request const& r) {
    auto const model = models.find_loaded(r);
    if (!model) return model.error();
    std::vector<model_statistics> statistics;
    for (auto const& one : asked_models(models, *model->served, r))
        statistics.push_back(model_directory::statistics_of(one));
    return with_body(model_statistics_json(statistics));
}

boost::asio::awaitable<http::response> metadata_endpoint::handle(http::request& r) {
    auto answer = answer_(models_, r);
    if (!answer) co_return make_protocol_error(answer.error(), r.context.correlation_id);
    co_return std::move(*answer);
}

}  // namespace sma::api::inference_protocol
