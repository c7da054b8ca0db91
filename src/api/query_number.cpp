#include "query_number.hpp"

#include <charconv>
#include <string>

namespace sma::api {

result<std::int64_t> query_number(http::request const& r, std::string_view name, std::int64_t fallback,
                                  std::int64_t maximum) {
    auto const text = r.query_value(name);
    if (!text) return fallback;
    std::int64_t value = 0;
    auto const [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failure != std::errc{} || end != text->data() + text->size() || value < 1 || value > maximum)
        return error(errc::validation_error, "query parameter " + std::string(name) +
                                                 ": expected a whole number from 1 to " + std::to_string(maximum));
    return value;
}

}  // namespace sma::api
