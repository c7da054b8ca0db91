#include "shard_name.hpp"

#include "sma/core/parse_number.hpp"
#include "sma/core/shown_text.hpp"
#include "sma/model/invalid_weights.hpp"

#include <optional>
#include <string>

namespace sma::model {
namespace {

namespace fs = std::filesystem;

/// Of a number as it stands in the name. Fewer may be those of a fold of cross-validation.
constexpr std::size_t digits = 5;
constexpr std::string_view middle = "-of-";

struct shard_name {
    std::string model;  ///< "model"
    unsigned shards = 0;
};

/// Of "model-00001-of-00002", without its extension.
std::optional<shard_name> read_name(std::string const& stem) {
    constexpr std::size_t tail_size = 1 + digits + middle.size() + digits;
    if (stem.size() <= tail_size) return std::nullopt;
    auto const tail = std::string_view(stem).substr(stem.size() - tail_size);
    if (tail[0] != '-' || tail.substr(1 + digits, middle.size()) != middle) return std::nullopt;
    auto const number = parse_number<unsigned>(tail.substr(1, digits));
    auto const shards = parse_number<unsigned>(tail.substr(tail_size - digits));
    if (!number || !shards || *number > *shards) return std::nullopt;
    return shard_name{stem.substr(0, stem.size() - tail_size), *shards};
}

}  // namespace

result<> check_is_no_shard(fs::path const& weights) {
    auto const name = read_name(weights.stem().string());
    if (!name || name->shards < 2) return {};
    auto const start = "the file is one of the " + std::to_string(name->shards) + " shards of a model: ";
    if (weights.extension() != ".safetensors") return invalid_weights(start + std::string(safetensors_shards_alone));
    auto const index = name->model + ".safetensors.index.json";
    constexpr std::size_t name_most = 255;
    std::error_code ignored;
    bool const exists = fs::is_regular_file(weights.parent_path() / index, ignored);
    return invalid_weights(start + "give their index, " + shown(index, name_most) + ", instead" +
                           (exists ? "" : "; there is none of that name beside the file"));
}

}  // namespace sma::model
