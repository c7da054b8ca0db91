// Parser for a word in a request's query.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <initializer_list>
#include <string_view>

namespace sma::api {

/// The one of `words` that a query parameter holds, the first of them if it is not there. Error: validation_error,
/// which names them.
result<std::string_view> query_word(http::request const& r, std::string_view name,
                                    std::initializer_list<std::string_view> words);

}  // namespace sma::api
