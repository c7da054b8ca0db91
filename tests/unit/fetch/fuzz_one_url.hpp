// Run of one fuzz input for URLs of images; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"
#include "image_url.hpp"

#include <algorithm>
#include <string_view>

namespace sma::fetch::test {

/// Aborts if something would be sent to a host, or looked up, that could mean more than one thing.
inline void check_url(image_url const& url) {
    using sma::test::require;
    auto const is_host_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
    };
    auto const is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    require(!url.host.empty() && std::all_of(url.host.begin(), url.host.end(), is_host_character));
    require(url.port != 0);
    require(url.target.starts_with('/') && std::all_of(url.target.begin(), url.target.end(), is_visible));
    require(std::all_of(url.authority.begin(), url.authority.end(), is_visible));
    require(url.target.find('#') == std::string::npos);
    // What was normalized is what it was, once more.
    auto const again = parse_image_url(url.text);
    require(again && again->host == url.host && again->port == url.port && again->target == url.target);
}

/// The input is a URL, and behind a line feed where it redirects to. Returns whether it was a URL.
inline bool fuzz_one_url(std::string_view input) {
    auto const end = input.find('\n');
    auto const url = parse_image_url(input.substr(0, end));
    if (!url) {
        sma::test::require_error(url.error(), {errc::validation_error});
        return false;
    }
    check_url(*url);
    if (end == input.npos) return true;
    auto const there = redirected(*url, input.substr(end + 1));
    if (there)
        check_url(*there);
    else
        sma::test::require_error(there.error(), {errc::image_not_fetched});
    return true;
}

}  // namespace sma::fetch::test
