// Remote procedures that ask how the server and its models are, and wait for nothing.
#pragma once

#include "model_directory.hpp"
#include "rpc_outcome.hpp"
#include "sma/api/inference_protocol/rpc.hpp"

#include <string_view>

namespace sma::api::inference_protocol {

/// The one service whose health is told; the empty name is the whole server.
inline constexpr std::string_view inference_service = "inference.GRPCInferenceService";

/// I/O thread. `which` is ServerLive, ServerReady, ServerMetadata, RepositoryIndex, or one of ModelReady,
/// ModelMetadata, ModelConfig, ModelStatistics with an rpc_model_request. Errors: not_found, model_not_loaded,
/// shutting_down.
rpc_outcome answer_query(model_directory const& models, procedure which, rpc_request const& request);

/// I/O thread.
rpc_verdict health_of(model_directory const& models, std::string_view service);

}  // namespace sma::api::inference_protocol
