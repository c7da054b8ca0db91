// BMP: a header of one of several lengths, and rows as they are or in run lengths.
#include "bmp_reader.hpp"

namespace sma::image {

namespace {

bool is_bmp(std::string_view file) noexcept {
    // "BM" alone is little to go by: the next header must have a length that some BMP has.
    if (!file.starts_with("BM") || file.size() < 18 || file[15] != 0 || file[16] != 0 || file[17] != 0) return false;
    auto const length = static_cast<unsigned char>(file[14]);
    return length == 12 || (length >= 40 && length <= 124);
}

result<void> read_bmp_header(image_header& h, std::string_view file, int /*pages_max*/) {
    auto const reader = bmp_reader::open(file);
    if (reader.has_error()) return reader.error();
    h.width = reader->width();
    h.height = reader->height();
    h.has_end = reader->is_complete();
    h.needs_whole_image = reader->has_runs();
    return {};
}

result<std::unique_ptr<row_source>> open_bmp_rows(image_header const& h, std::string_view file,
                                                  row_options const& options, work_watch const& watch) {
    if (!h.has_end && !options.allow_truncated) return damaged(bmp_format, "it is cut off");
    auto reader = bmp_reader::open(file);
    if (reader.has_error()) return reader.error();
    if (reader->has_runs()) {
        if (auto decoded = reader->decode_runs(options.allow_truncated, watch); decoded.has_error())
            return decoded.error();
    }
    return std::make_unique<bmp_reader>(std::move(*reader));
}

}  // namespace

image_format const bmp_format{
    .name = "bmp",
    .title = "BMP",
    .matches = is_bmp,
    .read_header = read_bmp_header,
    .open_rows = open_bmp_rows,
};

}  // namespace sma::image
