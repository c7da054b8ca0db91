// Numbers in decimal text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace sma {

/// The number that all of `text` is; nothing for anything else, or if T cannot hold it.
template <class T>
std::optional<T> parse_number(std::string_view text) noexcept {
    T value{};
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace sma
