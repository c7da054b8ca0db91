// Inference request of a remote procedure call, checked against the model.
#pragma once

#include "infer_request.hpp"
#include "sma/api/inference_protocol/rpc.hpp"

namespace sma::api::inference_protocol {

/// The same rules as for JSON. `asked` loses its tensors; the request keeps views into the message's owner. Pure.
/// Errors: validation_error, file_too_large.
result<infer_request> read_infer_request(rpc_infer_request& asked, request_rules const& rules);

}  // namespace sma::api::inference_protocol
