// Escaping of strings for CSV and terminals; JSON is in core.
#pragma once

#include <string>
#include <string_view>

namespace sma::batch {

/// Quoted where RFC 4180 asks for it.
void append_csv_field(std::string& out, std::string_view text);

/// For a terminal: control characters, which could steer it, become '?'.
std::string printable(std::string_view text);

}  // namespace sma::batch
