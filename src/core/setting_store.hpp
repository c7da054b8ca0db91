// Checked storing of one setting's value, and the errors that name it.
#pragma once

#include "setting_values.hpp"
#include "sma/core/settings.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma {

/// Null if there is none of that name.
setting_info const* find_setting(std::string_view name);

/// Text from a file or a shell, which must not break the one line of an error.
std::string one_line(std::string_view text);

error refused(setting_info const& row, std::string_view value, std::string_view source);

/// One overload a type of value: checks and stores, false if the value is not allowed.
struct store {
    settings& target;
    setting_info const& row;

    bool operator()(bool settings::*member, bool value) const {
        target.*member = value;
        return true;
    }
    bool operator()(std::int64_t settings::*member, std::int64_t value) const {
        if (!in_range(row, static_cast<double>(value))) return false;
        target.*member = value;
        return true;
    }
    bool operator()(double settings::*member, double value) const {
        if (!in_range(row, value)) return false;
        target.*member = value;
        return true;
    }
    bool operator()(std::string settings::*member, std::string value) const {
        if (!is_text(row, value)) return false;
        target.*member = std::move(value);
        return true;
    }
    bool operator()(std::vector<std::string> settings::*member, std::vector<std::string> value) const {
        bool const may_be_empty = row.choices.empty();
        auto const allowed = [&](std::string const& word) { return is_entry(row, word); };
        if ((value.empty() && !may_be_empty) || !std::all_of(value.begin(), value.end(), allowed)) return false;
        target.*member = std::move(value);
        return true;
    }
    bool operator()(std::vector<double> settings::*member, std::vector<double> value) const {
        bool const complete = value.empty() || value.size() == 3;
        if (!complete || !std::all_of(value.begin(), value.end(), [&](double v) { return in_range(row, v); }))
            return false;
        target.*member = std::move(value);
        return true;
    }
};

}  // namespace sma
