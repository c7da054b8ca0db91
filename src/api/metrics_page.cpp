#include "sma/api/metrics_page.hpp"

#include "sma/core/parse_number.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace sma::api {
namespace {

std::string lower_without_spaces(std::string_view text) {
    std::string out;
    for (unsigned char const c : text)
        if (c != ' ' && c != '\t') out += static_cast<char>(std::tolower(c));
    return out;
}

/// The highest weight (RFC 9110 section 12.4.2) that a list of media ranges, in lower case, gives `type`; 0 for none.
double weight_of(std::string_view accepted, std::string_view type) {
    double best = 0;
    while (!accepted.empty()) {
        auto const member = accepted.substr(0, accepted.find(','));
        accepted.remove_prefix(std::min(member.size() + 1, accepted.size()));
        if (member.substr(0, member.find(';')) != type) continue;
        auto const q = member.find(";q=");
        auto const text = q == member.npos ? std::string_view("1") : member.substr(q + 3);
        best = std::max(best, parse_number<double>(text.substr(0, text.find(';'))).value_or(0));
    }
    return best;
}

/// By name alone, as Prometheus asks for it: what accepts anything gets the older format, as ever.
bool prefers_openmetrics(std::string_view accept) {
    auto const accepted = lower_without_spaces(accept);
    auto const weight = weight_of(accepted, "application/openmetrics-text");
    return weight > 0 && weight >= weight_of(accepted, "text/plain");
}

}  // namespace

boost::asio::awaitable<http::response> metrics_page::handle(http::request& r) {
    http::response answer;
    answer.headers.emplace_back("Vary", "Accept");
    if (prefers_openmetrics(r.header("Accept"))) {
        answer.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        answer.body = service_.counters.expose_openmetrics();
    } else {
        answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
        answer.body = service_.counters.expose();
    }
    co_return answer;
}

}  // namespace sma::api
