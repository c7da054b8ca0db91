// Parser for the header block of one part of a form: Content-Disposition and Content-Type, and their parameters.
#pragma once

#include "multipart_parser.hpp"
#include "sma/core/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

/// A header's value with parameters: `form-data; name="file"`. Names are in lower case.
struct parameterised_value {
    std::string value;  ///< in lower case
    std::vector<std::pair<std::string, std::string>> parameters;

    /// The parameter of that name, or null.
    std::string const* find(std::string_view name) const;
};

/// Splits a header's value. Values may be quoted, with \" and \\ (a backslash before anything else stands for itself,
/// as in the paths that old browsers send). Errors: malformed_multipart, also for a parameter given twice.
result<parameterised_value> parse_parameterised(std::string_view text);

/// `block`: header lines, each with its CRLF. Errors: malformed_multipart.
result<part_head> parse_part_head(std::string_view block);

}  // namespace sma::http
