#include "sma/model/weights.hpp"

#include "network_config.hpp"
#include "safetensors_index.hpp"
#include "shard_name.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/invalid_weights.hpp"
#include "weight_names.hpp"

#include "sma/model/quantized_weights.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weight_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

namespace sma::model {

namespace {

/// The first bytes, at most 64.
result<std::string> read_start(std::filesystem::path const& file) {
    auto const read = file_bytes::read(file, 64);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    return std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}

/// ONNX's message in protobuf begins with the version of its form (field 1) and, as everyone writes it, with the next
/// of its fields: who made it, the graph, the operators' versions or metadata.
bool may_be_onnx(std::string_view start) {
    constexpr std::string_view next_fields("\x12\x1a\x22\x28\x32\x3a\x42\x72");
    constexpr char versions_most = 64;
    return start.size() > 2 && start[0] == '\x08' && start[1] > 0 && start[1] < versions_most &&
           next_fields.find(start[2]) != next_fields.npos;
}

result<file_kind> zip_kind(std::filesystem::path const& file, torch_archives const& archives) {
    auto const reader = archives();
    return reader ? (*reader)->kind(file) : result<file_kind>(reader.error());
}

result<weights> named(state_dict const& stored) {
    if (is_quantized(stored)) return weights{stored, {}};
    auto found = with_torchvision_names(stored);
    if (!found) return found.error();
    return weights{std::move(found->tensors), std::move(found->remarks)};
}

result<state_dict> shards_in(std::filesystem::path const& index, std::vector<std::filesystem::path> const& files) {
    for (auto const& file : files) {
        if (file == index) continue;
        auto const metadata = read_safetensors_metadata(file);
        // Reading the shards says what is wrong with one.
        if (!metadata) break;
        if (auto const known = check_metadata(*metadata); !known) return known.error();
    }
    return read_sharded(index);
}

/// Of a file, or of the shards of an index.
result<state_dict> safetensors_in(std::filesystem::path const& file) {
    auto const files = weight_files(file);
    if (!files) return files.error();
    if (files->size() > 1) return shards_in(file, *files);
    auto content = read_safetensors(file);
    if (!content) return content.error();
    if (auto const known = check_metadata(content->metadata); !known) return known.error();
    return std::move(content->tensors);
}

result<weights> load_checkpoint(std::filesystem::path const& file, torch_archives const& archives) {
    auto const reader = archives();
    if (!reader) return reader.error();
    auto const saved = (*reader)->read_checkpoint(file);
    if (!saved) return saved.error();
    if (auto const known = check_architecture(saved->architecture); !known) return known.error();
    auto found = named(saved->tensors);
    if (found && !saved->key.empty())
        found->remarks.insert(found->remarks.begin(), remark{"the weights are those under \"" + saved->key + "\""});
    return found;
}

}  // namespace

std::string_view file_kind_name(file_kind kind) noexcept {
    switch (kind) {
        case file_kind::safetensors:
            return "safetensors";
        case file_kind::pth:
            return "PyTorch state dict";
        case file_kind::torchscript:
            return "TorchScript";
        case file_kind::onnx:
            return "ONNX";
    }
    return "";
}

result<file_kind> detect_file_kind(std::filesystem::path const& file, torch_archives const& archives) {
    auto const start = read_start(file);
    if (!start) return start.error();
    if (start->empty())
        return invalid_weights("the file is empty: expected safetensors, a PyTorch state dict, TorchScript or ONNX");
    if (start->starts_with("PK\x03\x04")) return zip_kind(file, archives);
    if (may_be_index(*start)) return file_kind::safetensors;  // reading it tells whether it is one
    if (start->size() > 8 && (*start)[8] == '{') return file_kind::safetensors;
    if (may_be_onnx(*start)) return file_kind::onnx;  // the same
    if ((*start)[0] == '\x80' && start->size() > 1 && (*start)[1] >= 2 && (*start)[1] <= 5)
        return invalid_weights(
            "the file is in PyTorch's old form (before 1.6), which is not a zip archive: convert it with "
            "python3 -c 'import torch; torch.save(torch.load(\"old.pth\", map_location=\"cpu\"), \"new.pth\")'");
    if (start->starts_with("version https://git-lfs"))
        return invalid_weights("the file is a Git LFS pointer, not the weights: fetch them with git lfs pull");
    return invalid_weights(
        "the file is none of safetensors (8 bytes of length, then a JSON header), a PyTorch state dict (zip), "
        "TorchScript (zip) and ONNX (protobuf)");
}

bool is_onnx(std::filesystem::path const& file) {
    auto const start = read_start(file);
    return start && !may_be_index(*start) && !(start->size() > 8 && (*start)[8] == '{') && may_be_onnx(*start);
}

result<weights> load_weights(std::filesystem::path const& file, torch_archives const& archives) {
    auto const kind = detect_file_kind(file, archives);
    if (!kind) return kind.error();
    if (*kind == file_kind::torchscript)
        return error(errc::unsupported, "a TorchScript file is a program, not a state dict: it runs as it is");
    if (*kind == file_kind::onnx)
        return error(errc::unsupported, "an ONNX file is a program, not a state dict: it runs as it is");
    if (auto const whole = check_is_no_shard(file); !whole) return whole.error();
    if (auto const known = check_file_name(file); !known) return known.error();
    if (auto const known = check_network_config(file); !known) return known.error();
    if (*kind == file_kind::pth) return load_checkpoint(file, archives);
    auto const tensors = safetensors_in(file);
    return tensors ? named(*tensors) : result<weights>(tensors.error());
}

result<graph> load_graph(std::filesystem::path const& file, torch_archives const& archives) {
    auto const loaded = load_weights(file, archives);
    if (!loaded) return loaded.error();
    auto g = is_quantized(loaded->tensors) ? read_quantized(loaded->tensors) : build_graph(loaded->tensors);
    if (g) g->remarks.insert(g->remarks.begin(), loaded->remarks.begin(), loaded->remarks.end());
    return g;
}

}  // namespace sma::model
