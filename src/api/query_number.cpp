#include "query_number.hpp"

#include "sma/core/parse_number.hpp"
#include "validation_error.hpp"

#include <string>

namespace sma::api {

result<std::int64_t> query_number(http::request const& r, std::string_view name, std::int64_t fallback,
                                  std::int64_t maximum) {
    auto const text = r.query_value(name);
    if (!text) return fallback;
    auto const value = parse_number<std::int64_t>(*text);
    if (!value || *value < 1 || *value > maximum)
        return validation_error("query parameter " + std::string(name) + ": expected a whole number from 1 to " +
                                std::to_string(maximum));
    return *value;
}

result<double> query_fraction(http::request const& r, std::string_view name, double fallback) {
    auto const text = r.query_value(name);
    if (!text) return fallback;
    auto const value = parse_number<double>(*text);
    if (!value || !(*value >= 0 && *value <= 1))
        return validation_error("query parameter " + std::string(name) + ": expected a number from 0 to 1");
    return *value;
}

result<bool> query_switch(http::request const& r, std::string_view name) {
    auto const text = r.query_value(name);
    if (!text || *text == "0") return false;
    if (*text == "1") return true;
    return validation_error("query parameter " + std::string(name) + ": expected 0 or 1");
}

}  // namespace sma::api
