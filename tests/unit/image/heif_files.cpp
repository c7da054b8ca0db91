#include "heif_files.hpp"

#include "test_files.hpp"

#include <stdexcept>

namespace sma::image::test {

namespace {

/// The box of that type, wherever it is.
std::string box_in(std::string const& file, std::string_view type) {
    auto const at = file.find(type);
    if (at == std::string::npos || at < 4) throw std::logic_error("the file has no such box");
    std::size_t length = 0;
    for (std::size_t i = at - 4; i < at; ++i) length = length * 256 + static_cast<unsigned char>(file[i]);
    return file.substr(at - 4, length);
}

std::string item_entries(heif_test_file const& file) {
    int const id_bytes = file.wide ? 4 : 2;
    std::string entries = be(file.items.size(), file.wide ? 4 : 2);
    for (std::size_t i = 0; i < file.items.size(); ++i) {
        entries += full_box("infe", be(i + 1, id_bytes) + be(0, 2) + file.items[i].type + '\0', file.wide ? 3 : 2);
    }
    return full_box("iinf", entries, file.wide ? 1 : 0);
}

std::string property_boxes(heif_test_file const& file) {
    std::string boxes;
    std::string associations = be(file.items.size(), 4);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < file.items.size(); ++i) {
        auto const& item = file.items[i];
        associations += be(i + 1, file.wide ? 4 : 2) + be(item.properties.size(), 1);
        for (auto const& property : item.properties) {
            boxes += property;
            ++number;
            associations += be(number | (item.essential ? 0x8000U : 0U), 2);
        }
    }
    // The flag 1: numbers of 15 bits.
    auto const version = be(file.wide ? 1 : 0, 1) + be(1, 3);
    return bmff_box("iprp", bmff_box("ipco", boxes) + bmff_box("ipma", version + associations));
}

std::string references(heif_test_file const& file) {
    if (file.tiles.empty()) return {};
    int const id_bytes = file.wide ? 4 : 2;
    auto reference = be(1, id_bytes) + be(file.tiles.size(), 2);
    for (int const tile : file.tiles) reference += be(static_cast<std::uint64_t>(tile), id_bytes);
    return full_box("iref", bmff_box("dimg", reference), file.wide ? 1 : 0);
}

std::string places(heif_test_file const& file, std::uint64_t data_at) {
    int const bytes = file.wide ? 8 : 4;
    std::string body = file.wide ? "\x88" : "\x44";
    body += '\0' + be(file.items.size(), file.wide ? 4 : 2);
    for (std::size_t i = 0; i < file.items.size(); ++i) {
        bool const in_idat = file.in_idat && i == 0;
        body += be(i + 1, file.wide ? 4 : 2) + be(in_idat ? 1 : 0, 2) + be(0, 2) + be(1, 2);
        body += be(in_idat ? 0 : data_at, bytes) + be(file.items[i].data.size(), bytes);
        if (!in_idat) data_at += file.items[i].data.size();
    }
    return full_box("iloc", body, file.wide ? 2 : 1);
}

std::string meta_of(heif_test_file const& file, std::uint64_t data_at) {
    auto const idat = file.in_idat ? bmff_box("idat", file.items.front().data) : std::string();
    return full_box("meta", full_box("hdlr", be(0, 4) + "pict" + std::string(13, '\0')) +
                                full_box("pitm", be(1, file.wide ? 4 : 2), file.wide ? 1 : 0) + item_entries(file) +
                                property_boxes(file) + references(file) + idat + places(file, data_at));
}

}  // namespace

std::string bmff_box(std::string_view type, std::string_view body) {
    return be(8 + body.size(), 4) + std::string(type) + std::string(body);
}

std::string full_box(std::string_view type, std::string_view body, int version) {
    return bmff_box(type, be(static_cast<std::uint64_t>(version), 1) + be(0, 3) + std::string(body));
}

std::string ispe(std::uint64_t width, std::uint64_t height) { return full_box("ispe", be(width, 4) + be(height, 4)); }
std::string irot(int steps) { return bmff_box("irot", be(static_cast<std::uint64_t>(steps), 1)); }
std::string imir(bool axis) { return bmff_box("imir", be(axis ? 1 : 0, 1)); }
std::string clap(std::uint64_t width, std::uint64_t height) {
    return bmff_box("clap",
                    be(width, 4) + be(1, 4) + be(height, 4) + be(1, 4) + be(0, 4) + be(1, 4) + be(0, 4) + be(1, 4));
}

std::string heif_of(heif_test_file const& file) {
    auto const brands = bmff_box("ftyp", file.brand + be(0, 4) + "mif1" + file.brand);
    std::size_t const data_at = brands.size() + meta_of(file, 0).size() + 8;
    std::string data;
    for (std::size_t i = file.in_idat ? 1 : 0; i < file.items.size(); ++i) data += file.items[i].data;
    return brands + meta_of(file, data_at) + bmff_box("mdat", data);
}

heif_test_item coded_quadrants(std::string const& brand) {
    bool const is_avif = brand == "avif";
    auto const file = corpus_file(is_avif ? "quadrants.avif" : "quadrants.heic");
    return {is_avif ? "av01" : "hvc1",
            box_in(file, "mdat").substr(8),
            {box_in(file, is_avif ? "av1C" : "hvcC"), ispe(64, 64)}};
}

heif_test_file quadrants_file(std::string const& brand, std::vector<std::string> const& more) {
    auto item = coded_quadrants(brand);
    item.properties.insert(item.properties.end(), more.begin(), more.end());
    heif_test_file file;
    file.brand = brand;
    file.items.push_back(item);
    return file;
}

heif_test_file quadrants_grid(std::string const& brand, int rows, int columns, std::uint64_t width,
                              std::uint64_t height) {
    auto const count = static_cast<std::uint64_t>(rows * columns);
    heif_test_item const grid{"grid",
                              std::string(2, '\0') + be(static_cast<std::uint64_t>(rows - 1), 1) +
                                  be(static_cast<std::uint64_t>(columns - 1), 1) + be(width, 2) + be(height, 2),
                              {ispe(width, height)}};
    heif_test_file file;
    file.brand = brand;
    file.items.push_back(grid);
    for (std::uint64_t i = 0; i < count; ++i) {
        file.items.push_back(coded_quadrants(brand));
        file.tiles.push_back(static_cast<int>(i) + 2);
    }
    return file;
}

}  // namespace sma::image::test
