#include "request_line.hpp"

#include "header_text.hpp"

#include <string>

namespace sma::http {
namespace {

/// More than any registered method has.
constexpr std::size_t method_bytes_max = 32;

}  // namespace

result<void> check_line_length(std::string_view begin) {
    auto const space = begin.substr(0, method_bytes_max + 1).find_first_of(" \n");
    if (space == begin.npos && begin.size() > method_bytes_max)
        return error(errc::not_implemented,
                     "the method is longer than the " + std::to_string(method_bytes_max) + " bytes of any known one");
    if (space == begin.npos || begin[space] == '\n') return {};
    auto const target = begin.substr(space + 1);
    if (target.size() <= target_bytes_max) return {};
    if (target.substr(0, target_bytes_max + 1).find_first_of(" \n") != target.npos) return {};
    return error(errc::uri_too_long,
                 "the request target is longer than the limit of " + std::to_string(target_bytes_max) + " bytes");
}

result<void> check_version(std::string_view line) {
    auto const version = line.substr(line.rfind(' ') + 1);
    bool const is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    if (!is_version) return error(errc::malformed_request, "the request line is not `METHOD target HTTP/1.1`");
    if (version[5] != '1')
        return error(errc::http_version_not_supported, "the versions supported are HTTP/1.1 and HTTP/1.0");
    return {};
}

}  // namespace sma::http
