// Overlay of a class activation map, as a PNG file.
#pragma once

#include <span>
#include <string>

namespace sma::api {

/// A map, row by row.
struct heat_grid {
    std::span<float const> values;
    int width;   ///< >= 1
    int height;  ///< >= 1
};

/// The grid stretched bilinearly over width x height pixels: 0 and less is transparent, the largest value of the map
/// has the last color of viridis and the least transparency. Pure.
std::string heat_map_png(heat_grid const& grid, int width, int height);

}  // namespace sma::api
