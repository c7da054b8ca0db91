// Run of one fuzz input for pairs of images; also used for the corpus test.
#pragma once

#include "decode_answer.hpp"

#include <string_view>

namespace sma::image::test {

constexpr std::string_view pair_separator = "\n--next--\n";

/// `input` is two files with the separator in between. The second must be answered as if it had come alone, strictly
/// and leniently. Without a separator the file follows itself.
inline void fuzz_one_image_pair(std::string_view input) {
    auto const at = input.find(pair_separator);
    bool const is_pair = at != std::string_view::npos;
    auto const first = input.substr(0, at);
    auto const second = is_pair ? input.substr(at + pair_separator.size()) : first;
    decode_options options;
    options.pixels_max = 1'000'000;
    options.pages_max = 10;
    preprocess_options how;
    how.resize = 40;
    how.crop = 37;
    for (bool const lenient : {false, true}) {
        options.allow_truncated = lenient;
        decoder d{options};
        answer_of(d, first, how);
        if (answer_of(d, second, how) != answer_alone(options, second, how)) __builtin_trap();
    }
}

}  // namespace sma::image::test
