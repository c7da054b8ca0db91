#include "setting_flags.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>
#include <cstdlib>

namespace sma::app {
namespace {

result<settings_sources> file_and_environment(std::string const& config_file) {
    settings_sources sources;
    if (!config_file.empty())
        sources.file = config_file;
    else if (auto const* file = std::getenv("SMA_CONFIG"); file && *file)
        sources.file = file;
    auto environment = settings_from_environment(environ);
    if (!environment) return environment.error();
    sources.environment = std::move(*environment);
    return sources;
}

}  // namespace

result<settings> load_file_and_environment(std::string const& config_file) {
    auto const sources = file_and_environment(config_file);
    return sources ? load_settings(*sources) : sources.error();
}

setting_flags::setting_flags(CLI::App& command) : command_(command) {
    command.add_option("--config", config_file_, "Settings file (TOML); also SMA_CONFIG");
    for (auto const& row : all_settings()) {
        auto& text = texts_[std::string(row.name)];
        auto* option = command.add_option(flag_of(row.name), text, std::string(row.help));
        option->group(std::string(row.group));
        // A switch may stand alone and then means true.
        if (std::holds_alternative<bool settings::*>(row.member)) option->expected(0, 1)->default_str("true");
    }
}

result<settings> setting_flags::load() const {
    auto sources = file_and_environment(config_file_);
    if (!sources) return sources.error();
    for (auto const& [name, text] : texts_) {
        auto const* option = command_.get_option(flag_of(name));
        if (option->count() > 0)
            sources->command_line[name] = text.empty() && option->get_expected_min() == 0 ? "true" : text;
    }
    return load_settings(*sources);
}

}  // namespace sma::app
