// Run of one fuzz input for chunked bodies; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"

#include "chunk_decoder.hpp"

#include <string>
#include <string_view>

namespace sma::http::test {

/// What a decoder makes of bytes that come in pieces of this size.
struct dechunked {
    std::string content;
    std::size_t consumed = 0;
    bool finished = false;
    bool failed = false;
    bool operator==(dechunked const&) const = default;
};

inline dechunked dechunk_in_pieces(std::string_view bytes, std::size_t piece) {
    chunk_decoder decoder;
    dechunked out;
    for (std::size_t at = 0; at < bytes.size() && !decoder.finished();) {
        auto const fed = bytes.substr(at, piece);
        auto const step = decoder.next(fed);
        if (!step) return out.failed = true, out;
        sma::test::require(step->consumed <= fed.size() && (step->consumed > 0 || fed.empty()));
        out.content += step->content;
        out.consumed = at += step->consumed;
    }
    out.finished = decoder.finished();
    return out;
}

/// A body without extensions and trailers, as another server would send the content on.
inline std::string written_body(std::string_view content) {
    std::string out;
    for (; !content.empty(); content.remove_prefix(std::min<std::size_t>(9, content.size()))) {
        auto const chunk = content.substr(0, 9);
        out += static_cast<char>('0' + chunk.size());
        out.append("\r\n").append(chunk).append("\r\n");
    }
    return out + "0\r\n\r\n";
}

/// Aborts if content or end depend on how the body was cut, or content is not the same when it is written and read
/// again. True for a body that has ended.
inline bool fuzz_one_chunked_body(std::string_view input) {
    using sma::test::require;
    auto const whole = dechunk_in_pieces(input, input.size() + 1);
    for (std::size_t const piece : {1, 7}) {
        auto const cut = dechunk_in_pieces(input, piece);
        require(cut.failed == whole.failed && cut.content == whole.content && cut.finished == whole.finished);
        require(cut.failed || cut.consumed == whole.consumed);
    }
    if (whole.failed || !whole.finished) return false;
    auto const again = dechunk_in_pieces(written_body(whole.content), 5);
    require(again.finished && again.content == whole.content);
    return true;
}

}  // namespace sma::http::test
