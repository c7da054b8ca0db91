// Run of one fuzz input for images; also used for the corpus test.
#pragma once

#include "sma/image/decoder.hpp"

#include <array>
#include <string_view>

namespace sma::image::test {

/// An error that says something of the file, not of the server.
inline bool is_of_file(errc code) {
    return code == errc::empty_file || code == errc::image_too_large || code == errc::unsupported_media_type ||
           code == errc::preprocessing_failed;
}

/// Probes and decodes `file` strictly and leniently into each element type. Small limits: the fuzzer looks for faults,
/// not for time.
inline void fuzz_one_image(std::string_view file) {
    static auto const pool = std::make_shared<tensor_pool>(1);
    static auto decoders = [] {
        decode_options strict;
        strict.pixels_max = 1'000'000;
        strict.pages_max = 10;
        decode_options lenient = strict;
        lenient.allow_truncated = true;
        lenient.jpeg_shrink = true;
        return std::array<decoder, 2>{decoder(strict), decoder(lenient)};
    }();
    auto element = element_type::f32;
    preprocess_options how;
    for (auto& d : decoders) {
        auto const size = d.probe(file);
        auto out = pool->take({37, 41, element, 0.05F});
        auto const decoded = d.decode(file, request_context{}, how, out);
        if (size.has_error() && decoded.has_value()) __builtin_trap();
        if (decoded.has_error() && !is_of_file(decoded.error().code)) __builtin_trap();
        element = element_type::s8;
        how.resize = 5;
        how.filter = interpolation::bicubic;
    }
}

}  // namespace sma::image::test
