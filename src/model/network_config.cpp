#include "network_config.hpp"

#include "json_members.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/invalid_weights.hpp"
#include "strict_json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace sma::model {
namespace {

namespace json = boost::json;

constexpr std::size_t config_bytes_max = 4U << 20U;

error config_says(std::string const& what) { return invalid_weights("config.json beside the weights says " + what); }

result<> check_hugging_face(json::object const& config) {
    for (auto const* const key : {"downsample_in_bottleneck", "downsample_in_first_stage"})
        if (bool_member(config, key).value_or(false))
            return config_says(std::string(key) +
                               ": such a ResNet has its strides elsewhere, and is not computed here");
    auto const activation = text_member(config, "hidden_act");
    if (activation.empty() || activation == "relu") return {};
    return config_says("hidden_act " + shown(activation) + ": expected relu");
}

// Arguments of timm's ResNet (timm/models/resnet.py).

/// Those of training alone, and those that the names and shapes of tensors tell as well.
constexpr std::array<std::string_view, 7> harmless_arguments{
    "num_classes", "layers", "cardinality", "base_width", "drop_rate", "drop_path_rate", "drop_block_rate"};

struct expected_argument {
    std::string_view key;
    std::string_view value;
};

constexpr std::array<expected_argument, 4> expected_arguments{
    {{"in_chans", "3"}, {"global_pool", "avg"}, {"output_stride", "32"}, {"act_layer", "relu"}}};

/// None, False, "", [] and {} switch nothing on.
bool is_nothing(json::value const& v) {
    if (auto const* const text = v.if_string()) return text->empty();
    if (auto const* const list = v.if_array()) return list->empty();
    if (auto const* const object = v.if_object()) return object->empty();
    return v.is_null() || (v.is_bool() && !v.get_bool());
}

std::string value_text(json::value const& v) {
    return v.is_string() ? std::string(v.get_string()) : json::serialize(v);
}

result<> check_argument(std::string_view key, json::value const& v) {
    if (std::find(harmless_arguments.begin(), harmless_arguments.end(), key) != harmless_arguments.end()) return {};
    auto const* const expected = std::find_if(expected_arguments.begin(), expected_arguments.end(),
                                              [key](expected_argument const& e) { return e.key == key; });
    bool const is_known = expected != expected_arguments.end();
    if (is_known ? value_text(v) == expected->value : is_nothing(v)) return {};
    return config_says(shown(key) + " = " + shown(value_text(v)) +
                       (is_known ? ": expected " + std::string(expected->value)
                                 : ": such a network may compute something else with the same tensors, and is not "
                                   "computed here"));
}

result<> check_timm(json::object const& config) {
    if (auto const known = check_architecture(text_member(config, "architecture")); !known) return known;
    auto const pool = text_member(config, "global_pool");
    if (!pool.empty() && pool != "avg") return config_says("global_pool = " + shown(pool) + ": expected avg");
    auto const* const given = member(config, "model_args");
    auto const* const arguments = given != nullptr ? given->if_object() : nullptr;
    if (arguments == nullptr) return {};
    for (auto const& argument : *arguments)
        if (auto const ok = check_argument(argument.key(), argument.value()); !ok) return ok;
    return {};
}

/// timm's "resnetblur50", "seresnextaa101d_32x8d": a mark and the depth, in any case.
bool names_anti_aliasing(std::string_view text) {
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::string name(text);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    for (std::string_view const mark : {"resnetblur", "resnextblur", "resnetaa", "resnextaa"})
        for (auto at = name.find(mark); at != name.npos; at = name.find(mark, at + 1))
            if (at + mark.size() < name.size() && is_digit(name[at + mark.size()])) return true;
    return false;
}

}  // namespace

result<> check_architecture(std::string_view name) {
    for (auto const* const mark : {"blur", "resnetaa", "resnextaa"})
        if (name.find(mark) != name.npos)
            return invalid_weights(
                "the network is " + shown(name) +
                ": it has the tensors of a plain ResNet, but anti-aliasing, which is not computed here");
    return {};
}

result<> check_file_name(std::filesystem::path const& weights) {
    auto const name = weights.filename().string();
    if (!names_anti_aliasing(name)) return {};
    return invalid_weights(
        "the file is called " + shown(name) +
        ": a network of that name has the tensors of a plain ResNet, but anti-aliasing, which is not computed here; "
        "rename the file if it holds another network");
}

result<> check_metadata(std::map<std::string, std::string> const& metadata) {
    if (auto const found = metadata.find("architecture"); found != metadata.end())
        if (auto const known = check_architecture(found->second); !known) return known;
    auto const found = metadata.find("model_name");
    return found != metadata.end() && names_anti_aliasing(found->second) ? check_architecture(found->second)
                                                                         : result<>();
}

result<> check_network_config(std::filesystem::path const& weights) {
    auto const file = weights.parent_path() / "config.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return {};
    auto const read = file_bytes::read(file, config_bytes_max);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    auto const document = parse_strict_json({reinterpret_cast<char const*>(bytes.data()), bytes.size()},
                                            errc::invalid_weights, "config.json beside the weights");
    // Whose it is cannot be told then.
    if (!document || !document->is_object()) return {};
    auto const& config = document->get_object();
    if (auto const known = check_timm(config); !known) return known;
    return text_member(config, "model_type") == "resnet" ? check_hugging_face(config) : result<>();
}

}  // namespace sma::model
