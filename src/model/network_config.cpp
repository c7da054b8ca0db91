#include "network_config.hpp"

#include "sma/model/file_bytes.hpp"
#include "sma/model/invalid_weights.hpp"
#include "strict_json.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace sma::model {
namespace {

namespace json = boost::json;

constexpr std::size_t config_bytes_max = 4U << 20U;

bool is_true(json::object const& config, char const* key) {
    auto const* const v = config.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

std::string_view text_of(json::object const& config, char const* key) {
    auto const* const v = config.if_contains(key);
    return v != nullptr && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

result<> check_hugging_face(json::object const& config) {
    for (auto const* const key : {"downsample_in_bottleneck", "downsample_in_first_stage"})
        if (is_true(config, key))
            return invalid_weights("config.json beside the weights says " + std::string(key) +
                                   ": such a ResNet has its strides elsewhere, and is not computed here");
    auto const activation = text_of(config, "hidden_act");
    if (activation.empty() || activation == "relu") return {};
    return invalid_weights("config.json beside the weights says hidden_act " + std::string(activation) +
                           ": expected relu");
}

}  // namespace

result<> check_architecture(std::string_view name) {
    for (auto const* const mark : {"blur", "resnetaa", "resnextaa"})
        if (name.find(mark) != name.npos)
            return invalid_weights(
                "the network is " + std::string(name.substr(0, 64)) +
                ": it has the tensors of a plain ResNet, but anti-aliasing, which is not computed here");
    return {};
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
    if (auto const known = check_architecture(text_of(config, "architecture")); !known) return known;
    return text_of(config, "model_type") == "resnet" ? check_hugging_face(config) : result<>();
}

}  // namespace sma::model
