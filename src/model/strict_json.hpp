// Strict JSON parser for weight and label files, without the leniency that hides a broken file.
#pragma once

#include "sma/core/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace sma::model {

/// Parses one JSON document. A duplicate key in an object is an error (a DOM would silently keep the last one), as are
/// invalid UTF-8 and anything after the document. Errors: `code`, with `what` as the subject of the sentence.
result<boost::json::value> parse_strict_json(std::string_view text, errc code, std::string const& what);

}  // namespace sma::model
