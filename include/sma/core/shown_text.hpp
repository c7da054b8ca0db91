// Text of a file in messages for people.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sma {

/// In one line of bounded length, whatever the file says.
inline std::string shown(std::string_view text, std::size_t most = 64) {
    std::string line(text.substr(0, most));
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return line;
}

}  // namespace sma
