#include "request_head.hpp"

#include "head_rules.hpp"
#include "header_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstring>

namespace sma::http {
namespace {

error malformed(char const* what) { return error(errc::malformed_request, what); }

/// A header line without its CRLF. Nothing if it is well-formed.
char const* fault_of_field_line(std::string_view line) noexcept {
    if (line.front() == ' ' || line.front() == '\t')
        return "a header line begins with whitespace: folded headers are not accepted";
    auto const colon = line.find(':');
    if (colon == line.npos) return "a header line has no colon";
    auto const name = line.substr(0, colon);
    if (!is_token(name))
        return "a header's name is empty or has characters that are not allowed, such as a space before the colon";
    return nullptr;
}

/// A line without its LF.
result<void> check_line(std::string_view line, bool first) {
    if (line.empty() || line.back() != '\r')
        return malformed("a line of the request ends in a bare line feed: CRLF is required");
    line.remove_suffix(1);
    if (has_control(line))
        return malformed("the request line or a header has a control character, such as a bare carriage return or NUL");
    if (first) return check_version(line);
    if (line.empty()) return {};
    if (auto const* fault = fault_of_field_line(line)) return malformed(fault);
    return {};
}

std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

/// Beast knows HTTP/1.0 and HTTP/1.1; a later HTTP/1 is read as the latter (RFC 9110 section 2.5). Empty: nothing to
/// change.
std::string with_known_version(std::string_view bytes) {
    auto const minor = bytes.find('\r') - 1;
    if (bytes[minor] <= '1') return {};
    std::string changed(bytes);
    changed[minor] = '1';
    return changed;
}

}  // namespace

result<std::optional<std::size_t>> head_scanner::scan(std::string_view bytes) {
    if (!bytes.empty() && !is_token_character(bytes.front()))
        return malformed("the request does not begin with a method: this server speaks HTTP/1.1 without TLS here");
    if (line_begin_ == 0)
        if (auto const checked = check_line_length(bytes); !checked) return checked.error();
    while (scanned_ < bytes.size()) {
        auto const* const from = bytes.data() + scanned_;
        auto const* const found = static_cast<char const*>(std::memchr(from, '\n', bytes.size() - scanned_));
        if (found == nullptr) {
            scanned_ = bytes.size();
            break;
        }
        auto const line_end = static_cast<std::size_t>(found - bytes.data());
        auto const line = bytes.substr(line_begin_, line_end - line_begin_);
        if (auto const checked = check_line(line, line_begin_ == 0); !checked) return checked.error();
        scanned_ = line_begin_ = line_end + 1;
        if (line.size() == 1) return std::optional<std::size_t>(scanned_);
    }
    return std::optional<std::size_t>();
}

result<request_head> parse_head(std::string_view bytes) {
    auto const changed = with_known_version(bytes);
    if (!changed.empty()) bytes = changed;
    beast_http::request_parser<beast_http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(bytes.size() + 1, UINT32_MAX)));
    parser.body_limit(boost::none);
    boost::system::error_code failure;
    auto const used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failure);
    // Beast has already refused two different lengths and two framings.
    if ((failure && failure != beast_http::error::need_more) || !parser.is_header_done() || used != bytes.size())
        return malformed("the request line or a header cannot be parsed as HTTP/1.1, or the body's length is unclear");

    request_head head;
    head.method = parser.get().method();
    head.target = std::string(view(parser.get().target()));
    head.version = parser.get().version();
    head.keep_alive = parser.keep_alive();
    head.fields = std::move(static_cast<beast_http::fields&>(parser.get().base()));
    if (auto const completed = complete_head(head); !completed) return completed.error();
    return head;
}

}  // namespace sma::http
