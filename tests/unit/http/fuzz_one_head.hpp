// Run of one fuzz input for request heads; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"

#include "request_head.hpp"
#include "sma/http/target.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace sma::http::test {

/// What a scanner says of bytes that come in pieces of this size: the head's size, 0 if it has not ended.
inline result<std::size_t> scan_in_pieces(std::string_view bytes, std::size_t piece) {
    head_scanner scanner;
    for (std::size_t end = std::min(piece, bytes.size());; end = std::min(end + piece, bytes.size())) {
        auto const found = scanner.scan(bytes.substr(0, end));
        if (!found) return found.error();
        if (*found) return **found;
        if (end == bytes.size()) return std::size_t{0};
    }
}

inline std::vector<std::pair<std::string, std::string>> field_list(request_head const& head) {
    std::vector<std::pair<std::string, std::string>> list;
    for (auto const& field : head.fields) {
        auto const name = field.name_string();
        list.emplace_back(std::string(name.data(), name.size()),
                          std::string(field.value().data(), field.value().size()));
    }
    return list;
}

/// The head as a client would send it, whatever way it came.
inline std::string written_head(request_head const& head) {
    auto const method = beast_http::to_string(head.method);
    auto const known = head.method != verb::unknown;
    std::string text = (known ? std::string(method.data(), method.size()) : "X-UNKNOWN") + " " + head.target;
    text += head.version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
    for (auto const& [name, value] : field_list(head)) text.append(name).append(": ").append(value).append("\r\n");
    return text + "\r\n";
}

inline std::string percent_encoded(std::string_view text) {
    std::string out;
    for (char const c : text) {
        char escape[4];
        std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned char>(c));
        out += escape;
    }
    return out;
}

/// Decoded paths and parameters must survive being encoded and decoded again.
inline void check_target(std::string_view target) {
    using sma::test::require;
    auto const parts = split_target(target);
    require(parts && (parts->path == "*" || parts->path.front() == '/'));
    if (auto const path = percent_decode(parts->path)) {
        require(path->size() <= parts->path.size() && path->find('\0') == std::string::npos);
        require(percent_decode(percent_encoded(*path)) == path);
    }
    auto const query = parse_query(parts->query);
    std::string encoded;
    for (auto const& [name, value] : query) encoded += percent_encoded(name) + "=" + percent_encoded(value) + "&";
    require(parse_query(encoded) == query);
}

/// A head is within the limits, says one thing about the body's end, and is the same when it is written and read again.
inline void check_head(request_head const& head) {
    using beast_http::field;
    using sma::test::require;
    require(head.version == 10 || head.version == 11);
    require(head.target.size() <= target_bytes_max);
    require(head.version == 10 || head.fields.count(field::host) == 1);
    bool const chunked = head.framing == body_framing::chunked;
    require(chunked == (head.fields.count(field::transfer_encoding) == 1));
    require(!chunked || (head.version == 11 && head.fields.count(field::content_length) == 0));
    require((head.framing == body_framing::length) == (head.content_length > 0));
    check_target(head.target);

    auto const text = written_head(head);
    require(scan_in_pieces(text, text.size()).value() == text.size());
    auto const again = parse_head(text);
    require(again && again->method == head.method && again->target == head.target && again->version == head.version);
    require(again->keep_alive == head.keep_alive && again->expects_continue == head.expects_continue);
    require(again->expects_unknown == head.expects_unknown);
    require(again->framing == head.framing && again->content_length == head.content_length);
    require(field_list(*again) == field_list(head));
}

/// A head and what follows it. Aborts if the head's end depends on how it was cut, or what was read is not as said.
inline bool fuzz_one_head(std::string_view input) {
    using sma::test::require;
    auto const whole = scan_in_pieces(input, std::max<std::size_t>(input.size(), 1));
    for (std::size_t const piece : {1, 7}) {
        auto const pieces = scan_in_pieces(input, piece);
        require(pieces.has_value() == whole.has_value());
        require(whole ? *pieces == *whole : pieces.error().message == whole.error().message);
    }
    if (!whole)
        return sma::test::require_error(whole.error(), {errc::malformed_request, errc::uri_too_long,
                                                        errc::not_implemented, errc::http_version_not_supported}),
               false;
    if (*whole == 0) return false;
    auto const head = parse_head(input.substr(0, *whole));
    if (!head) return sma::test::require_error(head.error(), {errc::malformed_request, errc::not_implemented}), false;
    check_head(*head);
    return true;
}

}  // namespace sma::http::test
