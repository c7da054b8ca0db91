// TIFF and BigTIFF header reader. The library sees the first page alone.
#include "image_header.hpp"
#include "jpeg_markers.hpp"
#include "tiff_directory.hpp"
#include "vips_rows.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace sma::image {

namespace {

namespace tag {
constexpr std::uint16_t width = 256;
constexpr std::uint16_t height = 257;
constexpr std::uint16_t bits = 258;
constexpr std::uint16_t compression = 259;
constexpr std::uint16_t photometric = 262;
constexpr std::uint16_t strip_offsets = 273;
constexpr std::uint16_t samples = 277;
constexpr std::uint16_t strip_bytes = 279;
constexpr std::uint16_t planes = 284;
constexpr std::uint16_t tile_width = 322;
constexpr std::uint16_t tile_height = 323;
constexpr std::uint16_t tile_offsets = 324;
constexpr std::uint16_t tile_bytes = 325;
constexpr std::uint16_t extra_samples = 338;
constexpr std::uint16_t xmp = 700;
constexpr std::uint16_t icc_profile = 34675;
}  // namespace tag

namespace photometric {
constexpr std::uint64_t black_is_zero = 1;  // 0: white is
constexpr std::uint64_t palette = 3;
constexpr std::uint64_t ycbcr = 6;
}  // namespace photometric

constexpr std::uint64_t old_jpeg = 6;
constexpr std::uint64_t new_jpeg = 7;
constexpr std::uint64_t separate_planes = 2;

// Those that libtiff decodes, if it was built with all libraries.
constexpr std::array<std::uint64_t, 20> known_compressions{
    1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32809, 32909, 32946, 34661, 34676, 34677, 34887, 34925, 50000, 50001};

struct tiff_facts {
    std::uint64_t width = 0;
    std::uint64_t height = 0;
    std::uint64_t bits = 1;
    std::uint64_t samples = 1;
    std::uint64_t compression = 1;
    std::optional<std::uint64_t> photometric;
    std::uint64_t planes = 1;
    tiff_entry offsets;  ///< of the strips or tiles
    tiff_entry lengths;
    std::uint64_t tile_width = 0;
    std::uint64_t tile_height = 0;
    tiff_entry xmp;
    tiff_entry profile;
    bool associated_alpha = false;

    void take(tiff_directories const& in, tiff_entry const& e) noexcept {
        switch (e.id) {
            case tag::width:
                width = in.value(e);
                break;
            case tag::height:
                height = in.value(e);
                break;
            case tag::bits:
                bits = in.value(e);
                break;
            case tag::samples:
                samples = in.value(e);
                break;
            case tag::compression:
                compression = in.value(e);
                break;
            case tag::photometric:
                photometric = in.value(e);
                break;
            case tag::planes:
                planes = in.value(e);
                break;
            case tag::strip_offsets:
            case tag::tile_offsets:
                offsets = e;
                break;
            case tag::strip_bytes:
            case tag::tile_bytes:
                lengths = e;
                break;
            case tag::tile_width:
                tile_width = in.value(e);
                break;
            case tag::tile_height:
                tile_height = in.value(e);
                break;
            case tag::extra_samples:
                take_extra_samples(in, e);
                break;
            case tag::xmp:
                xmp = e;
                break;
            case tag::icc_profile:
                profile = e;
                break;
            default:
                break;
        }
    }

private:
    void take_extra_samples(tiff_directories const& in, tiff_entry const& e) noexcept {
        constexpr std::uint64_t associated = 1;
        constexpr std::uint64_t looked_at = 64;  // no image with more is read
        for (std::uint64_t i = 0; i < std::min(e.count, looked_at); ++i)
            associated_alpha = associated_alpha || in.value(e, i) == associated;
    }
};

tiff_facts read_facts(tiff_directories const& in, std::uint64_t directory) noexcept {
    tiff_facts facts;
    std::uint64_t const n = in.entries(directory);
    for (std::uint64_t i = 0; i < n; ++i) facts.take(in, in.at(directory, i));
    return facts;
}

// A chain that comes back to itself has no end, and so no number of pages but the first. Brent's way to notice it: one
// directory is remembered, each time for twice as many steps. A circle of as many pages as are allowed shows within
// three times so many steps.
int count_pages(tiff_directories const& in, int pages_max) noexcept {
    std::int64_t const steps_max = std::int64_t{4} * pages_max;
    std::int64_t pages = 0;
    std::int64_t remembered_for = 1;
    std::uint64_t remembered = 0;
    std::int64_t remembered_at = 0;
    for (std::uint64_t directory = in.first(); in.has(directory) && pages <= steps_max;
         directory = in.next(directory)) {
        if (directory == remembered) return 1;
        if (pages - remembered_at == remembered_for) {
            remembered = directory;
            remembered_at = pages;
            remembered_for *= 2;
        }
        ++pages;
    }
    return static_cast<int>(std::min<std::int64_t>(pages, std::int64_t{pages_max} + 1));
}

// What libvips would read with the wrong colors, or without setting a pixel. Empty: nothing of that.
std::string_view misread_kind(tiff_facts const& facts) noexcept {
    bool const planar = facts.planes == separate_planes;
    // libtiff takes such data to be luma and chroma, whatever the file says, and libvips takes them to be RGB.
    if (facts.compression == old_jpeg && facts.photometric.value_or(photometric::ycbcr) > photometric::black_is_zero) {
        return "JPEG of the old style";
    }
    if (facts.photometric == photometric::ycbcr && (facts.compression != new_jpeg || planar)) {
        return "luma and chroma, YCbCr";
    }
    // libvips looks for the alpha channel as if colors took one channel.
    if (facts.photometric == photometric::palette && facts.associated_alpha) return "a palette with associated alpha";
    if (planar && facts.bits < 8) return "planes of less than 8 bits a sample";
    return {};
}

bool is_known_depth(tiff_facts const& facts) noexcept {
    if (facts.bits < 8) {
        bool const alone = facts.samples == 1 || facts.photometric == photometric::palette;
        return (facts.bits == 1 || facts.bits == 2 || facts.bits == 4) && alone;
    }
    return facts.bits == 8 || facts.bits == 16 || facts.bits == 32;
}

/// As far as it is in the file.
std::string_view part_of(std::string_view file, std::uint64_t at, std::uint64_t bytes) noexcept {
    if (at >= file.size()) return {};
    auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, file.size()));
    return file.substr(static_cast<std::size_t>(at), n);
}

/// The data of strip or tile i, as far as it is in the file.
std::string_view block(tiff_directories const& in, tiff_facts const& facts, std::string_view file, std::uint64_t i) {
    std::uint64_t const at = in.value(facts.offsets, i);
    std::uint64_t bytes = in.value(facts.lengths, i);
    if (bytes == 0 && facts.offsets.count == 1) bytes = file.size();  // libtiff takes what there is
    return part_of(file, at, bytes);
}

// Why the libraries may fail to read a file that is whole. Empty: for no reason known.
std::string unusual_kind(tiff_directories const& in, tiff_facts const& facts, std::string_view file) {
    if (facts.planes == separate_planes && facts.tile_width > 0) return "tiles of separate planes";
    if (!is_known_depth(facts)) return std::to_string(facts.bits) + " bits a sample";
    auto const& known = known_compressions;
    if (std::find(known.begin(), known.end(), facts.compression) == known.end())
        return "compression " + std::to_string(facts.compression);
    if (facts.compression == new_jpeg) return unusual_jpeg(block(in, facts, file, 0));
    return {};
}

// The most scans that a strip or tile of JPEG has. Where they overlap so much that to look at them all is far more than
// to look at the file, there are too many to count.
std::int64_t most_scans(tiff_directories const& in, tiff_facts const& facts, std::string_view file) noexcept {
    constexpr std::uint64_t looks_max = 4;
    constexpr auto too_many = std::numeric_limits<std::int64_t>::max();
    std::uint64_t left = looks_max * file.size();
    std::int64_t most = 0;
    std::uint64_t const blocks = std::min<std::uint64_t>(facts.offsets.count, file.size());
    for (std::uint64_t i = 0; i < blocks; ++i) {
        auto const data = block(in, facts, file, i);
        if (data.size() > left) return too_many;
        left -= data.size();
        most = std::max(most, scans_in(data));
    }
    return most;
}

// Data of the old style may lie anywhere.
std::int64_t scans_of_old_style(tiff_facts const& facts, std::string_view file) noexcept {
    auto const blocks = std::clamp<std::uint64_t>(facts.offsets.count, 1, file.size());
    return scans_in(file) / static_cast<std::int64_t>(blocks);
}

bool fits_int(std::uint64_t value) noexcept { return value >= 1 && value <= std::numeric_limits<std::int32_t>::max(); }

// Other pages would be parsed though nobody reads them: the pointer to them is replaced by zeros.
void keep_first_page(image_header& h, tiff_directories const& in, std::string_view file) {
    static constexpr std::string_view zeros("\0\0\0\0\0\0\0\0", 8);
    if (in.next(in.first()) == 0) return h.keep(file);
    auto const at = static_cast<std::size_t>(in.next_at(in.first()));
    auto const bytes = static_cast<std::size_t>(in.pointer_bytes());
    h.keep(file.substr(0, at));
    h.keep(zeros.substr(0, bytes));
    h.keep(file.substr(at + bytes));
}

result<void> check_facts(tiff_facts const& facts) {
    if (!fits_int(facts.width) || !fits_int(facts.height)) return damaged(tiff_format, "its size is not valid");
    if (!fits_int(facts.samples) || facts.samples > 64 || !fits_int(facts.bits) || facts.bits > 64) {
        return damaged(tiff_format, "its pixel type is not valid");
    }
    if (auto const kind = misread_kind(facts); !kind.empty()) return unsupported(tiff_format, kind);
    return {};
}

result<void> read_tiff_header(image_header& h, std::string_view file, int pages_max) {
    tiff_directories const in(file);
    if (!in.has(in.first())) return damaged(tiff_format, "it has no directory");
    auto const facts = read_facts(in, in.first());
    if (auto checked = check_facts(facts); checked.has_error()) return checked;
    h.width = static_cast<int>(facts.width);
    h.height = static_cast<int>(facts.height);
    h.samples = static_cast<int>(facts.samples);
    h.bits = std::max(8, static_cast<int>(facts.bits));
    h.orientation.look(orientation_place::exif, file);
    h.orientation.look(orientation_place::xmp, part_of(file, facts.xmp.at, facts.xmp.count));
    if (facts.profile.count > 0) h.profile.push_back(part_of(file, facts.profile.at, facts.profile.count));
    h.unusual = unusual_kind(in, facts, file);
    bool const tile_is_sane = facts.tile_width <= (1U << 24) && facts.tile_height <= (1U << 24);
    h.block_pixels = tile_is_sane ? static_cast<std::int64_t>(facts.tile_width * facts.tile_height)
                                  : std::numeric_limits<std::int64_t>::max();
    if (facts.compression == new_jpeg) h.scans = most_scans(in, facts, file);
    if (facts.compression == old_jpeg) h.scans = scans_of_old_style(facts, file);
    h.pages = count_pages(in, pages_max);
    keep_first_page(h, in, file);
    return {};
}

}  // namespace

image_format const tiff_format{
    .name = "tiff",
    .title = "TIFF",
    .matches = is_tiff,
    .read_header = read_tiff_header,
    .open_rows = vips_rows::open,
    .vips_loader = "tiffload_source",
};

}  // namespace sma::image
