// Allowed values of a setting, beyond its type.
#pragma once

#include "sma/core/settings.hpp"

#include <string>
#include <string_view>

namespace sma {

/// What allowed_values() says of a text that may be anything.
inline constexpr std::string_view any_text = "a text in UTF-8";

/// For error messages and the written file: "one of jpeg, png", "a whole number from 1 to 256".
std::string allowed_values(setting_info const& row);

/// A text, one word of a list, a number: whether the row allows it.
bool is_text(setting_info const& row, std::string_view text);
bool is_entry(setting_info const& row, std::string_view word);
bool in_range(setting_info const& row, double value);

}  // namespace sma
