#include "sma/core/settings.hpp"

#include "setting_store.hpp"
#include "settings_file.hpp"
#include "sma/core/parse_number.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <utility>

namespace sma {
namespace {

// The networks halve their input's sides five times.
constexpr std::int64_t crop_min = 32;

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> words;
    std::stringstream stream{std::string(text)};
    for (std::string word; std::getline(stream, word, ',');) {
        word.erase(0, word.find_first_not_of(' '));
        word.erase(word.find_last_not_of(' ') + 1);
        words.push_back(word);
    }
    return words;
}

// A value as text, from the environment or the command line.
struct store_text {
    store put;
    std::string const& text;

    bool operator()(bool settings::*member) const {
        if (text != "true" && text != "false" && text != "1" && text != "0") return false;
        return put(member, text == "true" || text == "1");
    }
    bool operator()(std::int64_t settings::*member) const {
        auto const value = parse_number<std::int64_t>(text);
        return value && put(member, *value);
    }
    bool operator()(double settings::*member) const {
        auto const value = parse_number<double>(text);
        return value && put(member, *value);
    }
    bool operator()(std::string settings::*member) const { return put(member, text); }
    bool operator()(std::vector<std::string> settings::*member) const { return put(member, split(text)); }
    bool operator()(std::vector<double> settings::*member) const {
        std::vector<double> values;
        for (auto const& word : split(text)) {
            auto const value = parse_number<double>(word);
            if (!value) return false;
            values.push_back(*value);
        }
        return put(member, std::move(values));
    }
};

result<void> apply_texts(settings& s, std::map<std::string, std::string> const& texts, bool from_environment) {
    for (auto const& [name, text] : texts) {
        auto const* row = find_setting(name);
        if (!row) return error(errc::invalid_setting, one_line(name) + ": unknown setting");
        if (!std::visit(store_text{store{s, *row}, text}, row->member))
            return refused(*row, text, from_environment ? variable_of(name) : flag_of(name));
    }
    return {};
}

}  // namespace

std::string flag_of(std::string_view name) {
    std::string flag = "--" + std::string(name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

std::string variable_of(std::string_view name) {
    std::string variable = "SMA_" + std::string(name);
    std::transform(variable.begin(), variable.end(), variable.begin(), [](unsigned char c) { return std::toupper(c); });
    return variable;
}

result<std::map<std::string, std::string>> settings_from_environment(char const* const* environment) {
    std::map<std::string, std::string> found;
    for (; *environment; ++environment) {
        std::string_view const entry = *environment;
        auto const equals = entry.find('=');
        auto const variable = entry.substr(0, equals);
        if (!variable.starts_with("SMA_") || variable == "SMA_CONFIG" || variable == "SMA_SHARED") continue;
        std::string name(variable.substr(4));
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        if (!find_setting(name) || variable_of(name) != variable)
            return error(errc::invalid_setting, std::string(variable) + ": unknown setting (environment)");
        found[name] = std::string(entry.substr(equals + 1));
    }
    return found;
}

namespace {

// As URLs write addresses of IPv6.
void remove_brackets(std::string& host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
}

// What one value alone does not show.
result<void> check_together(settings const& s) {
    if (s.max_queue_size != 0 && s.max_queue_size < s.max_batch_size)
        return error(errc::invalid_setting,
                     "max_queue_size = " + std::to_string(s.max_queue_size) +
                         ": expected at least max_batch_size = " + std::to_string(s.max_batch_size));
    if (s.crop != 0 && s.crop < crop_min)
        return error(errc::invalid_setting,
                     "crop = " + std::to_string(s.crop) + ": expected 0 or at least " + std::to_string(crop_min));
    if (s.max_body_bytes < s.max_image_bytes)
        return error(errc::invalid_setting,
                     "max_body_bytes = " + std::to_string(s.max_body_bytes) +
                         ": expected at least max_image_bytes = " + std::to_string(s.max_image_bytes));
    if (s.tls_certificate.empty() != s.tls_key.empty())
        return error(errc::invalid_setting, "tls_certificate and tls_key: expected both or neither");
    if (!s.tls_client_ca.empty() && s.tls_certificate.empty())
        return error(errc::invalid_setting, "tls_client_ca: needs tls_certificate and tls_key");
    return {};
}

}  // namespace

result<settings> load_settings(settings_sources const& sources) {
    settings s;
    std::optional<settings_file> file;
    if (sources.file) {
        auto read = settings_file::read(*sources.file);
        if (!read) return read.error();
        file = std::move(*read);
        auto const applied = file->apply(s);
        if (!applied) return applied.error();
    }
    auto from_environment = apply_texts(s, sources.environment, true);
    if (!from_environment) return from_environment.error();
    auto from_command_line = apply_texts(s, sources.command_line, false);
    if (!from_command_line) return from_command_line.error();
    remove_brackets(s.host);
    if (file) {
        auto const with_models = file->apply_models(s);
        if (!with_models) return with_models.error();
    }
    if (auto const ok = check_together(s); !ok) return ok.error();
    for (auto const& model : s.models)
        if (auto const ok = check_together(model); !ok) return ok.error();
    return s;
}

}  // namespace sma
