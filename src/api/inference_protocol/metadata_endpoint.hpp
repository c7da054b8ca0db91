// Endpoints of the protocol that are answered from memory: server, model, configuration, readiness, statistics.
#pragma once

#include "model_directory.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api::inference_protocol {

/// One function of those below, or of housekeeping. I/O thread.
class metadata_endpoint : public http::endpoint {
public:
    using function = result<http::response> (*)(model_directory const& models, http::request const& r);

    metadata_endpoint(model_directory const& models, function answer) : models_(models), answer_(answer) {}
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    model_directory const& models_;
    function answer_;
};

result<http::response> describe_server(model_directory const& models, http::request const& r);
/// True while the inference thread makes progress; if it does not, only a restart of the process helps.
result<http::response> describe_liveness(model_directory const& models, http::request const& r);
result<http::response> describe_readiness(model_directory const& models, http::request const& r);
result<http::response> describe_model(model_directory const& models, http::request const& r);
result<http::response> describe_model_readiness(model_directory const& models, http::request const& r);
result<http::response> describe_config(model_directory const& models, http::request const& r);
result<http::response> describe_statistics(model_directory const& models, http::request const& r);

}  // namespace sma::api::inference_protocol
