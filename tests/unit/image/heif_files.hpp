// HEIF files for the image tests: boxes around the coded pictures of files of the corpus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sma::image::test {

std::string bmff_box(std::string_view type, std::string_view body);
std::string full_box(std::string_view type, std::string_view body, int version = 0);
std::string ispe(std::uint64_t width, std::uint64_t height);
/// Counterclockwise, in steps of 90 degrees.
std::string irot(int steps);
/// Vertical: the upper half changes places with the lower one; as in 23008-12 of 2022, axis 0.
std::string imir(bool axis);
std::string clap(std::uint64_t width, std::uint64_t height);

struct heif_test_item {
    std::string type;
    std::string data;
    std::vector<std::string> properties;  ///< whole boxes; those of one item are its own
    bool essential = false;               ///< all of its properties are
};

/// Items have the numbers 1, 2, ...; the first one is the primary picture.
struct heif_test_file {
    std::string brand;
    std::vector<heif_test_item> items;
    std::vector<int> tiles;  ///< of the first item
    bool in_idat = false;    ///< the data of the first item are in the box `idat`
    bool wide = false;       ///< all numbers have their greater length
};

std::string heif_of(heif_test_file const& file);

/// The picture of corpus file "quadrants.avif" or "quadrants.heic": 64 x 64 pixels.
heif_test_item coded_quadrants(std::string const& brand);
/// The same as a file of its own, with more properties.
heif_test_file quadrants_file(std::string const& brand, std::vector<std::string> const& more = {});
/// A grid of those, each tile an item of its own.
heif_test_file quadrants_grid(std::string const& brand, int rows, int columns, std::uint64_t width,
                              std::uint64_t height);

}  // namespace sma::image::test
