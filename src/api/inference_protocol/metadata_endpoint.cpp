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

bool is_ready(serving::state s) { return s == serving::state::ready || s == serving::state::reloading; }

/// Of one model, or of all where the route names none.
std::vector<serving::served_model> statistics_of(model_directory const& models, serving::served_model const& asked,
                                                 http::request const& r) {
    if (r.path_parameters.contains("model")) return {asked};
    return models.about().models.all();
}

}  // namespace

result<http::response> describe_server(model_directory const&, http::request const&) {
    return with_body(server_metadata(version::number));
}

result<http::response> describe_liveness(model_directory const& models, http::request const&) {
    return verdict("live", models.about().models.makes_progress());
}

result<http::response> describe_readiness(model_directory const& models, http::request const&) {
    auto const& all = models.about().models;
    return verdict("ready", is_ready(all.current_state()) && all.makes_progress());
}

result<http::response> describe_model_readiness(model_directory const& models, http::request const& r) {
    auto const model = models.find(r);
    if (!model) return model.error();
    auto const& one = **model;
    return verdict("ready", is_ready(one.manager.current_state()) && one.queue.makes_progress());
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
    std::vector<model_record> records;
    for (auto const& one : statistics_of(models, *model->served, r))
        records.push_back({one.name(), one.queue.done().read()});
    return with_body(model_statistics(records));
}

boost::asio::awaitable<http::response> metadata_endpoint::handle(http::request& r) {
    auto answer = answer_(models_, r);
    if (!answer) co_return make_protocol_error(answer.error(), r.context.correlation_id);
    co_return std::move(*answer);
}

}  // namespace sma::api::inference_protocol
