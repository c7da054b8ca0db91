#include "settings_file.hpp"

#include "model_rules.hpp"
#include "setting_store.hpp"

#include <fstream>
#include <optional>
#include <sstream>
#include <variant>
#include <vector>

namespace sma {
namespace {

constexpr std::string_view models_key = "models";
constexpr std::string_view shadow_share_key = "shadow_share";

// A value of the file: its type must be right, not only its spelling.
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

std::optional<double> share_in(toml::node const& node) {
    auto const value = node.is_number() ? node.value<double>() : std::nullopt;
    return value && *value >= 0 && *value <= 1 ? value : std::nullopt;
}

// The first one, unless another says that it is.
void choose_default(std::vector<settings>& models) {
    auto const chosen = [](settings const& model) { return model.is_default_model; };
    if (!models.empty() && std::none_of(models.begin(), models.end(), chosen)) models.front().is_default_model = true;
}

void mark_shadows(std::vector<settings>& models) {
    for (auto& model : models) {
        auto const names_it = [&](settings const& other) { return other.shadow == model.model_name; };
        model.is_shadow = std::any_of(models.begin(), models.end(), names_it);
    }
}

}  // namespace

result<settings_file> settings_file::read(std::filesystem::path const& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    bool const empty = stream.peek() == std::ifstream::traits_type::eof();
    if (!stream || (!empty && !(content << stream.rdbuf())))
        return error(errc::invalid_setting, "settings file " + file.string() + ": cannot be read");
    try {
        return settings_file(file.string(), toml::parse(content.str()));
    } catch (toml::parse_error const& e) {
        return error(errc::invalid_setting, "settings file " + file.string() + ", line " +
                                                std::to_string(e.source().begin.line) + ": " +
                                                one_line(e.description()));
    }
}

std::string settings_file::place_of(toml::node const& node) const {
    return name_ + ", line " + std::to_string(node.source().begin.line);
}

result<void> settings_file::apply_entry(settings& s, std::string_view name, toml::node const& node) const {
    auto const* row = find_setting(name);
    if (!row) return error(errc::invalid_setting, one_line(name) + " (" + place_of(node) + "): unknown setting");
    if (!std::visit(store_toml{store{s, *row}, node}, row->member))
        return refused(*row, toml_text(node), place_of(node));
    return {};
}

result<void> settings_file::apply(settings& s) const {
    for (auto const& [key, node] : table_) {
        if (key.str() == models_key) continue;
        if (auto const ok = apply_entry(s, key.str(), node); !ok) return ok;
    }
    return {};
}

result<void> settings_file::apply_models(settings& s) const {
    auto const* node = table_.get(models_key);
    if (!node) return {};
    auto const* list = node->as_array();
    if (!list || !list->is_homogeneous(toml::node_type::table))
        return error(errc::invalid_setting, "models (" + place_of(*node) + "): expected a [[models]] table for each");
    auto const common = s;
    for (auto const& entries : *list) {
        auto model = read_model(common, *entries.as_table());
        if (!model) return model.error();
        s.models.push_back(std::move(*model));
    }
    choose_default(s.models);
    if (auto ok = check_models(s); !ok)
        return error(errc::invalid_setting, ok.error().message + " (" + place_of(*node) + ")");
    mark_shadows(s.models);
    return {};
}

result<settings> settings_file::read_model(settings const& common, toml::table const& entries) const {
    auto model = common;
    for (auto const& [key, node] : entries) {
        auto const name = key.str();
        if (auto const own = read_own(model, name, node)) {
            if (!*own) return own->error();
            continue;
        }
        if (name != "name" && !is_model_setting(name) && find_setting(name))
            return error(errc::invalid_setting, std::string(name) + " (" + place_of(node) +
                                                    "): is one for all models, and stands above [[models]]");
        auto const ok = apply_entry(model, name == "name" ? model_name_key : name, node);
        if (!ok) return ok.error();
    }
    if (model.shadow.empty() && entries.contains(shadow_share_key))
        return error(errc::invalid_setting, std::string(shadow_share_key) + " (" +
                                                place_of(*entries.get(shadow_share_key)) +
                                                "): needs shadow, the name of a model");
    return model;
}

std::optional<result<void>> settings_file::read_own(settings& model, std::string_view name,
                                                    toml::node const& node) const {
    auto const stored = [&](auto value, auto& member, std::string_view expected) -> result<void> {
        if (!value)
            return error(errc::invalid_setting,
                         std::string(name) + " (" + place_of(node) + "): expected " + std::string(expected));
        member = *value;
        return {};
    };
    if (name == "default") return stored(node.value_exact<bool>(), model.is_default_model, "true or false");
    if (name == "shadow") return stored(node.value_exact<std::string>(), model.shadow, "the name of a model");
    if (name == shadow_share_key) return stored(share_in(node), model.shadow_share, "a number from 0 to 1");
    return std::nullopt;
}

}  // namespace sma
