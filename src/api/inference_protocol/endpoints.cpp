#include "sma/api/inference_protocol/endpoints.hpp"

#include "housekeeping.hpp"
#include "infer.hpp"
#include "metadata_endpoint.hpp"
#include "protocol_error.hpp"

namespace sma::api::inference_protocol {

struct endpoints::parts {
    parts(service const& s, worker_pool& workers, fetch::image_fetcher* fetcher)
        : models(s), infer(models, workers, fetcher) {}

    model_directory models;
    metadata_endpoint server{models, describe_server};
    metadata_endpoint live{models, describe_liveness};
    metadata_endpoint ready{models, describe_readiness};
    metadata_endpoint model{models, describe_model};
    metadata_endpoint model_ready{models, describe_model_readiness};
    metadata_endpoint config{models, describe_config};
    metadata_endpoint statistics{models, describe_statistics};
    metadata_endpoint repository{models, describe_repository};
    metadata_endpoint tracing{models, describe_tracing};
    metadata_endpoint tracing_change{models, refuse_tracing};
    metadata_endpoint logging{models, describe_logging};
    metadata_endpoint logging_change{models, refuse_logging};
    metadata_endpoint shared_memory{models, describe_shared_memory};
    metadata_endpoint shared_memory_end{models, unregister_shared_memory};
    inference_protocol::infer infer;
};

endpoints::endpoints(service const& s, worker_pool& workers, fetch::image_fetcher* fetcher)
    : parts_(std::make_unique<parts>(s, workers, fetcher)) {}

endpoints::~endpoints() = default;

http::error_shape endpoints::errors() { return {"/v2", make_protocol_error}; }

std::vector<http::route> endpoints::rows() {
    auto rows = model_rows();
    auto const others = housekeeping_rows();
    rows.insert(rows.end(), others.begin(), others.end());
    return rows;
}

/// What Triton's clients ask for beside inference.
std::vector<http::route> endpoints::housekeeping_rows() {
    using http::body_kind;
    using http::verb;
    return {
        {verb::post, "/v2/repository/index", body_kind::document, &parts_->repository},
        {verb::get, "/v2/trace/setting", body_kind::none, &parts_->tracing},
        {verb::post, "/v2/trace/setting", body_kind::none, &parts_->tracing_change},
        {verb::get, "/v2/models/{model}/trace/setting", body_kind::none, &parts_->tracing},
        {verb::post, "/v2/models/{model}/trace/setting", body_kind::none, &parts_->tracing_change},
        {verb::get, "/v2/logging", body_kind::none, &parts_->logging},
        {verb::post, "/v2/logging", body_kind::none, &parts_->logging_change},
        {verb::get, "/v2/systemsharedmemory/status", body_kind::none, &parts_->shared_memory},
        {verb::get, "/v2/cudasharedmemory/status", body_kind::none, &parts_->shared_memory},
        {verb::post, "/v2/systemsharedmemory/unregister", body_kind::none, &parts_->shared_memory_end},
        {verb::post, "/v2/cudasharedmemory/unregister", body_kind::none, &parts_->shared_memory_end},
    };
}

std::vector<http::route> endpoints::model_rows() {
    using http::body_kind;
    using http::verb;
    return {
        {verb::get, "/v2", body_kind::none, &parts_->server},
        {verb::get, "/v2/", body_kind::none, &parts_->server},
        {verb::get, "/v2/health/live", body_kind::none, &parts_->live, http::access_rule::open},
        {verb::get, "/v2/health/ready", body_kind::none, &parts_->ready, http::access_rule::open},
        {verb::get, "/v2/models/stats", body_kind::none, &parts_->statistics},
        {verb::get, "/v2/models/{model}", body_kind::none, &parts_->model},
        {verb::get, "/v2/models/{model}/versions/{version}", body_kind::none, &parts_->model},
        {verb::get, "/v2/models/{model}/ready", body_kind::none, &parts_->model_ready},
        {verb::get, "/v2/models/{model}/versions/{version}/ready", body_kind::none, &parts_->model_ready},
        {verb::get, "/v2/models/{model}/config", body_kind::none, &parts_->config},
        {verb::get, "/v2/models/{model}/versions/{version}/config", body_kind::none, &parts_->config},
        {verb::get, "/v2/models/{model}/stats", body_kind::none, &parts_->statistics},
        {verb::get, "/v2/models/{model}/versions/{version}/stats", body_kind::none, &parts_->statistics},
        {verb::post, "/v2/models/{model}/infer", body_kind::document, &parts_->infer},
        {verb::post, "/v2/models/{model}/versions/{version}/infer", body_kind::document, &parts_->infer},
    };
}

}  // namespace sma::api::inference_protocol
