#include "sma/model/file_preprocessing.hpp"

#include "preprocessing_json.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/safetensors.hpp"

#include <array>
#include <functional>
#include <map>
#include <utility>

namespace sma::model {
namespace {

using found = std::optional<file_preprocessing>;

constexpr std::size_t config_bytes_max = 4U << 20U;
constexpr std::string_view config_name = "config.json";
constexpr std::array<std::string_view, 3> names{preprocess_json_name, "preprocessor_config.json", config_name};

/// The first of the names that `text_of` has.
result<found> first_of(std::string const& place,
                       std::function<result<std::optional<std::string>>(std::string const& name)> const& text_of) {
    for (auto const name : names) {
        auto const text = text_of(std::string(name));
        if (!text) return text.error();
        if (!*text) continue;
        auto source = std::string(name) + place;
        auto parsed = parse_preprocessing(**text, source, name == config_name);
        if (!parsed) return parsed.error();
        if (*parsed)
            return found(file_preprocessing{(*parsed)->options, std::move(source), std::move((*parsed)->remarks)});
    }
    return found();
}

result<std::map<std::string, std::string>> texts_within(std::filesystem::path const& weights, file_kind kind,
                                                        torch_archives const& archives) {
    if (kind == file_kind::safetensors && is_safetensors(weights)) return read_safetensors_metadata(weights);
    if (kind != file_kind::torchscript) return std::map<std::string, std::string>();
    auto const reader = archives();
    return reader ? (*reader)->read_extra_files(weights) : reader.error();
}

result<std::optional<std::string>> text_of_file(std::filesystem::path const& file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) return std::optional<std::string>();
    auto const read = file_bytes::read(file, config_bytes_max + 1);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    if (bytes.size() > config_bytes_max)
        return error(errc::invalid_weights, file.filename().string() + " beside the weights has more than the " +
                                                std::to_string(config_bytes_max) + " bytes that are allowed");
    return std::optional(std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size()));
}

result<found> preprocessing_beside(std::filesystem::path const& weights) {
    return first_of(" beside the weights",
                    [&](std::string const& name) { return text_of_file(weights.parent_path() / name); });
}

}  // namespace

result<found> find_file_preprocessing(std::filesystem::path const& weights, file_kind kind,
                                      torch_archives const& archives) {
    auto const texts = texts_within(weights, kind, archives);
    return texts ? find_file_preprocessing(weights, *texts) : texts.error();
}

result<found> find_file_preprocessing(std::filesystem::path const& weights,
                                      std::map<std::string, std::string> const& texts) {
    auto within = first_of(" in the weight file", [&](std::string const& name) -> result<std::optional<std::string>> {
        auto const text = texts.find(name);
        return text == texts.end() ? std::nullopt : std::optional(text->second);
    });
    return !within || *within ? std::move(within) : preprocessing_beside(weights);
}

}  // namespace sma::model
