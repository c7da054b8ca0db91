#include "sma/model/inspect.hpp"

#include "safetensors_index.hpp"

#include "sma/model/file_sha256.hpp"
#include "sma/model/safetensors.hpp"
#include "sma/model/weight_files.hpp"

namespace sma::model {

namespace {

/// The tensors of a file that is not safetensors.
result<state_dict> read_archive(std::filesystem::path const& file, file_kind kind, torch_archives const& archives) {
    auto const reader = archives();
    if (!reader) return reader.error();
    if (kind == file_kind::torchscript) return (*reader)->read_script(file);
    auto saved = (*reader)->read_checkpoint(file);
    return saved ? std::move(saved->tensors) : result<state_dict>(saved.error());
}

void count_tensors(state_dict const& tensors, file_description& d) {
    d.tensors = tensors.size();
    for (auto const& [name, tensor] : tensors) {
        ++d.dtypes[std::string(dtype_name(tensor.type()))];
        if (!name.ends_with("num_batches_tracked")) d.parameters += tensor.size();
    }
}

void describe_graph(std::filesystem::path const& file, torch_archives const& archives, file_description& d) {
    auto const g = load_graph(file, archives);
    if (!g) {
        d.problem = g.error().message;
        return;
    }
    d.remarks = g->remarks;
    d.architecture = g->architecture;
    d.classes = g->classes;
    d.quantized = g->quantized;
}

}  // namespace

result<file_description> inspect_file(std::filesystem::path const& file, torch_archives const& archives) {
    file_description d;
    auto const kind = detect_file_kind(file, archives);
    if (!kind) return kind.error();
    d.kind = *kind;
    if (d.kind == file_kind::onnx) return error(errc::unsupported, "an ONNX file is described by its own reader");
    auto const files = weight_files(file);
    if (!files) return files.error();
    if (files->size() > 1) {
        auto const tensors = read_sharded(file);
        if (!tensors) return tensors.error();
        count_tensors(*tensors, d);
    } else if (d.kind == file_kind::safetensors) {
        auto content = read_safetensors(file);
        if (!content) return content.error();
        d.metadata = std::move(content->metadata);
        count_tensors(content->tensors, d);
    } else {
        auto const tensors = read_archive(file, d.kind, archives);
        if (!tensors) return tensors.error();
        count_tensors(*tensors, d);
    }
    if (d.kind != file_kind::torchscript) describe_graph(file, archives, d);
    auto sum = files_sha256(*files);
    if (!sum) return sum.error();
    d.sha256 = std::move(*sum);
    std::error_code ignored;
    for (auto const& each : *files) d.file_bytes += std::filesystem::file_size(each, ignored);
    return d;
}

}  // namespace sma::model
