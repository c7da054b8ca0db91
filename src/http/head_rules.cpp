#include "head_rules.hpp"

#include "authority.hpp"
#include "header_text.hpp"
#include "sma/core/parse_number.hpp"
#include "sma/http/target.hpp"

#include <boost/beast/http/field.hpp>

namespace sma::http {
namespace {

using beast_http::field;

error malformed(char const* what) { return error(errc::malformed_request, what); }

std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

result<void> check_target(request_head const& head) {
    if (!split_target(head.target))
        return malformed("the request target must be a path, an http:// URL or *, without spaces and fragment");
    if (head.target == "*" && head.method != verb::options)
        return malformed("the request target * is for OPTIONS alone");
    return {};
}

result<void> check_host(request_head const& head) {
    auto const count = head.fields.count(field::host);
    if (count > 1) return malformed("there is more than one Host header");
    if (count == 0 && head.version == 11) return malformed("there is no Host header, which HTTP/1.1 requires");
    auto const host = count == 0 ? std::string_view{} : view(head.fields[field::host]);
    // It is empty for a URI without an authority (RFC 9112 section 3.2).
    if (!host.empty() && !is_authority(host)) return malformed("the Host header is not a host with or without a port");
    return {};
}

bool is_chunked(std::string_view coding) noexcept { return equals_ignoring_case(coding, "chunked"); }

/// With other codings, too, the end of the body is known if chunked is the last one (RFC 9112 section 6.3).
result<void> check_codings(std::string_view list) {
    bool clear = true;
    int chunked = 0, others = 0;
    std::string_view last;
    while (!list.empty()) {
        last = cut_member(list);
        ++(is_chunked(last) ? chunked : others);
        clear = clear && is_token(last);
    }
    if (!clear || chunked != 1 || !is_chunked(last))
        return malformed("the last transfer coding, and no other, must be chunked");
    if (others > 0) return error(errc::not_implemented, "the only transfer coding supported is chunked");
    return {};
}

result<void> set_chunked(request_head& head) {
    if (head.version == 10) return malformed("Transfer-Encoding is not accepted in HTTP/1.0");
    if (head.fields.count(field::content_length) > 0)
        return malformed("there is both a Content-Length and a Transfer-Encoding header");
    if (head.fields.count(field::transfer_encoding) > 1)
        return malformed("there is more than one Transfer-Encoding header");
    head.framing = body_framing::chunked;
    return check_codings(view(head.fields[field::transfer_encoding]));
}

result<void> set_length(request_head& head) {
    if (head.fields.count(field::content_length) > 1) return malformed("there is more than one Content-Length header");
    auto const length = parse_number<std::uint64_t>(view(head.fields[field::content_length]));
    if (!length) return malformed("the Content-Length header is not a number");
    head.content_length = *length;
    if (head.content_length > 0) head.framing = body_framing::length;
    return {};
}

result<void> set_framing(request_head& head) {
    if (head.fields.count(field::transfer_encoding) > 0) return set_chunked(head);
    if (head.fields.count(field::content_length) > 0) return set_length(head);
    return {};
}

void set_expectation(request_head& head) noexcept {
    auto const [begin, end] = head.fields.equal_range(field::expect);
    for (auto line = begin; line != end; ++line) {
        auto list = view(line->value());
        while (!list.empty()) {
            auto const member = cut_member(list);
            if (member.empty()) continue;
            bool const known = equals_ignoring_case(member, "100-continue");
            head.expects_unknown = head.expects_unknown || !known;
            head.expects_continue = head.expects_continue || (known && head.version == 11);
        }
    }
}

}  // namespace

result<void> complete_head(request_head& head) {
    if (auto const checked = check_target(head); !checked) return checked;
    if (auto const checked = check_host(head); !checked) return checked;
    if (auto const set = set_framing(head); !set) return set;
    set_expectation(head);
    return {};
}

}  // namespace sma::http
