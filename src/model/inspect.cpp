#include "sma/model/inspect.hpp"

#include "dtype.hpp"
#include "torchscript_tensors.hpp"

#include "sma/model/safetensors.hpp"

#include <ATen/core/Tensor.h>

namespace sma::model {

namespace {

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
