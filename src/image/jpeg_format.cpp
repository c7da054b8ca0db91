// JPEG header reader (ITU T.81): a list of marker segments, and after each SOS the data of one scan.
#include "byte_reader.hpp"
#include "image_header.hpp"
#include "jpeg_markers.hpp"
#include "jpeg_rows.hpp"

namespace sma::image {

namespace {

class jpeg_walk {
public:
    jpeg_walk(image_header& h, std::string_view file) noexcept : h_(h), file_(file), in_(file, true) {}

    result<void> run() {
        h_.scans = 0;
        std::size_t position = 2;
        while (true) {
            std::size_t const code_at = find_jpeg_marker(file_, position);
            if (code_at == std::string_view::npos) break;
            std::uint8_t const marker = in_.u8(code_at);
            if (marker == jpeg_marker::eoi) {
                h_.has_end = h_.scans > 0;
                return finish();
            }
            position = code_at + 1;
            if (jpeg_marker::stands_alone(marker)) continue;
            std::size_t const length = in_.u16(position);
            if (length < 2 || !in_.has(position, length)) break;
            segment(marker, position, length);
            position += length;
        }
        return finish();
    }

private:
    void segment(std::uint8_t marker, std::size_t position, std::size_t length) {
        if (jpeg_marker::is_frame_header(marker) && h_.width == 0) {
            h_.bits = in_.u8(position + 2);
            h_.height = in_.u16(position + 3);
            h_.width = in_.u16(position + 5);
            h_.samples = in_.u8(position + 7);
            h_.unusual = unusual_frame(marker, h_.bits, h_.samples);
            progressive_ = jpeg_marker::is_progressive(marker);
        } else if (marker == jpeg_marker::sos) {
            ++h_.scans;
        } else if (marker == jpeg_marker::app1) {
            look_at_metadata(file_.substr(position + 2, length - 2));
        } else if (marker == jpeg_marker::app2) {
            look_at_profile(file_.substr(position + 2, length - 2));
        }
    }

    void look_at_metadata(std::string_view segment) {
        using namespace std::string_view_literals;
        if (segment.starts_with("Exif\0"sv)) h_.orientation.look(orientation_place::exif, segment);
        if (segment.starts_with("http://ns.adobe.com/xap/1.0/\0"sv))
            h_.orientation.look(orientation_place::xmp, segment);
    }

    // A piece of the profile, its number and how many there are (ICC.1:2022, B.4). All writers put them in order.
    void look_at_profile(std::string_view segment) {
        constexpr std::string_view name("ICC_PROFILE\0", 12);
        constexpr std::size_t numbers_bytes = 2;
        if (segment.starts_with(name) && segment.size() > name.size() + numbers_bytes)
            h_.profile.push_back(segment.substr(name.size() + numbers_bytes));
    }

    result<void> finish() {
        h_.needs_whole_image = progressive_ || h_.scans > 1;
        if (h_.width <= 0 || h_.height <= 0) return damaged(jpeg_format, "its image size is missing");
        if (h_.scans == 0) return damaged(jpeg_format, "it ends before the image begins");
        return {};
    }

    image_header& h_;
    std::string_view file_;
    byte_reader in_;
    bool progressive_ = false;
};

bool is_jpeg(std::string_view file) noexcept { return file.starts_with("\xff\xd8\xff"); }

result<void> read_jpeg_header(image_header& h, std::string_view file, int /*pages_max*/) {
    return jpeg_walk(h, file).run();
}

}  // namespace

image_format const jpeg_format{
    .name = "jpeg",
    .title = "JPEG",
    .matches = is_jpeg,
    .read_header = read_jpeg_header,
    .open_rows = jpeg_rows::open,
};

}  // namespace sma::image
