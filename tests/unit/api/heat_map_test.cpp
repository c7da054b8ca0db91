#include "heat_map.hpp"

#include "catch.hpp"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <map>
#include <vector>

using namespace sma;

namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8U | static_cast<unsigned char>(bytes[at + i]);
    return n;
}

/// The chunks of a PNG whose checksums are right.
std::map<std::string, std::string> chunks_of(std::string_view file) {
    REQUIRE(file.substr(0, 8) == std::string_view("\x89PNG\r\n\x1a\n", 8));
    std::map<std::string, std::string> chunks;
    for (std::size_t at = 8; at < file.size();) {
        auto const size = number_at(file, at);
        auto const chunk = file.substr(at + 4, size + 4);
        REQUIRE(number_at(file, at + 8 + size) ==
                crc32(0, reinterpret_cast<Bytef const*>(chunk.data()), static_cast<uInt>(chunk.size())));
        chunks[std::string(chunk.substr(0, 4))] = chunk.substr(4);
        at += size + 12;
    }
    return chunks;
}

/// The palette's indices, row by row, of a file whose rows are filtered by the one above.
std::vector<int> levels_of(std::string const& compressed, std::size_t width, std::size_t height) {
    std::string rows((width + 1) * height, '\0');
    auto size = static_cast<uLongf>(rows.size());
    REQUIRE(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size, reinterpret_cast<Bytef const*>(compressed.data()),
                       compressed.size()) == Z_OK);
    REQUIRE(size == rows.size());
    std::vector<int> levels;
    for (std::size_t y = 0; y < height; ++y) {
        REQUIRE(rows[y * (width + 1)] == 2);
        for (std::size_t x = 0; x < width; ++x) {
            int const above = y == 0 ? 0 : levels[(y - 1) * width + x];
            levels.push_back((above + static_cast<unsigned char>(rows[y * (width + 1) + 1 + x])) % 256);
        }
    }
    return levels;
}

struct picture {
    picture(std::vector<float> const& values, int grid_side, int side)
        : chunks(chunks_of(api::heat_map_png({values, grid_side, grid_side}, side, side))),
          levels(levels_of(chunks.at("IDAT"), static_cast<std::size_t>(side), static_cast<std::size_t>(side))) {}
    std::map<std::string, std::string> chunks;
    std::vector<int> levels;
};

std::array<int, 3> color(std::string const& palette, std::size_t level) {
    auto const part = [&](std::size_t i) { return int{static_cast<unsigned char>(palette[3 * level + i])}; };
    return {part(0), part(1), part(2)};
}

}  // namespace

TEST_CASE("heat map: the palette is viridis, and what is not active is transparent") {
    picture const p({1, 0, 0, 0}, 2, 4);
    CHECK(number_at(p.chunks.at("IHDR"), 0) == 4);
    CHECK(number_at(p.chunks.at("IHDR"), 4) == 4);
    auto const& colors = p.chunks.at("PLTE");
    REQUIRE(colors.size() == 768);
    CHECK(color(colors, 0) == std::array{68, 1, 84});
    CHECK(color(colors, 255) == std::array{253, 231, 37});
    // The table's 128th color, which lies between two of those that are stored.
    auto const middle = color(colors, 128);
    CHECK(std::abs(middle[0] - 33) <= 1);
    CHECK(std::abs(middle[1] - 145) <= 1);
    CHECK(std::abs(middle[2] - 140) <= 1);
    auto const& alpha = p.chunks.at("tRNS");
    REQUIRE(alpha.size() == 256);
    CHECK(alpha[0] == 0);
    CHECK(static_cast<unsigned char>(alpha[255]) > 128);
    CHECK(static_cast<unsigned char>(alpha[255]) < 255);
}

TEST_CASE("heat map: the grid lies over the picture the right way up, stretched smoothly") {
    picture const p({0, 2, 0, 0}, 2, 8);
    CHECK(p.levels[7] == 255);  // top right
    CHECK(p.levels[0] == 0);
    CHECK(p.levels[8 * 8 - 1] == 0);
    CHECK(p.levels[3] > 0);
    CHECK(p.levels[3] < p.levels[4]);
    CHECK(p.levels[4] < p.levels[7]);
}

TEST_CASE("heat map: what speaks against the class is transparent, also everywhere") {
    picture const p({-5, 1, 1, 1}, 2, 4);
    CHECK(p.levels[0] == 0);
    CHECK(p.levels[15] == 255);
    picture const none({-5, -1, 0, -2}, 2, 4);
    CHECK(none.levels == std::vector<int>(16, 0));
}
