#include "preprocessing_json.hpp"

#include "json_members.hpp"
#include "sma/core/utf8.hpp"
#include "strict_json.hpp"

#include <algorithm>
#include <array>

namespace sma::model {
namespace {

namespace json = boost::json;

/// Whether timm's data configuration stands in it.
bool describes_images(json::object const& config) {
    constexpr std::array names{"input_size", "crop_pct", "crop_mode", "interpolation", "mean", "std"};
    return std::any_of(names.begin(), names.end(), [&](char const* name) { return member(config, name) != nullptr; });
}

/// timm's configuration: below "pretrained_cfg", or, in files of old, all of it beside "architecture".
json::object const* timm_config(json::object const& root) {
    auto const* const below = member(root, "pretrained_cfg");
    if (below != nullptr && below->is_object()) return &below->get_object();
    return member(root, "architecture") != nullptr && describes_images(root) ? &root : nullptr;
}

/// One line, whatever words the file has.
error with_source(error const& e, std::string const& source) {
    auto text = replace_invalid_utf8(e.message);
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return error(e.code,
                 source + ": " + text + "; preprocess = v1 or v2, and the settings after it, say what to do instead");
}

}  // namespace

result<std::optional<parsed_preprocessing>> parse_preprocessing(std::string_view text, std::string const& source,
                                                                bool is_config) {
    auto const document = parse_strict_json(text, errc::invalid_weights, source);
    if (is_config && (!document || !document->is_object())) return std::optional<parsed_preprocessing>();
    if (!document) return document.error();
    if (!document->is_object()) return error(errc::invalid_weights, source + ": expected a JSON object");
    auto const& root = document->get_object();
    auto const* const timm = timm_config(root);
    if (timm == nullptr && is_config) return std::optional<parsed_preprocessing>();
    if (timm != nullptr && !describes_images(*timm)) return std::optional<parsed_preprocessing>();
    auto parsed = timm != nullptr ? parse_timm(*timm) : parse_hugging_face(root);
    if (!parsed) return with_source(parsed.error(), source);
    return std::optional(std::move(*parsed));
}

}  // namespace sma::model
