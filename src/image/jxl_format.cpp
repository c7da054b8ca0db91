// JPEG XL header reader (ISO/IEC 18181-1, A.3 and D.2; the container is 18181-2): a codestream, bare or in boxes.
#include "bit_reader.hpp"
#include "bmff_boxes.hpp"
#include "image_header.hpp"
#include "vips_rows.hpp"

#include <array>
#include <limits>
#include <string>
#include <utility>

namespace sma::image {

namespace {

constexpr std::string_view codestream_signature = "\xff\x0a";
constexpr std::string_view container_signature("\0\0\0\x0cJXL \r\n\x87\n", 12);

/// U32() of the specification: two bits choose how many more follow, and what is added to them.
struct choice {
    std::uint32_t plus;
    int bits;
};
std::uint32_t read_u32(bit_reader& in, std::array<choice, 4> const& choices) noexcept {
    auto const& chosen = choices[in.bits(2)];
    return chosen.plus + in.bits(chosen.bits);
}

std::int64_t read_side(bit_reader& in, bool small) noexcept {
    if (small) return (std::int64_t{in.bits(5)} + 1) * 8;
    return read_u32(in, {{{1, 9}, {1, 13}, {1, 18}, {1, 30}}});
}

struct jxl_size {
    std::int64_t width = 0;
    std::int64_t height = 0;
};

jxl_size read_size(bit_reader& in) noexcept {
    struct ratio {
        int numerator;
        int denominator;
    };
    constexpr std::array<ratio, 8> ratios{{{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}}};
    bool const small = in.flag();
    std::int64_t const height = read_side(in, small);
    auto const& stated = ratios[in.bits(3)];
    std::int64_t const width =
        stated.numerator == 0 ? read_side(in, small) : height * stated.numerator / stated.denominator;
    return {width, height};
}

/// The part of the codestream in which the header stands. Empty: none.
std::string_view codestream(std::string_view file) noexcept {
    constexpr std::size_t part_number_bytes = 4;
    if (file.starts_with(codestream_signature)) return file;
    bmff_boxes boxes(file);
    while (auto const box = boxes.next()) {
        if (box->type == "jxlc") return box->body;
        if (box->type == "jxlp" && box->body.size() > part_number_bytes) return box->body.substr(part_number_bytes);
    }
    return {};
}

class jxl_header {
public:
    jxl_header(image_header& h, std::string_view data) noexcept : h_(h), in_(data, bit_order::low_first) {}

    result<void> read() {
        in_.skip(16);
        size_ = read_size(in_);
        bool const all_default = in_.flag();
        if (!all_default) {
            if (auto extra = read_extra_fields(); extra.has_error()) return extra;
            read_samples();
        }
        constexpr std::int64_t side_max = std::numeric_limits<std::int32_t>::max();
        if (in_.is_past_end() || size_.width > side_max) return damaged(jxl_format, "its header is cut off");
        h_.width = static_cast<int>(size_.width);
        h_.height = static_cast<int>(size_.height);
        h_.needs_whole_image = true;
        return {};
    }

private:
    // The library turns the picture: an orientation of 5 to 8 exchanges the sides.
    result<void> read_extra_fields() {
        if (!in_.flag()) return {};
        constexpr std::uint32_t first_that_turns = 4;
        if (in_.bits(3) >= first_that_turns) std::swap(size_.width, size_.height);
        if (in_.flag()) read_size(in_);
        if (in_.flag()) return unsupported(jxl_format, "a preview");
        if (in_.flag()) return unsupported(jxl_format, "an animation");  // libvips 8.14 gives the last frame
        return {};
    }

    void read_samples() noexcept {
        bool const is_float = in_.flag();
        std::uint32_t const bits = is_float ? read_u32(in_, {{{32, 0}, {16, 0}, {24, 0}, {1, 6}}})
                                            : read_u32(in_, {{{8, 0}, {10, 0}, {12, 0}, {1, 6}}});
        if (is_float) in_.skip(4);
        in_.skip(1);
        std::uint32_t const extra_channels = read_u32(in_, {{{0, 0}, {1, 0}, {2, 4}, {1, 12}}});
        h_.bits = is_float ? 32 : bits > 8 ? 16 : 8;
        h_.samples = 3 + static_cast<int>(extra_channels);
        if (is_float) h_.unusual = "samples of floating point";
        if (extra_channels > 1) h_.unusual = "channels beyond color and alpha";
    }

    image_header& h_;
    bit_reader in_;
    jxl_size size_;
};

bool is_jxl(std::string_view file) noexcept {
    return file.starts_with(codestream_signature) || file.starts_with(container_signature);
}

result<void> read_jxl_header(image_header& h, std::string_view file, int /*pages_max*/) {
    auto const data = codestream(file);
    if (!data.starts_with(codestream_signature)) return damaged(jxl_format, "it holds no image");
    h.keep(file);
    return jxl_header(h, data).read();
}

}  // namespace

image_format const jxl_format{
    .name = "jxl",
    .title = "JPEG XL",
    .matches = is_jxl,
    .read_header = read_jxl_header,
    .open_rows = vips_rows::open,
    .vips_loader = "jxlload_source",
    .vips_module = "vips-jxl",
};

}  // namespace sma::image
