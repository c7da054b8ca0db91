#include "query_word.hpp"

#include "validation_error.hpp"

#include <algorithm>
#include <string>

namespace sma::api {

result<std::string_view> query_word(http::request const& r, std::string_view name,
                                    std::initializer_list<std::string_view> words) {
    auto const text = r.query_value(name);
    if (!text) return *words.begin();
    auto const* const found = std::find(words.begin(), words.end(), *text);
    if (found != words.end()) return *found;
    std::string expected;
    for (auto const word : words) expected.append(expected.empty() ? "" : " or ").append(word);
    return validation_error("query parameter " + std::string(name) + ": expected " + expected);
}

}  // namespace sma::api
