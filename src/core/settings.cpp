#include "sma/core/settings.hpp"

#include "setting_values.hpp"
#include "sma/core/parse_number.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace sma {
namespace {

// The networks halve their input's sides five times.
constexpr std::int64_t crop_min = 32;

setting_info const* find_setting(std::string_view name) {
    auto const rows = all_settings();
    auto const it = std::find_if(rows.begin(), rows.end(), [&](setting_info const& row) { return row.name == name; });
    return it == rows.end() ? nullptr : &*it;
}

// Text from a file or a shell must not break the one line of an error.
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

// One overload a type of value: checks and stores, false if the value is not allowed.
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

// A value of the TOML file: its type must be right, not only its spelling.
struct store_toml {
    store put;
    toml::node const& node;

    bool operator()(bool settings::*member) const {
        auto const value = node.value_exact<bool>();
        return value && put(member, *value);
    }
    bool operator()(std::int64_t settings::*member) const {
        auto const value = node.value_exact<std::int64_t>();
        return value && put(member, *value);
    }
    bool operator()(double settings::*member) const {
        auto const value = node.is_number() ? node.value<double>() : std::nullopt;
        return value && put(member, *value);
    }
    bool operator()(std::string settings::*member) const {
        auto const value = node.value_exact<std::string>();
        return value && put(member, *value);
    }
    bool operator()(std::vector<std::string> settings::*member) const {
        auto const words = list<std::string>();
        return words && put(member, *words);
    }
    bool operator()(std::vector<double> settings::*member) const {
        auto const values = list<double>();
        return values && put(member, *values);
    }

    template <class T>
    std::optional<std::vector<T>> list() const {
        auto const* array = node.as_array();
        if (!array) return {};
        std::vector<T> values;
        for (auto const& element : *array) {
            auto const value = element.value<T>();
            if (!value) return {};
            values.push_back(*value);
        }
        return values;
    }
};

std::string toml_text(toml::node const& node) {
    std::ostringstream text;
    node.visit([&](auto const& n) { text << n; });
    return text.str();
}

result<void> apply_file(settings& s, std::filesystem::path const& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    bool const empty = stream.peek() == std::ifstream::traits_type::eof();
    if (!stream || (!empty && !(content << stream.rdbuf())))
        return error(errc::invalid_setting, "settings file " + file.string() + ": cannot be read");
    toml::table table;
    try {
        table = toml::parse(content.str());
    } catch (toml::parse_error const& e) {
        return error(errc::invalid_setting, "settings file " + file.string() + ", line " +
                                                std::to_string(e.source().begin.line) + ": " +
                                                one_line(e.description()));
    }
    for (auto const& [key, node] : table) {
        auto const* row = find_setting(key.str());
        auto const source = file.string() + ", line " + std::to_string(node.source().begin.line);
        if (!row) return error(errc::invalid_setting, one_line(key.str()) + " (" + source + "): unknown setting");
        if (!std::visit(store_toml{store{s, *row}, node}, row->member)) return refused(*row, toml_text(node), source);
    }
    return {};
}

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

}  // namespace

result<settings> load_settings(settings_sources const& sources) {
    settings s;
    if (sources.file) {
        auto applied = apply_file(s, *sources.file);
        if (!applied) return applied.error();
    }
    auto from_environment = apply_texts(s, sources.environment, true);
    if (!from_environment) return from_environment.error();
    auto from_command_line = apply_texts(s, sources.command_line, false);
    if (!from_command_line) return from_command_line.error();
    remove_brackets(s.host);
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
    return s;
}

}  // namespace sma
