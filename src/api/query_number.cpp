#include "query_number.hpp"

#include <string>
#include "sma/core/parse_number.hpp"

namespace sma::api {

result<std::int64_t> query_number(http::request const& r, std::string_view name, std::int64_t fallback,
                                  std::int64_t maximum) {
    auto const text = r.query_value(name);
    if (!text) return fallback;
    auto const value = parse_number<std::int64_t>(*text);
    if (!value || *value < 1 || *value > maximum)
        return error(errc::validation_error, "query parameter " + std::string(name) +
                                                 ": expected a whole number from 1 to " + std::to_string(maximum));
    return *value;
}

}  // namespace sma::api
