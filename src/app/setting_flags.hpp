// Command-line flags of the settings: one for each row of the table in core.
#pragma once

#include "sma/core/settings.hpp"

#include <CLI/App.hpp>

#include <map>
#include <string>

namespace sma::app {

/// Adds --config and a flag for every setting to a command, and loads the settings in effect. Must outlive the parsing.
class setting_flags {
public:
    explicit setting_flags(CLI::App& command);

    /// The settings from file, environment and the parsed flags. Errors: invalid_setting.
    result<settings> load() const;

private:
    CLI::App& command_;
    std::string config_file_;
    std::map<std::string, std::string> texts_;  ///< by the setting's name; only those given count
};

/// The settings of a file (empty: the one that SMA_CONFIG names, if any) and of the environment.
result<settings> load_file_and_environment(std::string const& config_file);

}  // namespace sma::app
