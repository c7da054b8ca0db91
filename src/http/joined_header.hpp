// All lines of a header as one list.
#pragma once

#include "sma/http/request.hpp"

#include <string>
#include <string_view>

namespace sma::http {

/// The header's lines with commas between them, which means the same (RFC 9110 section 5.3). Empty if there is none.
std::string joined_header(request const& r, std::string_view name);

}  // namespace sma::http
