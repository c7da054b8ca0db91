#include "sma/core/settings.hpp"

#include "sma/core/ip_network.hpp"
#include "sma/core/json_text.hpp"
#include "sma/core/local_address.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace sma {
namespace {

constexpr std::string_view any_text = "a text in UTF-8";

setting_info const* find_setting(std::string_view name) {
    auto const rows = all_settings();
    auto const it = std::find_if(rows.begin(), rows.end(), [&](setting_info const& row) { return row.name == name; });
    return it == rows.end() ? nullptr : &*it;
}

std::string number_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", value);
    return text;
}

// The fewest digits that read back as the same number.
std::string exact_number_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// What came from a file or a shell must not break the line that an error is.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return line;
}

std::string join(std::vector<std::string_view> const& words) {
    std::string text;
    for (auto const word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

// What a value may be, for error messages and the written file.
std::string allowed_values(setting_info const& row) {
    if (std::holds_alternative<bool settings::*>(row.member)) return "true or false";
    if (row.name == "cors_allowed_origins") return "a list of origins (scheme://host or scheme://host:port) or \"*\"";
    if (row.name == "trusted_proxies") return "a list of networks (10.0.0.0/8, 2001:db8::1) or \"unix\"";
    if (row.name == "admin_listen") return "127.0.0.1:port, [::1]:port, unix:/path or nothing";
    if (!row.choices.empty()) return "one of " + join(row.choices);
    auto const range = number_text(row.minimum) + " to " + number_text(row.maximum);
    if (std::holds_alternative<std::int64_t settings::*>(row.member)) return "a whole number from " + range;
    if (std::holds_alternative<std::array<double, 3> settings::*>(row.member)) return "three numbers from " + range;
    return std::string(any_text);
}

error refused(setting_info const& row, std::string_view value, std::string_view source) {
    return error(errc::invalid_setting, std::string(row.name) + " = " + one_line(value) + " (" + std::string(source) +
                                            "): expected " + allowed_values(row));
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) return {};
    return value;
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

// An origin as browsers send it (RFC 6454): scheme, host and perhaps a port, in lower case, without a path.
bool is_origin(std::string_view text) {
    if (text == "*") return true;
    auto const scheme_end = text.find("://");
    if (scheme_end == text.npos || scheme_end == 0) return false;
    auto const rest = text.substr(scheme_end + 3);
    return !rest.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c > 0x20 && c < 0x7f && !std::isupper(c) && c != ',' && c != '"';
    }) && rest.find_first_of("/?#@*") == rest.npos;
}

bool is_choice(setting_info const& row, std::string_view word) {
    return row.choices.empty() || std::find(row.choices.begin(), row.choices.end(), word) != row.choices.end();
}

// Of a list: a word that the row allows.
bool is_entry(setting_info const& row, std::string_view word) {
    if (row.name == "cors_allowed_origins") return is_origin(word);
    if (row.name == "trusted_proxies") return word == "unix" || ip_network::parse(word);
    return is_choice(row, word);
}

bool is_text(setting_info const& row, std::string_view text) {
    if (row.name == "admin_listen") return text.empty() || local_address::parse(text);
    return is_choice(row, text);
}

bool in_range(setting_info const& row, double value) {
    return std::isfinite(value) && value >= row.minimum && value <= row.maximum;
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
    bool operator()(std::string settings::*member, std::string value) const {
        if (!is_text(row, value) || !is_utf8(value)) return false;
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
    bool operator()(std::array<double, 3> settings::*member, std::vector<double> const& value) const {
        if (value.size() != 3 || !std::all_of(value.begin(), value.end(), [&](double v) { return in_range(row, v); }))
            return false;
        std::copy(value.begin(), value.end(), (target.*member).begin());
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
    bool operator()(std::string settings::*member) const { return put(member, text); }
    bool operator()(std::vector<std::string> settings::*member) const { return put(member, split(text)); }
    bool operator()(std::array<double, 3> settings::*member) const {
        std::vector<double> values;
        for (auto const& word : split(text)) {
            auto const value = parse_number<double>(word);
            if (!value) return false;
            values.push_back(*value);
        }
        return put(member, values);
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
    bool operator()(std::string settings::*member) const {
        auto const value = node.value_exact<std::string>();
        return value && put(member, *value);
    }
    bool operator()(std::vector<std::string> settings::*member) const {
        auto const words = list<std::string>();
        return words && put(member, *words);
    }
    bool operator()(std::array<double, 3> settings::*member) const {
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

// A basic string (TOML 1.0): quotes, backslashes and control characters escaped.
std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

struct write_value {
    settings const& s;

    std::string operator()(bool settings::*member) const { return s.*member ? "true" : "false"; }
    std::string operator()(std::int64_t settings::*member) const { return std::to_string(s.*member); }
    std::string operator()(std::string settings::*member) const { return toml_string(s.*member); }
    std::string operator()(std::vector<std::string> settings::*member) const {
        std::string text;
        for (auto const& word : s.*member) text.append(text.empty() ? "[" : ", ").append(toml_string(word));
        return text.empty() ? "[]" : text + "]";
    }
    std::string operator()(std::array<double, 3> settings::*member) const {
        auto const& v = s.*member;
        return "[" + exact_number_text(v[0]) + ", " + exact_number_text(v[1]) + ", " + exact_number_text(v[2]) + "]";
    }
};

// Comment lines of at most 100 columns.
std::string wrapped_comment(std::string_view text) {
    std::string out;
    std::string line = "#";
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) {
        if (line.size() + 1 + word.size() > 100) {
            out += line + "\n";
            line = "#";
        }
        line += " " + word;
    }
    return out + line + "\n";
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
            return error(errc::invalid_setting, std::string(variable) + ": no setting of that name (environment)");
        found[name] = std::string(entry.substr(equals + 1));
    }
    return found;
}

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
    if (s.max_queue_size != 0 && s.max_queue_size < s.max_batch_size)
        return error(errc::invalid_setting,
                     "max_queue_size = " + std::to_string(s.max_queue_size) +
                         ": expected at least max_batch_size = " + std::to_string(s.max_batch_size));
    if (s.max_body_bytes < s.max_image_bytes)
        return error(errc::invalid_setting,
                     "max_body_bytes = " + std::to_string(s.max_body_bytes) +
                         ": expected at least max_image_bytes = " + std::to_string(s.max_image_bytes));
    return s;
}

std::string write_settings(settings const& s) {
    std::string out =
        "# Settings of simple-model-api. Each has one name: max_queue_size here, --max-queue-size on the\n"
        "# command line, SMA_MAX_QUEUE_SIZE in the environment. The command line beats the environment,\n"
        "# which beats this file. Check a file with: simple-model-api config --check --config FILE\n";
    std::string_view group;
    for (auto const& row : all_settings()) {
        if (row.group != group) out += "\n# ---- " + std::string(row.group) + " ----\n";
        group = row.group;
        auto const allowed = allowed_values(row);
        out +=
            "\n" + wrapped_comment(std::string(row.help) + (allowed == any_text ? "" : " Allowed: " + allowed + "."));
        out += std::string(row.name) + " = " + std::visit(write_value{s}, row.member) + "\n";
    }
    return out;
}

}  // namespace sma
