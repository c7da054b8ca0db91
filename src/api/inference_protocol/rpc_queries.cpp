#include "rpc_queries.hpp"

#include "descriptions.hpp"
#include "sma/version.hpp"

#include <variant>
#include <vector>

namespace sma::api::inference_protocol {
namespace {

/// Of all models where the request names none.
std::vector<model_statistics> statistics_of(model_directory const& models, rpc_model_request const& asked,
                                            serving::served_model const& model) {
    std::vector<model_statistics> all;
    if (!asked.name.empty()) return {model_directory::statistics_of(model)};
    for (auto const& one : models.about().models.all()) all.push_back(model_directory::statistics_of(one));
    return all;
}

rpc_outcome answer_about_model(model_directory const& models, procedure which, rpc_model_request const& asked) {
    auto const served = models.find(asked.name, asked.version);
    if (!served) return rpc_outcome(served.error());
    if (which == procedure::model_ready) return rpc_outcome(rpc_verdict{model_directory::is_ready(**served)});
    auto const model = models.find_loaded(asked.name, asked.version);
    if (!model) return rpc_outcome(model.error());
    if (which == procedure::model_statistics) return rpc_outcome(statistics_of(models, asked, **served));
    return rpc_outcome(describe(models.facts_of(*model)));
}

}  // namespace

rpc_outcome answer_query(model_directory const& models, procedure which, rpc_request const& request) {
    if (which == procedure::server_live) return rpc_outcome(rpc_verdict{models.is_live()});
    if (which == procedure::server_ready) return rpc_outcome(rpc_verdict{models.is_ready()});
    if (which == procedure::server_metadata) return rpc_outcome(describe_this_server(version::number));
    if (auto const* const index = std::get_if<rpc_index_request>(&request))
        return rpc_outcome(models.index(index->ready_only));
    return answer_about_model(models, which, *std::get_if<rpc_model_request>(&request));
}

rpc_verdict health_of(model_directory const& models, std::string_view service) {
    bool const known = service.empty() || service == inference_service;
    return {known && models.is_ready(), known};
}

}  // namespace sma::api::inference_protocol
