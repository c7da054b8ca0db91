#include "sma/api/inference_protocol/administration.hpp"

#include "housekeeping.hpp"
#include "load_model.hpp"
#include "metadata_endpoint.hpp"
#include "repository_changes.hpp"

namespace sma::api::inference_protocol {

struct administration::parts {
    explicit parts(service const& s) : models(s) {}

    model_directory models;
    load_model load{models};
    repository_change unload{models, unload_model};
    repository_change promote{models, promote_shadow};
    metadata_endpoint index{models, describe_repository};
    metadata_endpoint server{models, describe_server};
    metadata_endpoint live{models, describe_liveness};
    metadata_endpoint ready{models, describe_readiness};
    metadata_endpoint model{models, describe_model};
    metadata_endpoint model_ready{models, describe_model_readiness};
};

administration::administration(service const& s) : parts_(std::make_unique<parts>(s)) {}

administration::~administration() = default;

std::vector<http::route> administration::rows() {
    using http::verb;
    auto constexpr none = http::body_kind::none;
    auto constexpr document = http::body_kind::document;
    auto constexpr open = http::access_rule::open;
    return {
        {verb::post, "/v2/repository/index", document, &parts_->index, open},
        {verb::post, "/v2/repository/models/{model}/load", document, &parts_->load, open},
        {verb::post, "/v2/repository/models/{model}/unload", document, &parts_->unload, open},
        {verb::post, "/v2/repository/models/{model}/promote", document, &parts_->promote, open},
        {verb::get, "/v2", none, &parts_->server, open},
        {verb::get, "/v2/health/live", none, &parts_->live, open},
        {verb::get, "/v2/health/ready", none, &parts_->ready, open},
        {verb::get, "/v2/models/{model}", none, &parts_->model, open},
        {verb::get, "/v2/models/{model}/ready", none, &parts_->model_ready, open},
    };
}

}  // namespace sma::api::inference_protocol
