#include "sma/model/inspect.hpp"

#include "dtype.hpp"

#include "sma/model/file_sha256.hpp"
#include "sma/model/safetensors.hpp"

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

namespace sma::model {

namespace {

/// Parameters and buffers by name, for people who look at them; the engine loads such files by itself.
result<state_dict> read_torchscript_tensors(std::filesystem::path const& file) {
    try {
        auto const module = torch::jit::load(file.string(), at::kCPU);
        state_dict tensors;
        for (auto const& p : module.named_parameters()) tensors.emplace(p.name, p.value);
        for (auto const& b : module.named_buffers()) tensors.emplace(b.name, b.value);
        return tensors;
    } catch (std::exception const&) {
        return error(errc::invalid_weights,
                     "the TorchScript archive is damaged, or newer than this program's libtorch");
    }
}

void count_tensors(state_dict const& tensors, file_description& d) {
    d.tensors = tensors.size();
    for (auto const& [name, tensor] : tensors) {
        ++d.dtypes[std::string(dtype_name(tensor.scalar_type()))];
        if (!name.ends_with("num_batches_tracked")) d.parameters += static_cast<std::uint64_t>(tensor.numel());
    }
}

void describe_graph(std::filesystem::path const& file, file_description& d) {
    auto const g = load_graph(file);
    if (!g) {
        d.problem = g.error().message;
        return;
    }
    d.architecture = g->architecture;
    d.classes = g->classes;
    d.quantized = g->quantized;
}

}  // namespace

result<file_description> inspect_file(std::filesystem::path const& file) {
    file_description d;
    auto const kind = detect_file_kind(file);
    if (!kind) return kind.error();
    d.kind = *kind;
    if (d.kind == file_kind::safetensors) {
        auto content = read_safetensors(file);
        if (!content) return content.error();
        d.metadata = std::move(content->metadata);
        count_tensors(content->tensors, d);
    } else {
        auto const tensors = d.kind == file_kind::pth ? load_state_dict(file) : read_torchscript_tensors(file);
        if (!tensors) return tensors.error();
        count_tensors(*tensors, d);
    }
    if (d.kind != file_kind::torchscript) describe_graph(file, d);
    auto sum = file_sha256(file);
    if (!sum) return sum.error();
    d.sha256 = std::move(*sum);
    std::error_code ignored;
    d.file_bytes = std::filesystem::file_size(file, ignored);
    return d;
}

}  // namespace sma::model
