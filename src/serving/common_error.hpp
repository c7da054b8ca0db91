// Error of a request that all its images share.
#pragma once

#include "sma/core/error.hpp"

#include <optional>
#include <vector>

namespace sma::serving {

/// The request's error, where the client left, the deadline passed or the server drains before any image was done:
/// that is not each image's.
std::optional<error> common_error(std::vector<result<std::vector<float>>> const& logits);

}  // namespace sma::serving
