// Orientation of an image as its metadata state it, in one of several places.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sma::image {

/// Where an orientation may stand, the first one that counts first.
enum class orientation_place {
    exif,          ///< EXIF as the format has it, or the directory of a TIFF
    exif_profile,  ///< PNG: text "Raw profile type exif"
    app1_profile,  ///< PNG: text "Raw profile type APP1", EXIF or XMP
    xmp,
};

/// The orientation that a block of metadata states: EXIF, perhaps after "Exif\0\0", a TIFF, or a packet of XMP. 1 to 8
/// as EXIF counts, 1 for any other number; nothing if it states none.
std::optional<int> orientation_in(std::string_view metadata) noexcept;

/// Collects the orientations of one image. Of each place only the first block is read, so that many of them cost
/// little.
class stated_orientation {
public:
    /// `read` gives what the block in that place states. It is called only where that would count.
    template <class Read>
    void look(orientation_place place, Read read) {
        auto const rank = static_cast<std::size_t>(place);
        if (rank >= found_at_ || looked_at_[rank]) return;
        looked_at_[rank] = true;
        if (std::optional<int> const stated = read()) {
            found_at_ = rank;
            value_ = *stated;
        }
    }
    void look(orientation_place place, std::string_view metadata) {
        look(place, [metadata] { return orientation_in(metadata); });
    }

    /// 1 where none was stated.
    int value() const noexcept { return value_; }

private:
    static constexpr std::size_t places = 4;
    std::array<bool, places> looked_at_{};
    std::size_t found_at_ = places;
    int value_ = 1;
};

}  // namespace sma::image
