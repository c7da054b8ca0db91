#include "color_converter.hpp"

#include "png_text.hpp"

#include <algorithm>

namespace sma::image {

namespace {

constexpr std::size_t icc_bytes_max = 128 * 1024;  // curves and a matrix take far less

}  // namespace

color_converter::known_profile const& color_converter::look_up(image_header const& header) {
    icc_.clear();
    for (auto const& part : header.profile)
        if (icc_.size() + part.size() <= icc_bytes_max) icc_.append(part);
    if (header.profile_is_compressed) icc_ = inflated(icc_);
    auto const* const found =
        std::find_if(known_.begin(), known_.end(), [this](known_profile const& k) { return k.icc == icc_; });
    if (found != known_.end()) return *found;
    auto& added = known_[oldest_];
    oldest_ = (oldest_ + 1) % known_.size();
    added.conversion = color_profile::read(icc_);
    if (added.conversion && added.conversion->is_srgb()) added.conversion.reset();
    added.icc = icc_;
    return added;
}

// Null: there is nothing to convert.
color_profile const* color_converter::conversion_for(image_header const& header) {
    if (header.is_display_p3) return &color_profile::display_p3();
    if (header.profile.empty()) return nullptr;
    auto const& profile = look_up(header);
    return profile.conversion ? &*profile.conversion : nullptr;
}

std::uint8_t const* color_converter::convert(image_header const& header, std::uint8_t const* pixels, std::size_t n) {
    auto const* const conversion = conversion_for(header);
    if (conversion == nullptr) return pixels;
    converted_.resize(n * 3);
    conversion->to_srgb(pixels, n, converted_.data());
    return converted_.data();
}

}  // namespace sma::image
