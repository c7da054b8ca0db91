// Messages of inference, as the values of the procedures.
#pragma once

#include "inference.pb.h"
#include "sma/api/inference_protocol/rpc.hpp"

namespace sma::grpc {

/// The request keeps views into the message, which loses its bytes_contents. Error: validation_error, for tensors whose
/// contents are missing, given twice or of a type that no input has.
result<api::inference_protocol::rpc_infer_request> read_request(inference::ModelInferRequest& message);

/// Tensors become raw_output_contents, as Triton sends them: text would be no shorter, and floats need no copy there.
void fill_response(inference::ModelInferResponse& to, api::inference_protocol::rpc_infer_answer const& answer);

/// The code of the error is the parameter "error-code".
void fill_error(inference::ModelStreamInferResponse& to, api::inference_protocol::rpc_stream_error const& failed);

}  // namespace sma::grpc
