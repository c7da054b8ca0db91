// AVIF and HEIC header reader: pictures coded as AV1 or HEVC in a HEIF file (ISO/IEC 23008-12), a phone's as a grid of
// tiles. The primary picture is rewritten as a file of its own, without its alpha channel, so that the library sees
// neither other pictures nor metadata, and no list that the file's author has written.
#include "byte_reader.hpp"
#include "coded_pixels.hpp"
#include "color_profile.hpp"
#include "heif_picture.hpp"
#include "heif_writer.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace sma::image {

namespace {

constexpr int library_side_max = 0x4000;  // libvips sets it

/// How the two formats differ.
struct heif_coding {
    std::string_view item_type;
    std::string_view configuration;  ///< the property that a decoder begins with
    std::string_view brand;
    int (*bits)(byte_reader const& configuration);
    std::int64_t (*coded_pixels)(std::string_view configuration, std::string_view data);
};

int av1_bits(byte_reader const& configuration) {
    constexpr unsigned high_bit_depth = 0x40;
    return (configuration.u8(2) & high_bit_depth) != 0 ? 16 : 8;
}

int hevc_bits(byte_reader const& configuration) {
    unsigned const luma = configuration.u8(17) & 7U;
    unsigned const chroma = configuration.u8(18) & 7U;
    return luma + chroma > 0 ? 16 : 8;
}

constexpr heif_coding av1{"av01", "av1C", "avif", av1_bits, coded_pixels_of_av1};
constexpr heif_coding hevc{"hvc1", "hvcC", "heic", hevc_bits, coded_pixels_of_hevc};

// What decoding needs. Anything else is left out, and must not be if it is essential.
bool is_kept(std::string_view property) {
    constexpr std::array kept{"av1C", "hvcC", "ispe", "pixi", "colr", "irot", "imir", "clap"};
    return std::find(kept.begin(), kept.end(), property) != kept.end();
}

struct heif_size {
    std::int64_t width = 0;
    std::int64_t height = 0;
    bool operator==(heif_size const&) const = default;
};

/// Of `ispe`; what is no size is 0 x 0.
heif_size stated_size(std::string_view ispe) noexcept {
    byte_reader const in(ispe, true);
    return in.has(0, 12) ? heif_size{in.u32(4), in.u32(8)} : heif_size{};
}

class heif_header {
public:
    heif_header(image_header& h, heif_picture const& picture, heif_coding const& coding)
        : h_(h), picture_(picture), primary_(picture.primary_item()), coding_(coding) {}

    result<void> read() {
        size_ = stated_size(picture_.property(primary_, "ispe"));
        constexpr std::int64_t side_max = std::numeric_limits<std::int32_t>::max();
        if (size_.width < 1 || size_.height < 1 || size_.width > side_max || size_.height > side_max)
            return damaged(*h_.type, "its size is not valid");
        if (std::max(size_.width, size_.height) > library_side_max)
            h_.unusual = "more than " + std::to_string(library_side_max) + " pixels on a side";
        for (auto const& item : picture_.items)
            if (auto checked = check_item(item); checked.has_error()) return checked;
        if (!picture_.tiles.empty())
            if (auto checked = check_grid(); checked.has_error()) return checked;
        take_colors(primary_);
        if (h_.profile.empty() && !picture_.tiles.empty()) take_colors(*picture_.item(picture_.tiles.front()));
        if (!h_.profile.empty()) h_.is_display_p3 = false;
        if (auto written = write(); written.has_error()) return written;
        return turn();
    }

private:
    bool is_grid(heif_item const& item) const noexcept { return &item == &primary_ && !picture_.tiles.empty(); }

    result<void> check_item(heif_item const& item) {
        for (auto const& a : item.properties) {
            auto const* const box = picture_.find(a);
            if (box != nullptr && a.essential && !is_kept(box->type))
                return unsupported(*h_.type, "a picture with '" + printable(box->type) + "'");
        }
        if (is_grid(item)) return {};
        if (item.type != coding_.item_type)
            return unsupported(*h_.type, "a picture coded as '" + printable(item.type) + "'");
        auto const configuration = picture_.property(item, coding_.configuration);
        if (configuration.empty()) return damaged(*h_.type, "it does not say how it is coded");
        constexpr unsigned length_of_four = 3;
        if (&coding_ == &hevc && (byte_reader(configuration).u8(21) & 3U) != length_of_four)
            return unsupported(*h_.type, "HEVC with short lengths");
        h_.bits = std::max(h_.bits, coding_.bits(byte_reader(configuration)));
        return {};
    }

    // Characters of a type that comes from the file are shown to people.
    static std::string printable(std::string_view type) {
        std::string text(type);
        std::replace_if(
            text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
        return text;
    }

    // No tile lies beside the picture, where its decoding would be for nothing (23008-12, 6.6.2.3).
    result<void> check_grid() const {
        std::string content;
        for (auto const& piece : primary_.data) content.append(piece);
        byte_reader const in(content, true);
        bool const wide = (in.u8(1) & 1) != 0;
        std::int64_t const rows = in.u8(2) + 1;
        std::int64_t const columns = in.u8(3) + 1;
        heif_size const output{wide ? in.u32(4) : in.u16(4), wide ? in.u32(8) : in.u16(6)};
        heif_size const tile = stated_size(picture_.property(*picture_.item(picture_.tiles.front()), "ispe"));
        bool const covers = tile.width * columns >= size_.width && tile.height * rows >= size_.height &&
                            tile.width * (columns - 1) < size_.width && tile.height * (rows - 1) < size_.height;
        bool const all_alike = std::all_of(picture_.tiles.begin(), picture_.tiles.end(), [&](std::uint32_t id) {
            return stated_size(picture_.property(*picture_.item(id), "ispe")) == tile;
        });
        bool const enough = static_cast<std::int64_t>(picture_.tiles.size()) == rows * columns;
        return output == size_ && covers && all_alike && enough ? result<void>()
                                                                : damaged(*h_.type, "its tiles do not fit");
    }

    // Of the boxes `colr` the one that holds ICC (14496-12, 12.1.5), which counts before code points
    // (23000-22, 7.3.6.4).
    void take_colors(heif_item const& item) {
        constexpr std::size_t kind_bytes = 4;
        for (auto const& a : item.properties) {
            auto const* const box = picture_.find(a);
            if (box == nullptr || box->type != "colr" || !h_.profile.empty()) continue;
            if (box->body.starts_with("prof") || box->body.starts_with("rICC"))
                h_.profile.push_back(box->body.substr(kind_bytes));
            byte_reader const in(box->body, true);
            if (box->body.starts_with("nclx"))
                h_.is_display_p3 = color_codes{in.u16(kind_bytes), in.u16(kind_bytes + 2)} == display_p3_codes;
        }
    }

    result<void> write() {
        auto const data = write_heif(picture_, coding_.brand, is_kept, h_.rewritten);
        h_.keep(h_.rewritten);
        h_.needs_whole_image = true;
        h_.has_end = true;
        for (auto const& item : picture_.items) {
            if (is_grid(item)) continue;
            auto const index = static_cast<std::size_t>(&item - picture_.items.data());
            auto const coded = coding_.coded_pixels(picture_.property(item, coding_.configuration), data[index]);
            if (coded == 0) return damaged(*h_.type, "a picture in it has no header");
            constexpr std::int64_t enough = std::int64_t{1} << 40;  // to be refused, and few enough to be added up
            h_.coded_pixels += std::min(coded, enough) * uses(item.id);
        }
        return {};
    }

    std::int64_t uses(std::uint32_t id) const noexcept {
        return picture_.tiles.empty() ? 1 : std::count(picture_.tiles.begin(), picture_.tiles.end(), id);
    }

    // Crop and rotation are parts of the picture, which the library applies in their order.
    result<void> turn() {
        auto const stored = size_;
        for (auto const& a : primary_.properties) {
            auto const* const box = picture_.find(a);
            if (box == nullptr) continue;
            byte_reader const in(box->body, true);
            if (box->type == "clap") {
                size_ = {rounded(in.u32(0), in.u32(4)), rounded(in.u32(8), in.u32(12))};
            } else if (box->type == "irot" && (in.u8(0) & 1) != 0) {
                std::swap(size_.width, size_.height);
            }
        }
        std::int64_t const side_max = std::max(stored.width, stored.height);
        if (size_.width < 1 || size_.height < 1 || size_.width > side_max || size_.height > side_max)
            return damaged(*h_.type, "its crop is not valid");
        h_.width = static_cast<int>(size_.width);
        h_.height = static_cast<int>(size_.height);
        return {};
    }

    static std::int64_t rounded(std::int64_t numerator, std::int64_t denominator) noexcept {
        return denominator == 0 ? 0 : (numerator + denominator / 2) / denominator;
    }

    image_header& h_;
    heif_picture const& picture_;
    heif_item const& primary_;
    heif_coding const& coding_;
    heif_size size_;
};

result<void> read_heif_header(image_header& h, std::string_view file, heif_coding const& coding) {
    auto const picture = read_heif_picture(*h.type, file);
    if (picture.has_error()) return picture.error();
    return heif_header(h, *picture, coding).read();
}

result<void> read_avif_header(image_header& h, std::string_view file, int /*pages_max*/) {
    return read_heif_header(h, file, av1);
}
result<void> read_heic_header(image_header& h, std::string_view file, int /*pages_max*/) {
    return read_heif_header(h, file, hevc);
}

bool is_avif(std::string_view file) noexcept { return has_brand(file, "avif") || has_brand(file, "avis"); }

bool is_heic(std::string_view file) noexcept {
    constexpr std::array brands{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"};
    return !is_avif(file) &&
           std::any_of(brands.begin(), brands.end(), [file](auto const* brand) { return has_brand(file, brand); });
}

}  // namespace

image_format const avif_format{
    .name = "avif",
    .title = "AVIF",
    .matches = is_avif,
    .read_header = read_avif_header,
    .open_rows = vips_rows::open,
    .vips_loader = "heifload_source",
    .vips_module = "vips-heif",
};

image_format const heic_format{
    .name = "heic",
    .title = "HEIC",
    .matches = is_heic,
    .read_header = read_heic_header,
    .open_rows = vips_rows::open,
    .vips_loader = "heifload_source",
    .vips_module = "vips-heif",
};

}  // namespace sma::image
