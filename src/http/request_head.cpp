#include "request_head.hpp"

#include "sma/core/parse_number.hpp"
#include "sma/http/target.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstring>

namespace sma::http {
namespace {

using beast_http::field;

error malformed(char const* what) { return error(errc::malformed_request, what); }

bool is_control(char c) noexcept {
    auto const u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\t') || u == 0x7f;
}

bool is_token_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// A header line without its CRLF. Nothing if it is well-formed.
char const* fault_of_field_line(std::string_view line) noexcept {
    if (line.front() == ' ' || line.front() == '\t')
        return "a header line begins with whitespace: folded headers are not accepted";
    auto const colon = line.find(':');
    if (colon == line.npos) return "a header line has no colon";
    auto const name = line.substr(0, colon);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_character))
        return "a header's name is empty or has characters that are not allowed, such as a space before the colon";
    return nullptr;
}

/// A line without its LF.
char const* fault_of_line(std::string_view line, bool first) noexcept {
    if (line.empty() || line.back() != '\r') return "a line of the request ends in a bare line feed: CRLF is required";
    line.remove_suffix(1);
    if (std::any_of(line.begin(), line.end(), is_control))
        return "the request line or a header has a control character, such as a bare carriage return or NUL";
    return first || line.empty() ? nullptr : fault_of_field_line(line);
}

std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

/// Host = uri-host [":" port] (RFC 9110 section 7.2), loosely: no byte that could end the authority.
bool is_host(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_token_character(c) || std::string_view("()[],;:=").find(c) != std::string_view::npos;
    });
}

char const* fault_of_host(request_head const& head) noexcept {
    auto const count = head.fields.count(field::host);
    if (count > 1) return "there is more than one Host header";
    if (count == 0) return head.version == 11 ? "there is no Host header, which HTTP/1.1 requires" : nullptr;
    return is_host(view(head.fields[field::host])) ? nullptr : "the Host header is malformed";
}

char const* set_chunked(request_head& head) noexcept {
    if (head.version == 10) return "Transfer-Encoding is not accepted in HTTP/1.0";
    if (head.fields.count(field::content_length) > 0)
        return "there is both a Content-Length and a Transfer-Encoding header";
    bool const single = head.fields.count(field::transfer_encoding) == 1;
    if (!single || !equals_ignoring_case(view(head.fields[field::transfer_encoding]), "chunked"))
        return "the only transfer coding accepted is chunked, once";
    head.framing = body_framing::chunked;
    return nullptr;
}

char const* set_length(request_head& head) noexcept {
    if (head.fields.count(field::content_length) > 1) return "there is more than one Content-Length header";
    auto const length = parse_number<std::uint64_t>(view(head.fields[field::content_length]));
    if (!length) return "the Content-Length header is not a number";
    head.content_length = *length;
    if (head.content_length > 0) head.framing = body_framing::length;
    return nullptr;
}

char const* set_framing(request_head& head) noexcept {
    if (head.fields.count(field::transfer_encoding) > 0) return set_chunked(head);
    if (head.fields.count(field::content_length) > 0) return set_length(head);
    return nullptr;
}

char const* set_expectation(request_head& head) noexcept {
    auto const count = head.fields.count(field::expect);
    if (count == 0) return nullptr;
    if (count > 1 || !equals_ignoring_case(view(head.fields[field::expect]), "100-continue"))
        return "the only expectation accepted is 100-continue";
    head.expects_continue = head.version == 11;
    return nullptr;
}

char const* complete(request_head& head) noexcept {
    if (head.target.size() > target_bytes_max) return "the request target is longer than 8192 bytes";
    if (!split_target(head.target))
        return "the request target must be a path, an http:// URL or *, without spaces and fragment";
    if (auto const* fault = fault_of_host(head)) return fault;
    if (auto const* fault = set_framing(head)) return fault;
    return set_expectation(head);
}

}  // namespace

result<std::optional<std::size_t>> head_scanner::scan(std::string_view bytes) {
    if (!bytes.empty() && !is_token_character(bytes.front()))
        return malformed("the request does not begin with a method: this server speaks HTTP/1.1 without TLS here");
    while (scanned_ < bytes.size()) {
        auto const* const from = bytes.data() + scanned_;
        auto const* const found = static_cast<char const*>(std::memchr(from, '\n', bytes.size() - scanned_));
        if (found == nullptr) {
            scanned_ = bytes.size();
            break;
        }
        auto const line_end = static_cast<std::size_t>(found - bytes.data());
        auto const line = bytes.substr(line_begin_, line_end - line_begin_);
        if (auto const* fault = fault_of_line(line, line_begin_ == 0)) return malformed(fault);
        scanned_ = line_begin_ = line_end + 1;
        if (line.size() == 1) return std::optional<std::size_t>(scanned_);
    }
    return std::optional<std::size_t>();
}

result<request_head> parse_head(std::string_view bytes) {
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
    if (auto const* fault = complete(head)) return malformed(fault);
    return head;
}

}  // namespace sma::http
