// Text of pre-processing options, for the log, people and the keys of cached answers.
#pragma once

#include "sma/image/preprocess.hpp"

#include <charconv>
#include <string>

namespace sma::image {

/// "0.485, 0.456, 0.406": the fewest digits that read back as the same numbers.
inline std::string channels_text(std::array<float, 3> const& values) {
    std::string text;
    for (float const value : values) {
        char digits[32];
        if (!text.empty()) text += ", ";
        text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
    return text;
}

/// Options that differ have different texts.
inline std::string preprocess_text(preprocess_options const& p) {
    return "resize " + std::to_string(p.resize) + ", crop " + std::to_string(p.crop) + ", crop_mode " +
           std::string(crop_mode_name(p.mode)) + ", interpolation " + std::string(interpolation_name(p.filter)) +
           ", mean " + channels_text(p.mean) + ", std " + channels_text(p.std);
}

}  // namespace sma::image
