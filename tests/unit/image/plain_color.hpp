// Color of a file whose picture has one color.
#pragma once

#include "sma/image/decoder.hpp"

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace sma::image::test {

using bytes3 = std::array<int, 3>;

/// Of the first pixel; all must be the same.
inline bytes3 plain_color(std::string const& file) {
    decoder d{decode_options{}};
    auto const crop = d.decode_crop(file);
    if (crop.has_error()) FAIL(crop.error().message);
    bytes3 const color{(*crop)[0], (*crop)[1], (*crop)[2]};
    for (std::size_t i = 0; i < crop->size(); ++i) {
        if ((*crop)[i] != color[i % 3]) FAIL("the picture has more than one color");
    }
    return color;
}

/// Checks each channel, to a difference of `margin`.
inline void check_plain_color(std::string const& file, bytes3 const& wanted, int margin = 0) {
    auto const color = plain_color(file);
    INFO("got " << color[0] << ", " << color[1] << ", " << color[2]);
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::abs(color[c] - wanted[c]) <= margin);
}

/// Checks that the file is refused as one that nothing reads, not as a damaged one, and that the error names `what`.
inline void check_unsupported(std::string const& file, std::string const& what) {
    INFO(what);
    decoder d{decode_options{}};
    auto const crop = d.decode_crop(file);
    REQUIRE(crop.has_error());
    INFO(crop.error().message);
    CHECK(crop.error().code == errc::preprocessing_failed);
    CHECK(crop.error().message.find("not supported (" + what) != std::string::npos);
}

}  // namespace sma::image::test
