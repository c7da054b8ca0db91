// A zip archive whose files are not compressed, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::test {

inline std::uint32_t zip_crc(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (char const c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (crc & 1U ? 0xedb88320U : 0U);
    }
    return ~crc;
}

inline std::string stored_zip(std::vector<std::pair<std::string_view, std::string_view>> const& files) {
    auto const number = [](std::uint64_t value, int width) {
        std::string text;
        for (int i = 0; i < width; ++i, value >>= 8U) text += static_cast<char>(value);
        return text;
    };
    std::string out, directory;
    for (auto const& [name, bytes] : files) {
        auto const size = number(bytes.size(), 4);
        // Version, flags, method, time and date, then what both headers have in common.
        auto const common = number(20, 2) + number(0, 8) + number(zip_crc(bytes), 4) + size + size +
                            number(name.size(), 2) + number(0, 2);
        directory += "PK\1\2" + number(20, 2) + common + number(0, 10);
        directory += number(out.size(), 4) + std::string(name);
        out += "PK\3\4" + common + std::string(name) + std::string(bytes);
    }
    auto const count = number(files.size(), 2);
    auto const begin = number(out.size(), 4);
    auto const size = number(directory.size(), 4);
    return out + directory + "PK\5\6" + number(0, 4) + count + count + size + begin + number(0, 2);
}

}  // namespace sma::test
