#include "sma/http/conditional.hpp"

#include <string>

namespace sma::http {

bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept {
    constexpr std::string_view separators = " \t,";
    for (auto rest = if_none_match;;) {
        auto const begin = rest.find_first_not_of(separators);
        if (begin == rest.npos) return false;
        rest.remove_prefix(begin);
        if (rest.starts_with('*')) return true;
        if (rest.starts_with("W/")) rest.remove_prefix(2);
        // A tag may hold a comma: it ends at its quote.
        auto const end = rest.starts_with('"') ? rest.find('"', 1) : rest.npos;
        if (end == rest.npos) return false;
        if (rest.substr(0, end + 1) == etag) return true;
        rest.remove_prefix(end + 1);
    }
}

void apply_etag(response& r, request const& asked, std::string_view etag) {
    r.headers.emplace_back("ETag", std::string(etag));
    if (!names_etag(asked.header("If-None-Match"), etag)) return;
    r.status = 304;
    r.body.clear();
}

}  // namespace sma::http
