// GET responses of the protocol.
#pragma once

#include "sma/api/inference_protocol/endpoints.hpp"

namespace sma::api::inference_protocol {

result<http::response> describe_server(model_directory const& models, http::request const& r);
/// True while the inference thread makes progress; if it does not, only a restart of the process helps.
result<http::response> describe_liveness(model_directory const& models, http::request const& r);
result<http::response> describe_readiness(model_directory const& models, http::request const& r);
result<http::response> describe_model(model_directory const& models, http::request const& r);
result<http::response> describe_model_readiness(model_directory const& models, http::request const& r);
result<http::response> describe_config(model_directory const& models, http::request const& r);
result<http::response> describe_statistics(model_directory const& models, http::request const& r);

}  // namespace sma::api::inference_protocol
