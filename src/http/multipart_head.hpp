// Parser for the header block of one part of a form: Content-Disposition and Content-Type, and their parameters.
#pragma once

#include "multipart_parser.hpp"
#include "sma/core/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

inline error malformed_multipart(std::string text) { return {errc::malformed_multipart, std::move(text)}; }

/// A header's value with parameters: `form-data; name="file"`. Names are in lower case.
struct parameterized_value {
    std::string value;  ///< in lower case
    std::vector<std::pair<std::string, std::string>> parameters;

    /// The first parameter of that name, or null.
    std::string const* find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
};

/// Splits a header's value. Values may be quoted, with \" and \\ (a backslash before anything else stands for itself,
/// as in the paths that old browsers send). What is badly quoted is read as far as it goes, and a parameter without a
/// name or a value is skipped.
parameterized_value parse_parameterized(std::string_view text);

/// `block`: header lines, each with its CRLF. Errors: malformed_multipart.
result<part_head> parse_part_head(std::string_view block);

}  // namespace sma::http
