// Runs one input of the fuzz target worker_answer: a message that a worker may have sent.
#pragma once

#include "fuzz_checks.hpp"
#include "sma/core/utf8.hpp"
#include "sma/isolation/messages.hpp"

#include <string_view>

namespace sma::isolation::test {

/// Whether it is an answer.
inline bool fuzz_one_answer(std::string_view message) {
    using sma::test::require;
    constexpr std::int64_t pixels_max = 40'000'000;
    require(is_utf8(clean_text(message)));
    auto const read = read_answer(message, pixels_max);
    if (!read) return false;
    if (read->outcome) {
        require(read->outcome->width > 0 && read->outcome->height > 0);
        require(std::int64_t{read->outcome->width} * read->outcome->height <= pixels_max);
        require(write_answer(*read) == message);
        return true;
    }
    auto const& e = read->outcome.error();
    require(e.message.size() <= 3 * 1024 && is_utf8(e.message));
    require(e.code != errc::internal_error);
    return true;
}

}  // namespace sma::isolation::test
