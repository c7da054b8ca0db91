#include "sma/model/weights.hpp"

#include "file_bytes.hpp"

#include "sma/model/quantized_weights.hpp"
#include "sma/model/safetensors.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

namespace sma::model {

namespace {

error broken(std::string text) { return {errc::invalid_weights, std::move(text)}; }

/// The first bytes, at most 64.
result<std::string> read_start(std::filesystem::path const& file) {
    auto const read = file_bytes::read(file, 64);
    if (!read) return read.error();
    auto const bytes = (*read)->bytes();
    return std::string(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}

result<file_kind> zip_kind(std::filesystem::path const& file, torch_archives const& archives) {
    auto const reader = archives();
    return reader ? (*reader)->kind(file) : result<file_kind>(reader.error());
}

/// The name without the prefixes that trainers, compilers and data parallelism put before it.
std::string bare_name(std::string_view name) {
    for (bool again = true; again;) {
        again = false;
        for (std::string_view const prefix : {"module.", "model.", "_orig_mod."}) {
            if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
            name.remove_prefix(prefix.size());
            again = true;
        }
    }
    return std::string(name);
}

result<state_dict> without_prefixes(state_dict const& named) {
    state_dict bare;
    for (auto const& [name, tensor] : named)
        if (!bare.emplace(bare_name(name), tensor).second)
            return broken(bare_name(name) + " appears twice: once with the prefix of " + name + ", once with another");
    return bare;
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
    }
    return "";
}

result<file_kind> detect_file_kind(std::filesystem::path const& file, torch_archives const& archives) {
    auto const start = read_start(file);
    if (!start) return start.error();
    if (start->empty()) return broken("the file is empty: expected safetensors, a PyTorch state dict or TorchScript");
    if (start->starts_with("PK\x03\x04")) return zip_kind(file, archives);
    if (start->size() > 8 && (*start)[8] == '{') return file_kind::safetensors;
    if ((*start)[0] == '\x80' && start->size() > 1 && (*start)[1] >= 2 && (*start)[1] <= 5)
        return broken(
            "the file is in PyTorch's old form (before 1.6), which is not a zip archive: convert it with "
            "python3 -c 'import torch; torch.save(torch.load(\"old.pth\", map_location=\"cpu\"), \"new.pth\")'");
    if (start->starts_with("version https://git-lfs"))
        return broken("the file is a Git LFS pointer, not the weights: fetch them with git lfs pull");
    return broken(
        "the file is none of safetensors (8 bytes of length, then a JSON header), a PyTorch state dict (zip) and "
        "TorchScript (zip)");
}

result<state_dict> load_state_dict(std::filesystem::path const& file, torch_archives const& archives) {
    auto const kind = detect_file_kind(file, archives);
    if (!kind) return kind.error();
    if (*kind == file_kind::torchscript)
        return error(errc::unsupported, "a TorchScript file is a program, not a state dict: it runs as it is");
    if (*kind == file_kind::pth) {
        auto const reader = archives();
        if (!reader) return reader.error();
        auto const tensors = (*reader)->read_checkpoint(file);
        return tensors ? without_prefixes(*tensors) : result<state_dict>(tensors.error());
    }
    auto const content = read_safetensors(file);
    return content ? without_prefixes(content->tensors) : result<state_dict>(content.error());
}

result<graph> load_graph(std::filesystem::path const& file, torch_archives const& archives) {
    auto const weights = load_state_dict(file, archives);
    if (!weights) return weights.error();
    return is_quantized(*weights) ? read_quantized(*weights) : build_graph(*weights);
}

}  // namespace sma::model
