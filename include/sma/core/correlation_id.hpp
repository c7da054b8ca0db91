// Correlation IDs: generation and validation.
#pragma once

#include <string>
#include <string_view>

namespace sma {

/// A random UUID, version 4 (RFC 4122), in lower case.
std::string make_correlation_id();

/// True if a client's own ID is acceptable: 1 to 128 characters of [A-Za-z0-9._-].
bool is_valid_correlation_id(std::string_view id) noexcept;

}  // namespace sma
