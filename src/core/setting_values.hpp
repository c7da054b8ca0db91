// Allowed values of a setting, beyond its type.
#pragma once

#include "sma/core/settings.hpp"

#include <string>
#include <string_view>

namespace sma {

/// The result of allowed_values() for an unrestricted text.
inline constexpr std::string_view any_text = "UTF-8 text";

/// For error messages and the written file: "one of jpeg, png", "a whole number from 1 to 256".
std::string allowed_values(setting_info const& row);

/// True if the row allows this text, word of a list or number.
bool is_text(setting_info const& row, std::string_view text);
bool is_entry(setting_info const& row, std::string_view word);
bool in_range(setting_info const& row, double value);

}  // namespace sma
