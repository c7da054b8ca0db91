// Run of one fuzz input for /predict; also used for the corpus test.
#pragma once

#include "query_number.hpp"

#include "fuzz_checks.hpp"

#include "base64.hpp"
#include "sma/api/image_sources.hpp"
#include "sma/http/target.hpp"

#include <string>
#include <string_view>

namespace sma::api::test {

/// RFC 4648 section 4, with padding.
inline std::string base64_text(std::string_view bytes) {
    constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

/// A number is within its range, or the error says which that is.
inline bool check_number(http::request const& r, std::string_view name, std::int64_t maximum) {
    auto const number = query_number(r, name, maximum, maximum);
    if (number) return sma::test::require(*number >= 1 && *number <= maximum), true;
    sma::test::require_error(number.error(), {errc::validation_error});
    sma::test::require(number.error().message.find(std::to_string(maximum)) != std::string::npos);
    return false;
}

/// The images are within the limit and one list gives one list; as JSON again they are the same.
inline void check_images(image_sources const& found, std::size_t images_max) {
    using sma::test::require;
    require(!found.images.empty() && found.images.size() <= images_max);
    require(found.as_list || (found.images.size() == 1 && !found.images[0].bytes.empty()));
    require(found.decoded.size() == found.images.size());
    http::request r;
    r.headers.set("Content-Type", "application/json");
    for (std::size_t i = 0; i < found.images.size(); ++i) {
        auto const bytes = found.images[i].bytes;
        require(bytes.data() == found.decoded[i].data() && bytes.size() == found.decoded[i].size());
        r.body += (i ? ",\"" : "\"") + base64_text(bytes) + "\"";
    }
    r.body = found.as_list ? "{\"images\":[" + r.body + "]}" : "{\"image\":" + r.body + "}";
    auto const again = find_images(r, images_max);
    require(again && again->decoded == found.decoded && again->as_list == found.as_list);
}

/// The first line of the input is the query of a POST /predict, the rest its JSON body.
inline bool fuzz_one_predict_request(std::string_view input) {
    constexpr std::size_t images_max = 4;
    auto const line = input.substr(0, input.find('\n'));
    http::request r;
    r.query = http::parse_query(line);
    r.headers.set("Content-Type", "application/json");
    r.body = input.substr(std::min(input.size(), line.size() + 1));
    bool const top_k = check_number(r, "top_k", 100'000);
    bool const timeout = check_number(r, "timeout_ms", 30'000);
    auto const found = find_images(r, images_max);
    if (found)
        check_images(*found, images_max);
    else
        sma::test::require_error(
            found.error(), {errc::malformed_request, errc::missing_file, errc::empty_file, errc::validation_error});
    return found && top_k && timeout;
}

}  // namespace sma::api::test
