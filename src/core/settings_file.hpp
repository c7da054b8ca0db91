// Settings file in TOML: settings, and a table for each of several models.
#pragma once

#include "sma/core/settings.hpp"

#include <toml++/toml.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace sma {

/// A file that has been read. Errors (invalid_setting) are one line that names the file and the line.
class settings_file {
public:
    static result<settings_file> read(std::filesystem::path const& file);

    /// All but the models.
    result<void> apply(settings& s) const;
    /// The models, each with the values of its table over those that `s` has by now.
    result<void> apply_models(settings& s) const;

private:
    settings_file(std::string name, toml::table table) : name_(std::move(name)), table_(std::move(table)) {}
    std::string place_of(toml::node const& node) const;
    result<void> apply_entry(settings& s, std::string_view name, toml::node const& node) const;
    result<settings> read_model(settings const& common, toml::table const& entries) const;
    /// What stands in a [[models]] table alone; nothing if the name is another.
    std::optional<result<void>> read_own(settings& model, std::string_view name, toml::node const& node) const;

    std::string name_;
    toml::table table_;
};

}  // namespace sma
