#include "jpeg_files.hpp"

#include "test_files.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <jpeglib.h>

namespace sma::image::test {

namespace {

constexpr int quality = 85;

int channels_of(jpeg_colors colors) noexcept {
    return colors == jpeg_colors::gray ? 1 : colors == jpeg_colors::color ? 3 : 4;
}

std::vector<std::uint8_t> picture(int width, int height, int channels) {
    std::mt19937 random(static_cast<unsigned>(width * 1'000 + height));
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (int c = 0; c < channels; ++c)
                pixels.push_back(static_cast<std::uint8_t>((2 * x + 3 * y + 50 * c) % 200 + random() % 50));
        }
    }
    return pixels;
}

void set_colors(jpeg_compress_struct& info, jpeg_kind const& kind) {
    info.input_components = channels_of(kind.colors);
    switch (kind.colors) {
        case jpeg_colors::gray:
            info.in_color_space = JCS_GRAYSCALE;
            break;
        case jpeg_colors::color:
            info.in_color_space = JCS_RGB;
            break;
        default:
            info.in_color_space = JCS_CMYK;
            break;
    }
    jpeg_set_defaults(&info);
    if (kind.colors == jpeg_colors::ycck) jpeg_set_colorspace(&info, JCS_YCCK);
    info.comp_info[0].h_samp_factor = kind.across;
    info.comp_info[0].v_samp_factor = kind.down;
    if (kind.colors != jpeg_colors::ycck) return;
    info.comp_info[3].h_samp_factor = kind.across;
    info.comp_info[3].v_samp_factor = kind.down;
}

void write_orientation(jpeg_compress_struct& info, int orientation) {
    auto const exif = std::string("Exif\0\0II*\0", 10) + le(8, 4) + le(1, 2) + le(0x112, 2) + le(3, 2) + le(1, 4) +
                      le(static_cast<std::uint64_t>(orientation), 4) + le(0, 4);
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<JOCTET const*>(exif.data()),
                      static_cast<unsigned>(exif.size()));
}

std::string stored(std::vector<std::uint8_t> pixels, jpeg_kind const& kind, int width, int height, int orientation) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* memory = nullptr;
    unsigned long bytes = 0;
    jpeg_mem_dest(&info, &memory, &bytes);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    set_colors(info, kind);
    jpeg_set_quality(&info, quality, TRUE);
    info.restart_interval = static_cast<unsigned>(kind.restart_interval);
    info.arith_code = kind.arithmetic ? TRUE : FALSE;
    if (kind.progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    if (orientation != 1) write_orientation(info, orientation);
    std::size_t const row_bytes = pixels.size() / static_cast<std::size_t>(height);
    for (JSAMPROW row = pixels.data(); info.next_scanline < info.image_height; row += row_bytes)
        jpeg_write_scanlines(&info, &row, 1);
    jpeg_finish_compress(&info);
    std::string file(reinterpret_cast<char const*>(memory), bytes);
    jpeg_destroy_compress(&info);
    std::free(memory);
    return file;
}

struct failure_manager {
    jpeg_error_mgr pub{};  // first: libjpeg gives its address back
    std::jmp_buf failed;
};

void leave(j_common_ptr info) { std::longjmp(reinterpret_cast<failure_manager*>(info->err)->failed, 1); }
void keep_quiet(j_common_ptr, int) {}

boolean note_end(j_decompress_ptr info) {
    static JOCTET const end_marker[] = {0xff, JPEG_EOI};
    static_cast<whole_jpeg*>(info->client_data)->ran_out = true;
    info->src->next_input_byte = end_marker;
    info->src->bytes_in_buffer = sizeof end_marker;
    return TRUE;
}

J_COLOR_SPACE output_colors(jpeg_decompress_struct const& info) noexcept {
    if (info.num_components == 1) return JCS_GRAYSCALE;
    return info.num_components == 3 ? JCS_RGB : JCS_CMYK;
}

pixel_kind kind_of(J_COLOR_SPACE colors) noexcept {
    if (colors == JCS_GRAYSCALE) return pixel_kind::gray8;
    return colors == JCS_RGB ? pixel_kind::rgb8 : pixel_kind::cmyk8_inverted;
}

bool read_all(jpeg_decompress_struct& info, failure_manager& failures, whole_jpeg& out) {
    if (setjmp(failures.failed) != 0) return false;
    jpeg_read_header(&info, TRUE);
    info.src->fill_input_buffer = note_end;
    info.out_color_space = output_colors(info);
    info.scale_num = 1;
    info.scale_denom = static_cast<unsigned>(out.shrink);
    jpeg_start_decompress(&info);
    out.width = static_cast<int>(info.image_width);
    out.height = static_cast<int>(info.image_height);
    out.kind = kind_of(info.out_color_space);
    std::size_t const row_bytes = info.output_width * bytes_of(out.kind);
    out.pixels.resize(row_bytes * info.output_height);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = out.pixels.data() + info.output_scanline * row_bytes;
        jpeg_read_scanlines(&info, &row, 1);
    }
    return true;
}

}  // namespace

std::vector<jpeg_kind> jpeg_kinds() {
    std::vector<jpeg_kind> const stored{
        {jpeg_colors::color, 1, 1}, {jpeg_colors::color, 2, 1}, {jpeg_colors::color, 2, 2}, {jpeg_colors::color, 1, 2},
        {jpeg_colors::color, 4, 1}, {jpeg_colors::color, 4, 2}, {jpeg_colors::gray, 1, 1},  {jpeg_colors::gray, 2, 2},
        {jpeg_colors::cmyk, 1, 1},  {jpeg_colors::cmyk, 2, 2},  {jpeg_colors::ycck, 2, 2}};
    std::vector<jpeg_kind> kinds;
    for (auto kind : stored) {
        kinds.push_back(kind);
        kind.restart_interval = 3;
        kinds.push_back(kind);
        kind.arithmetic = true;
        kinds.push_back(kind);
        kind.arithmetic = false;
        kind.progressive = true;
        kinds.push_back(kind);
    }
    return kinds;
}

std::string to_string(jpeg_kind const& kind) {
    static char const* const colors[] = {"gray", "color", "CMYK", "YCCK"};
    return std::string(colors[static_cast<int>(kind.colors)]) + " " + std::to_string(kind.across) + " x " +
           std::to_string(kind.down) + (kind.progressive ? ", progressive" : "") +
           (kind.arithmetic ? ", arithmetic" : "") + (kind.restart_interval > 0 ? ", with restarts" : "");
}

std::string jpeg_of(jpeg_kind const& kind, int width, int height, int orientation) {
    return stored(picture(width, height, channels_of(kind.colors)), kind, width, height, orientation);
}

std::string ramp_jpeg(int width, int height, int orientation) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            pixels.push_back(static_cast<std::uint8_t>(220 * (2 * x + y) / (2 * width + height)));
    return stored(std::move(pixels), {jpeg_colors::gray}, width, height, orientation);
}

std::optional<whole_jpeg> decode_whole(std::string_view file, int shrink) {
    whole_jpeg out;
    out.shrink = shrink;
    failure_manager failures;
    jpeg_decompress_struct info{};
    info.err = jpeg_std_error(&failures.pub);
    failures.pub.error_exit = leave;
    failures.pub.emit_message = keep_quiet;
    jpeg_create_decompress(&info);
    info.client_data = &out;
    jpeg_mem_src(&info, reinterpret_cast<unsigned char const*>(file.data()), file.size());
    bool const decoded = read_all(info, failures, out);
    jpeg_destroy_decompress(&info);
    return decoded ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace sma::image::test
