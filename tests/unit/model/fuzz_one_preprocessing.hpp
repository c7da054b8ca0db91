// Run of one fuzz input for descriptions of pre-processing; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"
#include "preprocessing_json.hpp"

#include "sma/core/utf8.hpp"
#include "sma/model/file_preprocessing.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

namespace sma::model::test {

inline bool is_possible(image::preprocess_options const& o) {
    auto const in = [](float least, float most) { return [=](float v) { return v >= least && v <= most; }; };
    return o.resize >= 1 && o.resize <= image::resize_max && o.crop >= image::crop_min && o.crop <= image::crop_max &&
           std::all_of(o.mean.begin(), o.mean.end(), in(0, 1)) &&
           std::all_of(o.std.begin(), o.std.end(), in(0.001F, 10));
}

/// The first byte tells which file it is ('c': config.json), the rest is its text. Aborts if options are accepted that
/// the decoder has not, that do not read back as the same, or if an error is not one line of UTF-8.
inline bool fuzz_one_preprocessing(std::string_view input) {
    using sma::test::require;
    if (input.empty()) return false;
    auto const parsed = parse_preprocessing(input.substr(1), "the file", input[0] == 'c');
    if (!parsed) {
        sma::test::require_error(parsed.error(), {errc::unsupported, errc::invalid_weights});
        require(is_utf8(parsed.error().message) && parsed.error().message.find('\n') == std::string::npos);
        return false;
    }
    if (!*parsed) return false;
    auto const& o = (*parsed)->options;
    require(is_possible(o));
    auto const again = parse_preprocessing(preprocessing_json(o), "the file", false);
    require(again && *again && (*again)->options == o);
    return true;
}

}  // namespace sma::model::test
