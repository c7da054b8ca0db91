// Decoder of the run lengths of a BMP of 4 or 8 bits a pixel.
#pragma once

#include "work_watch.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sma::image {

/// The palette index of each pixel, row after row as stored. Those that no run covers are 0.
struct bmp_indices {
    std::vector<std::uint8_t> pixels;
    bool complete = false;  ///< the end was reached, not that of the data
};

/// What lies beside the image is passed over. Ends early, and is not complete, when the watch is over. Throws
/// std::bad_alloc.
bmp_indices decode_bmp_runs(std::string_view data, int bits, int width, int height, work_watch const& watch);

}  // namespace sma::image
