#include "common_error.hpp"

#include <algorithm>

namespace sma::serving {
namespace {

bool fails_whole_request(errc code) {
    return code == errc::client_closed_request || code == errc::deadline_exceeded || code == errc::shutting_down;
}

}  // namespace

std::optional<error> common_error(std::vector<result<std::vector<float>>> const& logits) {
    if (logits.empty() || logits.front().has_value()) return std::nullopt;
    auto const& first = logits.front().error();
    auto const same = [&](auto const& r) { return r.has_error() && r.error().code == first.code; };
    if (!fails_whole_request(first.code) || !std::all_of(logits.begin(), logits.end(), same)) return std::nullopt;
    return first;
}

}  // namespace sma::serving
