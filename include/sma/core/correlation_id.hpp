// Correlation IDs and W3C trace IDs: generation and validation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sma {

/// A random UUID, version 4 (RFC 4122), in lower case. Each thread has a generator of its own, seeded by the system.
std::string make_correlation_id();

/// True if a client's own ID is acceptable: 1 to 128 characters of [A-Za-z0-9._-].
bool is_valid_correlation_id(std::string_view id) noexcept;

/// The trace ID of a `traceparent` header (W3C Trace Context, version 00 and later), 32 lower-case hex digits; nothing
/// if the header is not valid.
std::optional<std::string> trace_id_of(std::string_view traceparent);

}  // namespace sma
