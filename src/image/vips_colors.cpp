#include "vips_colors.hpp"

namespace sma::image {

namespace {

bool is_lab(VipsImage const& image) noexcept {
    return image.Type == VIPS_INTERPRETATION_LAB || image.Type == VIPS_INTERPRETATION_LABS;
}

// The number of channels that its color takes; 0 for colors that nothing here converts.
int color_channels(VipsImage const& image) noexcept {
    switch (image.Type) {
        case VIPS_INTERPRETATION_B_W:
        case VIPS_INTERPRETATION_GREY16:
            return 1;
        case VIPS_INTERPRETATION_sRGB:
        case VIPS_INTERPRETATION_RGB16:
            return 3;
        case VIPS_INTERPRETATION_CMYK:
            return 4;
        default:
            return 0;
    }
}

bool is_of_bytes(VipsImage const& image) noexcept { return image.BandFmt == VIPS_FORMAT_UCHAR; }
bool is_of_words(VipsImage const& image) noexcept { return image.BandFmt == VIPS_FORMAT_USHORT; }

// Gray and RGB have converters that pass over one more channel.
int readable_channels(VipsImage const& image, int colors) noexcept {
    bool const may_have_one_more = colors < 4 && (is_of_bytes(image) || is_of_words(image));
    return may_have_one_more ? colors + 1 : colors;
}

std::optional<pixel_kind> kind_of_bytes(int colors, int channels) noexcept {
    bool const plain = channels == colors;
    if (colors == 1) return plain ? pixel_kind::gray8 : pixel_kind::gray_alpha8;
    if (colors == 3) return plain ? pixel_kind::rgb8 : pixel_kind::rgba8;
    return pixel_kind::cmyk8;
}

std::optional<pixel_kind> kind_of_words(int colors, int channels) noexcept {
    bool const plain = channels == colors;
    if (colors == 1) return plain ? pixel_kind::gray16 : pixel_kind::gray_alpha16;
    if (colors == 3) return plain ? pixel_kind::rgb16 : pixel_kind::rgba16;
    return pixel_kind::cmyk16;
}

std::optional<pixel_kind> kind_of_gray(VipsBandFormat format) noexcept {
    switch (format) {
        case VIPS_FORMAT_SHORT:
            return pixel_kind::signed16;
        case VIPS_FORMAT_UINT:
            return pixel_kind::unsigned32;
        case VIPS_FORMAT_INT:
            return pixel_kind::signed32;
        case VIPS_FORMAT_FLOAT:
            return pixel_kind::real32;
        case VIPS_FORMAT_DOUBLE:
            return pixel_kind::real64;
        default:
            return std::nullopt;
    }
}

}  // namespace

vips_ref<VipsImage> plain_colors(vips_ref<VipsImage> image) {
    VipsImage* made = nullptr;
    if (is_lab(*image)) {
        // By way of numbers, since the direct one has 64 steps a channel.
        for (auto const space : {VIPS_INTERPRETATION_LAB, VIPS_INTERPRETATION_sRGB}) {
            if (vips_colourspace(image.get(), &made, space, nullptr) != 0) return nullptr;
            image.reset(made);
        }
    }
    int const colors = color_channels(*image);
    if (colors == 0 || image->Bands <= readable_channels(*image, colors)) return image;
    if (vips_extract_band(image.get(), &made, 0, "n", colors, nullptr) != 0) return nullptr;
    return vips_ref<VipsImage>(made);
}

std::optional<pixel_kind> kind_of(VipsImage const& image) noexcept {
    int const colors = color_channels(image);
    bool const fits = image.Bands >= colors && image.Bands <= readable_channels(image, colors);
    if (image.Coding != VIPS_CODING_NONE || colors == 0 || !fits) return std::nullopt;
    if (is_of_bytes(image)) return kind_of_bytes(colors, image.Bands);
    if (is_of_words(image)) return kind_of_words(colors, image.Bands);
    return colors == 1 ? kind_of_gray(image.BandFmt) : std::nullopt;
}

}  // namespace sma::image
