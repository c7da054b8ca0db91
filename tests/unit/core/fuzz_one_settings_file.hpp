// Run of one fuzz input for settings; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"
#include "memory_file.hpp"

#include "sma/core/settings.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace sma::test {

/// "name=value" lines, as the environment or the command line give them.
inline std::map<std::string, std::string> setting_texts(std::string_view lines) {
    std::map<std::string, std::string> texts;
    while (!lines.empty()) {
        auto const line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        auto const equals = std::min(line.find('='), line.size());
        texts.emplace(line.substr(0, equals), line.substr(std::min(line.size(), equals + 1)));
    }
    return texts;
}

/// Whether each number lies in the table's range and each word is one of its choices.
struct is_allowed {
    settings const& s;
    setting_info const& row;

    bool number(double value) const { return std::isfinite(value) && value >= row.minimum && value <= row.maximum; }
    bool word(std::string_view text) const {
        return row.choices.empty() || std::find(row.choices.begin(), row.choices.end(), text) != row.choices.end();
    }
    bool operator()(bool settings::*) const { return true; }
    bool operator()(std::int64_t settings::*member) const { return number(static_cast<double>(s.*member)); }
    bool operator()(double settings::*member) const { return number(s.*member); }
    bool operator()(std::string settings::*member) const { return word(s.*member); }
    bool operator()(std::vector<std::string> settings::*member) const {
        return std::all_of((s.*member).begin(), (s.*member).end(), [&](auto const& text) { return word(text); });
    }
    bool operator()(std::vector<double> settings::*member) const {
        bool const complete = (s.*member).empty() || (s.*member).size() == 3;
        return complete &&
               std::all_of((s.*member).begin(), (s.*member).end(), [&](double value) { return number(value); });
    }
};

/// A settings file; what follows a NUL are lines of name=value. Aborts if values are accepted that the table does not
/// allow, if they change when they are written and read again, or if an error is not one line.
inline bool fuzz_one_settings_file(std::string_view input) {
    auto const file_end = std::min(input.find('\0'), input.size());
    memory_file const file(input.substr(0, file_end));
    settings_sources sources{file.path(), {}, setting_texts(input.substr(std::min(input.size(), file_end + 1)))};
    auto const loaded = load_settings(sources);
    if (!loaded) {
        require_error(loaded.error(), {errc::invalid_setting});
        require(loaded.error().message.find_first_of("\r\n") == std::string::npos);
        return false;
    }
    for (auto const& row : all_settings()) require(std::visit(is_allowed{*loaded, row}, row.member));
    memory_file const written(write_settings(*loaded));
    auto const again = load_settings({written.path(), {}, {}});
    require(again.has_value());
    for (auto const& row : all_settings())
        require(std::visit([&](auto member) { return (*again).*member == (*loaded).*member; }, row.member));
    return true;
}

}  // namespace sma::test
