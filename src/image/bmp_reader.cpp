#include "bmp_reader.hpp"

#include "bmp_rle.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace sma::image {

namespace {

constexpr std::size_t file_header_bytes = 14;
constexpr std::uint32_t core_header_bytes = 12;
constexpr std::uint32_t uncompressed = 0;
constexpr std::uint32_t runs_of_8_bits = 1;
constexpr std::uint32_t runs_of_4_bits = 2;
constexpr std::uint32_t bit_fields = 3;
constexpr std::uint32_t alpha_bit_fields = 6;

}  // namespace

bmp_reader::channel bmp_reader::channel::of(std::uint32_t mask) noexcept {
    if (mask == 0) return {};
    int const shift = std::countr_zero(mask);
    return {mask, shift, mask >> shift};
}

std::uint8_t bmp_reader::channel::from(std::uint32_t pixel) const noexcept {
    if (max == 0) return 0;
    std::uint64_t const value = (pixel & mask) >> shift;
    return static_cast<std::uint8_t>(std::min<std::uint64_t>(255, value * 255 / max));
}

result<void> bmp_reader::read_size(byte_reader const& in) {
    header_bytes_ = in.u32(file_header_bytes);
    bool const core = header_bytes_ == core_header_bytes;
    if (!in.has(file_header_bytes, header_bytes_)) return damaged(bmp_format, "its header is cut off");
    if (core) {
        width_ = in.u16(18);
        height_ = in.u16(20);
        bits_ = in.u16(24);
    } else {
        auto const height = static_cast<std::int32_t>(in.u32(22));
        if (height == std::numeric_limits<std::int32_t>::min()) return damaged(bmp_format, "its size is not valid");
        top_down_ = height < 0;
        height_ = top_down_ ? -height : height;
        width_ = static_cast<std::int32_t>(in.u32(18));
        bits_ = in.u16(28);
    }
    if (width_ <= 0 || height_ <= 0) return damaged(bmp_format, "its size is not valid");
    palette_entry_bytes_ = core ? 3 : 4;
    pixels_ = file_.substr(std::min<std::size_t>(in.u32(10), file_.size()));
    row_bytes_ = (static_cast<std::uint64_t>(width_) * static_cast<std::uint64_t>(bits_) + 31) / 32 * 4;
    return {};
}

result<void> bmp_reader::read_compression(byte_reader const& in) {
    std::uint32_t const kind = header_bytes_ == core_header_bytes ? uncompressed : in.u32(30);
    bool const has_fields = kind == bit_fields || kind == alpha_bit_fields;
    has_runs_ = kind == runs_of_8_bits || kind == runs_of_4_bits;
    if (kind != uncompressed && !has_fields && !has_runs_)
        return unsupported(bmp_format, "compression " + std::to_string(kind));
    bool const fields_fit = !has_fields || bits_ == 16 || bits_ == 32;
    bool const runs_fit = !has_runs_ || bits_ == (kind == runs_of_8_bits ? 8 : 4);
    if (!fields_fit || !runs_fit) return damaged(bmp_format, "its header contradicts itself");
    if (has_fields) {
        if (!in.has(file_header_bytes + 40, 12)) return damaged(bmp_format, "its header is cut off");
        red_ = channel::of(in.u32(54));
        green_ = channel::of(in.u32(58));
        blue_ = channel::of(in.u32(62));
    } else if (bits_ == 16) {
        red_ = channel::of(0x7c00);
        green_ = channel::of(0x03e0);
        blue_ = channel::of(0x001f);
    } else {
        red_ = channel::of(0x00ff0000);
        green_ = channel::of(0x0000ff00);
        blue_ = channel::of(0x000000ff);
    }
    return {};
}

result<void> bmp_reader::read_palette(byte_reader const& in) {
    if (bits_ > 8) return {};
    std::uint32_t const said = header_bytes_ == core_header_bytes ? 0 : in.u32(46);
    std::size_t const all = std::size_t{1} << bits_;
    colors_ = said == 0 ? all : std::min<std::size_t>(said, all);
    palette_at_ = file_header_bytes + header_bytes_;
    if (!in.has(palette_at_, colors_ * palette_entry_bytes_)) return damaged(bmp_format, "its palette is cut off");
    return {};
}

result<bmp_reader> bmp_reader::open(std::string_view file) {
    byte_reader const in(file);
    bmp_reader r;
    r.file_ = file;
    if (auto read = r.read_size(in); read.has_error()) return read.error();
    switch (r.bits_) {
        case 1:
        case 4:
        case 8:
        case 16:
        case 24:
        case 32:
            break;
        default:
            return unsupported(bmp_format, std::to_string(r.bits_) + " bits a pixel");
    }
    if (auto read = r.read_compression(in); read.has_error()) return read.error();
    if (auto read = r.read_palette(in); read.has_error()) return read.error();
    return r;
}

bool bmp_reader::is_complete() const noexcept {
    return has_runs_ || row_bytes_ * static_cast<std::uint64_t>(height_) <= pixels_.size();
}

result<void> bmp_reader::decode_runs(bool allow_truncated, work_watch const& watch) {
    auto decoded = decode_bmp_runs(pixels_, bits_, width_, height_, watch);
    if (watch.is_over()) return watch.reason();
    if (!decoded.complete && !allow_truncated) return damaged(bmp_format, "it is cut off");
    indices_ = std::move(decoded.pixels);
    pixels_ = {reinterpret_cast<char const*>(indices_.data()), indices_.size()};
    bits_ = 8;
    row_bytes_ = static_cast<std::uint64_t>(width_);
    return {};
}

std::uint32_t bmp_reader::pixel(std::size_t row, int x) const noexcept {
    byte_reader const in(pixels_);
    auto const column = static_cast<std::size_t>(x);
    switch (bits_) {
        case 1:
            return (in.u8(row + column / 8) >> (7 - column % 8)) & 1U;
        case 4:
            return (in.u8(row + column / 2) >> (column % 2 == 0 ? 4 : 0)) & 15U;
        case 8:
            return in.u8(row + column);
        case 16:
            return in.u16(row + column * 2);
        case 24:
            return in.u24(row + column * 3);
        default:
            return in.u32(row + column * 4);
    }
}

result<void> bmp_reader::prepare(int y, int n) {
    std::size_t const bytes = static_cast<std::size_t>(width_) * 3;
    strip_.resize(bytes * static_cast<std::size_t>(n));
    strip_top_ = y;
    for (int i = 0; i < n; ++i) read_row(y + i, strip_.data() + bytes * static_cast<std::size_t>(i));
    return {};
}

std::uint8_t const* bmp_reader::row(int y) const noexcept {
    return strip_.data() + static_cast<std::size_t>(y - strip_top_) * static_cast<std::size_t>(width_) * 3;
}

void bmp_reader::read_row(int y, std::uint8_t* out) const noexcept {
    byte_reader const in(file_);
    auto const stored = static_cast<std::uint64_t>(top_down_ ? y : height_ - 1 - y);
    auto const row = static_cast<std::size_t>(stored * row_bytes_);
    for (int x = 0; x < width_; ++x, out += 3) {
        std::uint32_t const value = pixel(row, x);
        if (bits_ <= 8) {
            std::size_t const at = palette_at_ + value * palette_entry_bytes_;
            bool const known = value < colors_;
            for (std::size_t c = 0; c < 3; ++c) out[c] = known ? in.u8(at + 2 - c) : std::uint8_t{0};
        } else {
            out[0] = red_.from(value);
            out[1] = green_.from(value);
            out[2] = blue_.from(value);
        }
    }
}

}  // namespace sma::image
