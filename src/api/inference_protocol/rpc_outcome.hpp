// Outcome of a remote procedure call: its answer or its error, and what is logged of it.
#pragma once

#include "protocol_error.hpp"
#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/http/response.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace sma::api::inference_protocol {

struct rpc_outcome {
    rpc_outcome() = default;
    explicit rpc_outcome(rpc_answer a) : answer(std::move(a)) {}
    explicit rpc_outcome(error const& e) : failure(e), log(make_protocol_error(e, {})) {}

    std::optional<rpc_answer> answer;
    std::optional<error> failure;
    http::response log;  ///< status, error and fields of the access line; its headers become trailing metadata
};

/// The error's code is in the trailing metadata, with what HTTP has in headers (retry-after, ratelimit-*).
inline rpc_status status_of(rpc_outcome const& outcome) {
    rpc_status status;
    status.failure = outcome.failure;
    if (outcome.failure) status.trailing.emplace_back("error-code", error_name(outcome.failure->code));
    for (auto [name, value] : outcome.log.headers) {
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        status.trailing.emplace_back(std::move(name), std::move(value));
    }
    return status;
}

/// Of a call that a drain ends.
inline error rpc_shutting_down() { return error(errc::shutting_down, "the server is shutting down", 1); }

/// Of a call whose work has thrown `e`, which goes to the log.
rpc_outcome outcome_of(std::exception_ptr e, std::string const& correlation_id);

}  // namespace sma::api::inference_protocol
