#include "setting_values.hpp"

#include "sma/core/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <variant>
#include <vector>

namespace sma {
namespace {

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

std::string join(std::vector<std::string_view> const& words) {
    std::string text;
    for (auto const word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

bool is_choice(setting_info const& row, std::string_view word) {
    return row.choices.empty() || std::find(row.choices.begin(), row.choices.end(), word) != row.choices.end();
}

}  // namespace

std::string allowed_values(setting_info const& row) {
    if (std::holds_alternative<bool settings::*>(row.member)) return "true or false";
    if (row.rule != nullptr) return std::string(row.rule->allowed);
    if (!row.choices.empty()) return "one of " + join(row.choices);
    auto const range = number_text(row.minimum) + " to " + number_text(row.maximum);
    if (std::holds_alternative<std::int64_t settings::*>(row.member)) return "a whole number from " + range;
    if (std::holds_alternative<double settings::*>(row.member)) return "a number from " + range;
    if (std::holds_alternative<std::vector<double> settings::*>(row.member))
        return "three numbers from " + range + ", or none";
    return std::string(any_text);
}

bool is_entry(setting_info const& row, std::string_view word) {
    return row.rule != nullptr ? row.rule->accepts(word) : is_choice(row, word);
}

bool is_text(setting_info const& row, std::string_view text) {
    if (!is_utf8(text)) return false;
    return is_entry(row, text);
}

bool in_range(setting_info const& row, double value) {
    return std::isfinite(value) && value >= row.minimum && value <= row.maximum;
}

}  // namespace sma
