// Head of a remote procedure call, as the server's limits, metrics and access lines take it.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/http/foreign_request.hpp"

namespace sma::api::inference_protocol {

/// The call's metadata are its headers, but for binary ones. Its path is a label: a client cannot make up more of them.
http::foreign_request::head head_of(rpc_call const& call);

}  // namespace sma::api::inference_protocol
