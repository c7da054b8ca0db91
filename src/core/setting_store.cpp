#include "setting_store.hpp"

namespace sma {

setting_info const* find_setting(std::string_view name) {
    auto const rows = all_settings();
    auto const it = std::find_if(rows.begin(), rows.end(), [&](setting_info const& row) { return row.name == name; });
    return it == rows.end() ? nullptr : &*it;
}

std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return line;
}

error refused(setting_info const& row, std::string_view value, std::string_view source) {
    return error(errc::invalid_setting, std::string(row.name) + " = " + one_line(value) + " (" + std::string(source) +
                                            "): expected " + allowed_values(row));
}

}  // namespace sma
