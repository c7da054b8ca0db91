// gRPC status code of each error code.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/error.hpp"

#include <grpcpp/support/status.h>

namespace sma::grpc {

/// INTERNAL for a code that no request ends with.
::grpc::StatusCode status_code(errc code) noexcept;

/// OK without a failure; its message is the error's.
::grpc::Status make_status(api::inference_protocol::rpc_status const& status);

}  // namespace sma::grpc
