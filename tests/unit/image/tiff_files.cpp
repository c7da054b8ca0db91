#include "tiff_files.hpp"

#include "test_files.hpp"

#include <map>

namespace sma::image::test {

namespace {

int bytes_of(tiff_type type) noexcept {
    switch (type) {
        case tiff_type::u8:
        case tiff_type::s8:
        case tiff_type::bytes:
            return 1;
        case tiff_type::u16:
        case tiff_type::s16:
            return 2;
        case tiff_type::u64:
        case tiff_type::s64:
            return 8;
        default:
            return 4;
    }
}

std::string values_of(tiff_tag const& tag) {
    std::string out;
    for (auto const value : tag.values) out += le(value, bytes_of(tag.type));
    return out;
}

// The directory at that position, and the values that do not fit it.
std::string directory_of(std::map<int, tiff_tag> const& tags, std::size_t at) {
    std::string entries = le(tags.size(), 2);
    std::string values;
    std::size_t const values_at = at + 2 + 12 * tags.size() + 4;
    for (auto const& [id, tag] : tags) {
        entries += le(static_cast<std::uint64_t>(id), 2) + le(static_cast<std::uint64_t>(tag.type), 2) +
                   le(tag.values.size(), 4);
        auto bytes = values_of(tag);
        if (bytes.size() <= 4) {
            bytes.resize(4);
            entries += bytes;
        } else {
            entries += le(values_at + values.size(), 4);
            values += bytes;
        }
    }
    return entries + le(0, 4) + values;
}

}  // namespace

std::string tiff_file(tiff_page const& page) {
    auto const number = [](int n) { return static_cast<std::uint64_t>(n); };
    std::vector<tiff_tag> const usual{{256, {number(page.width)}},
                                      {257, {number(page.height)}},
                                      {258, std::vector<std::uint64_t>(number(page.samples), number(page.bits))},
                                      {259, {1}},
                                      {262, {number(page.photometric)}},
                                      {273, {8}, tiff_type::u32},
                                      {277, {number(page.samples)}},
                                      {278, {number(page.height)}},
                                      {279, {page.data.size()}, tiff_type::u32}};
    std::map<int, tiff_tag> tags;
    for (auto const& tag : usual) tags[tag.id] = tag;
    for (auto const& tag : page.more) tags[tag.id] = tag;
    std::size_t const at = 8 + page.data.size() + page.data.size() % 2;
    std::string file = std::string("II*\0", 4) + le(at, 4) + page.data;
    file.resize(at);
    return file + directory_of(tags, at);
}

tiff_page plain_tiff(int photometric, int samples, int bits, std::string const& pixel, std::vector<tiff_tag> more) {
    tiff_page page{.photometric = photometric, .samples = samples, .bits = bits, .data = {}, .more = std::move(more)};
    for (int i = 0; i < page.width * page.height; ++i) page.data += pixel;
    return page;
}

std::string exif_of(int orientation, tiff_type type) {
    tiff_tag const tag{274, {static_cast<std::uint64_t>(orientation)}, type};
    return std::string("Exif\0\0II*\0", 10) + le(8, 4) + directory_of({{tag.id, tag}}, 8);
}

}  // namespace sma::image::test
