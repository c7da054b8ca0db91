// TIFF and BigTIFF header reader: a chain of directories of tagged values. EXIF is a small TIFF too.
#include "byte_reader.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <algorithm>
#include <limits>

namespace sma::image {

namespace {

namespace tag {
constexpr std::uint16_t width = 256;
constexpr std::uint16_t height = 257;
constexpr std::uint16_t bits = 258;
constexpr std::uint16_t compression = 259;
constexpr std::uint16_t photometric = 262;
constexpr std::uint16_t strip_offsets = 273;
constexpr std::uint16_t orientation = 274;
constexpr std::uint16_t samples = 277;
constexpr std::uint16_t tile_width = 322;
constexpr std::uint16_t tile_height = 323;
constexpr std::uint16_t tile_offsets = 324;
constexpr std::uint16_t extra_samples = 338;
}  // namespace tag

struct entry {
    std::uint16_t id;
    std::uint64_t count;
    std::uint64_t value;  ///< the first one
};

class directory_reader {
public:
    explicit directory_reader(std::string_view file) noexcept
        : in_(file, file.starts_with('M')), big_(in_.u16(2) == 43) {}

    std::uint64_t first() const noexcept { return big_ ? in_.u64(8) : in_.u32(4); }

    std::uint64_t entries(std::uint64_t directory) const noexcept {
        std::uint64_t const said = big_ ? in_.u64(directory) : in_.u16(directory);
        return std::min<std::uint64_t>(said, in_.size() / entry_bytes());
    }

    std::uint64_t next(std::uint64_t directory) const noexcept {
        std::uint64_t const at = directory + count_bytes() + entries(directory) * entry_bytes();
        return big_ ? in_.u64(at) : in_.u32(at);
    }

    bool has(std::uint64_t directory) const noexcept { return directory >= 8 && in_.has(directory, count_bytes()); }

    entry at(std::uint64_t directory, std::uint64_t i) const noexcept {
        std::uint64_t const p = directory + count_bytes() + i * entry_bytes();
        std::uint16_t const type = in_.u16(p + 2);
        std::uint64_t const count = big_ ? in_.u64(p + 4) : in_.u32(p + 4);
        std::uint64_t value_at = p + (big_ ? 12 : 8);
        std::uint64_t const inline_bytes = big_ ? 8 : 4;
        if (count > inline_bytes / bytes_of_type(type)) value_at = big_ ? in_.u64(value_at) : in_.u32(value_at);
        return {in_.u16(p), count, value(type, value_at)};
    }

private:
    std::uint64_t count_bytes() const noexcept { return big_ ? 8 : 2; }
    std::uint64_t entry_bytes() const noexcept { return big_ ? 20 : 12; }

    static std::uint64_t bytes_of_type(std::uint16_t type) noexcept {
        switch (type) {
            case 3:
                return 2;
            case 4:
                return 4;
            case 16:
                return 8;
            default:
                return 1;
        }
    }

    std::uint64_t value(std::uint16_t type, std::uint64_t at) const noexcept {
        switch (type) {
            case 1:
                return in_.u8(at);
            case 3:
                return in_.u16(at);
            case 4:
                return in_.u32(at);
            case 16:
                return in_.u64(at);
            default:
                return 0;
        }
    }

    byte_reader in_;
    bool big_;
};

struct tiff_facts {
    std::uint64_t width = 0;
    std::uint64_t height = 0;
    std::uint64_t bits = 1;
    std::uint64_t samples = 1;
    std::uint64_t compression = 1;
    std::uint64_t photometric = 0;
    std::uint64_t blocks = 1;
    std::uint64_t tile_width = 0;
    std::uint64_t tile_height = 0;
    int orientation = 1;
    bool premultiplied = false;

    void take(entry const& e) noexcept {
        switch (e.id) {
            case tag::width:
                width = e.value;
                break;
            case tag::height:
                height = e.value;
                break;
            case tag::bits:
                bits = e.value;
                break;
            case tag::samples:
                samples = e.value;
                break;
            case tag::compression:
                compression = e.value;
                break;
            case tag::photometric:
                photometric = e.value;
                break;
            case tag::strip_offsets:
            case tag::tile_offsets:
                blocks = e.count;
                break;
            case tag::tile_width:
                tile_width = e.value;
                break;
            case tag::tile_height:
                tile_height = e.value;
                break;
            case tag::extra_samples:
                premultiplied = e.value == 1;
                break;
            case tag::orientation:
                orientation = e.value >= 1 && e.value <= 8 ? static_cast<int>(e.value) : 1;
                break;
            default:
                break;
        }
    }
};

tiff_facts read_facts(directory_reader const& in, std::uint64_t directory) noexcept {
    tiff_facts facts;
    std::uint64_t const n = in.entries(directory);
    for (std::uint64_t i = 0; i < n; ++i) facts.take(in.at(directory, i));
    return facts;
}

int count_pages(directory_reader const& in, int pages_max) noexcept {
    int pages = 0;
    for (std::uint64_t directory = in.first(); in.has(directory) && pages <= pages_max; directory = in.next(directory))
        ++pages;
    return pages;
}

constexpr std::uint64_t ycbcr = 6;
constexpr std::uint64_t old_jpeg = 6;
constexpr std::uint64_t new_jpeg = 7;

// libvips reads luma and chroma of a TIFF only where they are packed as JPEG.
bool is_raw_ycbcr(tiff_facts const& facts) noexcept {
    return facts.photometric == ycbcr && facts.compression != new_jpeg;
}

bool fits_int(std::uint64_t value) noexcept { return value >= 1 && value <= std::numeric_limits<std::int32_t>::max(); }

bool is_tiff(std::string_view file) noexcept {
    using namespace std::string_view_literals;
    return file.starts_with("II*\0"sv) || file.starts_with("MM\0*"sv) || file.starts_with("II+\0"sv) ||
           file.starts_with("MM\0+"sv);
}

result<void> read_tiff_header(image_header& h, std::string_view file, int pages_max) {
    directory_reader const in(file);
    if (!in.has(in.first())) return damaged(tiff_format, "it has no directory");
    auto const facts = read_facts(in, in.first());
    if (!fits_int(facts.width) || !fits_int(facts.height)) return damaged(tiff_format, "its size is not valid");
    if (!fits_int(facts.samples) || facts.samples > 64 || !fits_int(facts.bits) || facts.bits > 64) {
        return damaged(tiff_format, "its pixel type is not valid");
    }
    if (is_raw_ycbcr(facts)) {
        return error(errc::preprocessing_failed,
                     "the TIFF file stores luma and chroma (YCbCr), which is not supported; save it as RGB");
    }
    h.width = static_cast<int>(facts.width);
    h.height = static_cast<int>(facts.height);
    h.samples = static_cast<int>(facts.samples);
    h.bits = std::max(8, static_cast<int>(facts.bits));
    h.orientation = facts.orientation;
    h.premultiplied = facts.premultiplied && facts.samples == 4;
    bool const tile_is_sane = facts.tile_width <= (1U << 24) && facts.tile_height <= (1U << 24);
    h.block_pixels = tile_is_sane ? static_cast<std::int64_t>(facts.tile_width * facts.tile_height)
                                  : std::numeric_limits<std::int64_t>::max();
    h.blocks = static_cast<std::int64_t>(std::min<std::uint64_t>(facts.blocks, file.size()));
    h.jpeg_inside = facts.compression == old_jpeg || facts.compression == new_jpeg;
    h.pages = count_pages(in, pages_max);
    h.keep(file);
    return {};
}

}  // namespace

int exif_orientation(std::string_view exif) noexcept {
    if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);
    if (!exif.starts_with(std::string_view("II*\0", 4)) && !exif.starts_with(std::string_view("MM\0*", 4))) return 1;
    directory_reader const in(exif);
    return in.has(in.first()) ? read_facts(in, in.first()).orientation : 1;
}

image_format const tiff_format{
    .name = "tiff",
    .title = "TIFF",
    .matches = is_tiff,
    .read_header = read_tiff_header,
    .open_rows = vips_rows::open,
    .vips_loader = "tiffload_source",
};

}  // namespace sma::image
