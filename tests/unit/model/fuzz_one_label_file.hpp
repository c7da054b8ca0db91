// Run of one fuzz input for label files; also used for the corpus test.
#pragma once

#include "fuzz_checks.hpp"
#include "memory_file.hpp"

#include "sma/core/json_text.hpp"
#include "sma/core/utf8.hpp"
#include "sma/model/labels.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace sma::model::test {

/// As TorchServe's index_to_name.json.
inline std::string label_index(std::vector<std::string> const& names) {
    std::string text = "{";
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += (i ? ",\"" : "\"") + std::to_string(i) + "\":";
        append_json_string(text, names[i]);
    }
    return text + "}";
}

inline bool is_clean(std::string_view text) {
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return is_utf8(text) && std::none_of(text.begin(), text.end(), is_control);
}

/// The first byte is the number of classes, the rest a label file. Aborts if names are accepted that may not go into
/// JSON, HTML and logs as they are, or that do not read back as the same.
inline bool fuzz_one_label_file(std::string_view input) {
    using sma::test::require;
    if (input.empty()) return false;
    int const classes = static_cast<unsigned char>(input[0]) % 64;
    auto const labels = load_labels(sma::test::memory_file(input.substr(1)).path(), classes);
    if (!labels) {
        sma::test::require_error(labels.error(), {errc::invalid_labels});
        return false;
    }
    require(labels->names.size() == static_cast<std::size_t>(classes));
    for (auto const& name : labels->names) require(!name.empty() && is_clean(name));
    require(labels->groups.empty() || labels->groups.size() == labels->names.size());
    for (auto const& group : labels->groups) require(is_clean(group));
    if (labels->names.empty()) return true;
    auto const again = load_labels(sma::test::memory_file(label_index(labels->names)).path(), classes);
    require(again && again->names == labels->names);
    return true;
}

}  // namespace sma::model::test
