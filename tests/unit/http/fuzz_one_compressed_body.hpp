// Run of one fuzz input for compressed bodies; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"

#include "inflater.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sma::http::test {

/// What comes out of a body that is fed in pieces of this size. The content stops where an error comes.
struct inflated {
    std::string content;
    std::string message;  ///< of the error
    bool operator==(inflated const&) const = default;
};

inline inflated inflate_in_pieces(content_coding coding, std::string_view bytes, std::size_t piece, std::size_t memory,
                                  std::uint64_t ratio_max = 200) {
    auto const decoder = inflater::make(coding, ratio_max);
    std::string into(memory, '\0');
    inflated out;
    while (!bytes.empty()) {
        auto fed = bytes.substr(0, piece);
        bytes.remove_prefix(fed.size());
        for (;;) {
            auto const before = fed.size();
            auto const content = decoder->next(fed, into);
            if (!content) return out.message = content.error().message, out;
            sma::test::require(fed.size() <= before && content->size() <= memory);
            if (content->empty()) break;
            out.content += *content;
        }
        sma::test::require(fed.empty());
    }
    if (auto const ended = decoder->finish(); !ended) out.message = ended.error().message;
    return out;
}

/// The first byte chooses the coding. Aborts if there is more content than the ratio allows, or if content or error
/// depend on how the body was cut.
inline bool fuzz_one_compressed_body(std::string_view input) {
    constexpr std::array codings{content_coding::gzip, content_coding::deflate, content_coding::zstd};
    if (input.empty()) return false;
    auto const coding = codings[static_cast<unsigned char>(input.front()) % codings.size()];
    auto const body = input.substr(1);
    constexpr std::uint64_t ratio = 200, without_limit = 1'000'000'000;
    auto const whole = inflate_in_pieces(coding, body, body.size() + 1, 4096, ratio);
    sma::test::require(whole.content.size() <= inflated_bytes_free + ratio * body.size() + 4096);
    if (whole.message.find("max_inflate_ratio") != std::string::npos) return false;
    for (std::size_t const piece : {1, 7}) {
        auto const cut = inflate_in_pieces(coding, body, piece, 300, without_limit);
        // What comes before an error may have been given or not. zstd compares the content of a frame with the size
        // that it states only where the whole frame comes at once.
        bool const unseen = coding == content_coding::zstd && cut.message.empty();
        sma::test::require(cut.message.empty() == whole.message.empty() || unseen);
        if (whole.message.empty()) sma::test::require(cut == whole);
    }
    return whole.message.empty();
}

}  // namespace sma::http::test
