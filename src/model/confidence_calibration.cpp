#include "sma/model/confidence_calibration.hpp"

#include "json_members.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/core/whole_file.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/safetensors.hpp"
#include "strict_json.hpp"

#include <boost/json/object.hpp>

namespace sma::model {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr char const* metadata_key = "confidence_calibration";
constexpr char const* sha256_key = "weights_sha256";
constexpr std::size_t file_bytes_max = 64 * 1024;
constexpr int digits = 6;

fs::path file_beside(fs::path weights) { return weights.replace_extension(".calibration.json"); }

std::string text_of(confidence_calibration const& c, std::string_view weights_sha256) {
    std::string text;
    {
        object_writer o(text);
        o.number("temperature", c.temperature, digits);
        o.number("photos", c.photos);
        o.number("error_before", c.error_before, digits);
        o.number("error_after", c.error_after, digits);
        if (!weights_sha256.empty()) o.text(sha256_key, weights_sha256);
    }
    return text;
}

/// From 0 to 2^53, up to which a double counts photos exactly.
std::optional<double> number_of(json::object const& o, std::string_view key) {
    constexpr double most = 9007199254740992;
    auto const* const found = o.if_contains(key);
    auto const value = found != nullptr ? number_in(*found) : std::nullopt;
    return value && *value >= 0 && *value <= most ? value : std::nullopt;
}

result<confidence_calibration> parse(json::value const& document) {
    auto const* const o = document.if_object();
    auto const temperature = o ? number_of(*o, "temperature") : std::nullopt;
    auto const photos = o ? number_of(*o, "photos") : std::nullopt;
    auto const before = o ? number_of(*o, "error_before") : std::nullopt;
    auto const after = o ? number_of(*o, "error_after") : std::nullopt;
    if (!temperature || *temperature == 0 || !photos || !before || !after)
        return error(errc::invalid_weights,
                     "the calibration of the weights: expected temperature > 0, photos, error_before and error_after");
    return confidence_calibration{*temperature, static_cast<std::uint64_t>(*photos), *before, *after};
}

result<std::optional<confidence_calibration>> read_metadata(fs::path const& weights) {
    auto const metadata = read_safetensors_metadata(weights);
    if (!metadata) return metadata.error();
    auto const found = metadata->find(metadata_key);
    if (found == metadata->end()) return std::optional<confidence_calibration>();
    auto const document = parse_strict_json(found->second, errc::invalid_weights, metadata_key);
    if (!document) return document.error();
    auto const read = parse(*document);
    if (!read) return read.error();
    return std::optional(*read);
}

result<std::optional<confidence_calibration>> read_beside(fs::path const& file, std::string_view weights_sha256) {
    auto const bytes = file_bytes::read(file, file_bytes_max);
    if (!bytes) return bytes.error();
    auto const text = (*bytes)->bytes();
    auto const document = parse_strict_json({reinterpret_cast<char const*>(text.data()), text.size()},
                                            errc::invalid_weights, file.filename().string());
    if (!document) return document.error();
    auto const read = parse(*document);
    if (!read) return read.error();
    auto const* const of = document->get_object().if_contains(sha256_key);
    if (of == nullptr || !of->is_string() || std::string_view(of->get_string()) != weights_sha256)
        return error(errc::validation_error,
                     file.filename().string() + " was made for other weights: run `model calibrate` again");
    return std::optional(*read);
}

}  // namespace

result<std::optional<confidence_calibration>> read_calibration(fs::path const& weights,
                                                               std::string_view weights_sha256) {
    if (is_safetensors(weights)) return read_metadata(weights);
    auto const file = file_beside(weights);
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return std::optional<confidence_calibration>();
    return read_beside(file, weights_sha256);
}

result<fs::path> write_calibration(fs::path const& weights, std::string_view weights_sha256,
                                   confidence_calibration const& c) {
    auto const file = is_safetensors(weights) ? weights : file_beside(weights);
    if (file != weights) {
        auto const written = write_whole_file(file, text_of(c, weights_sha256) + '\n');
        return written ? result<fs::path>(file) : written.error();
    }
    auto content = read_safetensors(weights);
    if (!content) return content.error();
    content->metadata[metadata_key] = text_of(c, {});
    auto const written = write_safetensors(weights, *content);
    return written ? result<fs::path>(file) : written.error();
}

}  // namespace sma::model
