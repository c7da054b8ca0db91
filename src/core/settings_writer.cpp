#include "model_rules.hpp"
#include "setting_values.hpp"

#include <charconv>
#include <cstdio>
#include <sstream>
#include <variant>
#include <vector>

namespace sma {
namespace {

// The fewest digits that read back as the same number.
std::string exact_number_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
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
    std::string operator()(double settings::*member) const { return exact_number_text(s.*member); }
    std::string operator()(std::string settings::*member) const { return toml_string(s.*member); }
    std::string operator()(std::vector<std::string> settings::*member) const {
        std::string text;
        for (auto const& word : s.*member) text.append(text.empty() ? "[" : ", ").append(toml_string(word));
        return text.empty() ? "[]" : text + "]";
    }
    std::string operator()(std::vector<double> settings::*member) const {
        std::string text = "[";
        for (double const value : s.*member) text.append(text.size() > 1 ? ", " : "").append(exact_number_text(value));
        return text + "]";
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

// What it has of its own.
std::string model_table(settings const& model, settings const& common) {
    std::string out = "\n[[models]]\nname = " + toml_string(model.model_name) + "\n";
    if (model.is_default_model) out += "default = true\n";
    if (!model.shadow.empty())
        out += "shadow = " + toml_string(model.shadow) + "\nshadow_share = " + exact_number_text(model.shadow_share) +
               "\n";
    for (auto const& row : all_settings()) {
        if (!is_model_setting(row.name)) continue;
        auto const value = std::visit(write_value{model}, row.member);
        if (value != std::visit(write_value{common}, row.member)) out += std::string(row.name) + " = " + value + "\n";
    }
    return out;
}

}  // namespace

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
    for (auto const& model : s.models) out += model_table(model, s);
    return out;
}

}  // namespace sma
