#include "safetensors_index.hpp"

#include "shard_name.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/invalid_weights.hpp"
#include "sma/model/weight_files.hpp"
#include "strict_json.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <set>
#include <utility>

namespace sma::model {
namespace {

namespace fs = std::filesystem;
using shard_map = std::map<std::string, std::string>;  // the shard of each tensor

constexpr std::size_t index_bytes_max = 16U << 20U;

/// A file of the index's folder, and of no other.
bool is_file_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos && name.find('\0') == name.npos;
}

result<shard_map> read_index(fs::path const& file) {
    auto const read = file_bytes::read(file, index_bytes_max + 1);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    if (bytes.size() > index_bytes_max)
        return invalid_weights("the index has more than the " + std::to_string(index_bytes_max) +
                               " bytes that are allowed");
    auto const document = parse_strict_json({reinterpret_cast<char const*>(bytes.data()), bytes.size()},
                                            errc::invalid_weights, "the index of shards");
    if (!document) return document.error();
    auto const* const root = document->if_object();
    auto const* const member = root != nullptr ? root->if_contains("weight_map") : nullptr;
    auto const* const weights = member != nullptr ? member->if_object() : nullptr;
    if (weights == nullptr || weights->empty())
        return invalid_weights(
            "the file is JSON without a \"weight_map\": expected weights, or an index of safetensors shards");
    shard_map shards;
    for (auto const& entry : *weights) {
        auto const* const shard = entry.value().if_string();
        if (shard == nullptr || !is_file_name(*shard))
            return invalid_weights(std::string(entry.key()) +
                                   " is in no shard: expected the name of a file beside the index");
        shards.emplace(entry.key(), std::string(*shard));
    }
    return shards;
}

std::set<std::string> names_of(shard_map const& shards) {
    std::set<std::string> names;
    for (auto const& [tensor, shard] : shards) names.insert(shard);
    return names;
}

/// Moves the tensors of one shard, all of which the index names for it.
result<> add_shard(state_dict& all, state_dict tensors, std::string const& shard, shard_map const& shards) {
    for (auto& [name, t] : tensors) {
        auto const named = shards.find(name);
        if (named == shards.end() || named->second != shard)
            return invalid_weights(name + " is in " + shard + ", but the index does not say so");
        all.emplace(name, std::move(t));
    }
    return {};
}

/// PyTorch's own files have an index of this form, too.
error shard_error(std::string const& shard, error const& e) {
    if (e.code != errc::invalid_weights || !shard.ends_with(".bin")) return {e.code, shard + ": " + e.message};
    return invalid_weights(shard + " is a shard in PyTorch's form: " + std::string(safetensors_shards_alone));
}

}  // namespace

bool may_be_index(std::string_view start) noexcept {
    // The length that begins a safetensors file may look like a brace, but has zeros in it.
    if (start.substr(0, 8).find('\0') != start.npos) return false;
    auto const first = start.find_first_not_of(" \t\r\n");
    return first != start.npos && start[first] == '{';
}

result<std::vector<std::string>> shards_of(fs::path const& index) {
    auto const shards = read_index(index);
    if (!shards) return shards.error();
    auto const names = names_of(*shards);
    return std::vector<std::string>(names.begin(), names.end());
}

result<state_dict> read_sharded(fs::path const& index) {
    auto const shards = read_index(index);
    if (!shards) return shards.error();
    state_dict all;
    for (auto const& shard : names_of(*shards)) {
        auto content = read_safetensors(index.parent_path() / shard);
        if (!content) return shard_error(shard, content.error());
        if (auto const added = add_shard(all, std::move(content->tensors), shard, *shards); !added)
            return added.error();
    }
    for (auto const& [name, shard] : *shards)
        if (!all.contains(name)) return invalid_weights(name + " is not in " + shard + ", where the index says it is");
    return all;
}

result<std::vector<fs::path>> weight_files(fs::path const& file) {
    std::vector<fs::path> files{file};
    auto const start = file_bytes::read(file, 64);
    if (!start) return start.error();
    auto const bytes = (*start)->bytes();
    if (!may_be_index({reinterpret_cast<char const*>(bytes.data()), bytes.size()})) return files;
    auto const shards = shards_of(file);
    if (!shards) return shards.error();
    for (auto const& shard : *shards) files.push_back(file.parent_path() / shard);
    return files;
}

}  // namespace sma::model
