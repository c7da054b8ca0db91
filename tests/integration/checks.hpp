// Checks that every response of the server must pass.
#pragma once

#include "server_process.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

bool is_uuid_v4(std::string_view text);

/// The body as a JSON object; the common headers are checked too.
boost::json::object require_json(http_response const& response);
/// The headers that every response has.
void require_common_headers(http_response const& response);
/// The contract's error shape, with the same correlation ID in header and body, and no path of the server.
void require_error(http_response const& response, int status, std::string_view code);
/// A 200 of /predict for one image: its JSON, checked member by member. `top_k` predictions.
boost::json::object require_prediction(http_response const& response, std::size_t top_k);
/// One list of predictions: ranks, order, rounding.
void require_predictions(boost::json::value const& predictions, std::size_t top_k);
/// The name of the most probable class of a prediction.
std::string top_name(boost::json::object const& with_predictions);
/// The keys in the order sent.
std::vector<std::string> keys(boost::json::object const& object);

/// Waits until nothing is left of earlier requests: every gauge back to zero (but for the request that asks).
void require_idle(server_process const& server);
/// The descriptors of a server that is idle, for comparison.
std::size_t idle_descriptors(server_process const& server);

}  // namespace sma::test
