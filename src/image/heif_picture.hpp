// The primary picture of a HEIF file (ISO/IEC 23008-12): the items that it is made of, and their properties.
#pragma once

#include "sma/core/error.hpp"

#include "bmff_boxes.hpp"
#include "image_format.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sma::image {

/// A property that an item has.
struct heif_association {
    std::uint16_t property = 0;  ///< counted from 1
    bool essential = false;      ///< whoever does not know it must not show the item
};

/// The views are into the file.
struct heif_item {
    std::uint32_t id = 0;
    std::string_view type;                     ///< "av01", "hvc1", "grid"
    std::vector<std::string_view> data;        ///< its pieces in their order
    std::vector<heif_association> properties;  ///< in the order in which they apply
};

/// The views are into the file.
struct heif_picture {
    std::uint32_t primary = 0;
    std::vector<heif_item> items;      ///< the primary one and the tiles of a grid, each once, by their ids
    std::vector<std::uint32_t> tiles;  ///< their ids in rows from the top, if it is a grid
    std::vector<bmff_box> properties;  ///< property n of the file is here at n - 1

    /// Null if it is none of `items`.
    heif_item const* item(std::uint32_t id) const noexcept;
    /// Null if the file has no property of that number.
    bmff_box const* find(heif_association const& a) const noexcept {
        return a.property == 0 || a.property > properties.size() ? nullptr : &properties[a.property - std::size_t{1}];
    }
    heif_item const& primary_item() const noexcept { return *item(primary); }
    /// The body of the first property of that type that the item has; empty if it has none.
    std::string_view property(heif_item const& item, std::string_view type) const noexcept;
};

/// Reads the lists of the file, not what they point to. Time is bounded by the file's length, memory by the number of
/// tiles that are allowed. Errors: preprocessing_failed, image_too_large.
result<heif_picture> read_heif_picture(image_format const& format, std::string_view file);

}  // namespace sma::image
