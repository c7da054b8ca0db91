#include "onnx_inspection.hpp"

#include "complaint.hpp"
#include "inspection_rows.hpp"
#include "onnx_loading.hpp"
#include "parts.hpp"
#include "sma/core/utf8.hpp"
#include "sma/model/file_sha256.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace sma::app {
namespace {

std::string one_line(std::string const& text) {
    constexpr std::size_t most = 120;
    auto line = replace_invalid_utf8(text.substr(0, most));
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return line;
}

std::string tensors_text(onnx::onnx_file const& f) {
    std::string types;
    for (auto const& [type, count] : f.dtypes)
        types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    return std::to_string(f.tensors) + " (" + types + ")";
}

void print_file(onnx::onnx_file const& f) {
    print_row("kind", "ONNX");
    print_row("producer", f.producer);
    print_row("opset", std::to_string(f.opset) + " (version " + std::to_string(f.ir_version) + " of the format)");
    print_row("input", f.input_text);
    print_row("output", f.output_text + (f.output.is_softmax ? ", probabilities" : ""));
    print_row("operators", std::to_string(f.operators));
    print_row("tensors", tensors_text(f));
    print_row("parameters", std::to_string(f.parameters));
}

result<void> print_files(std::string const& file, onnx::onnx_file const& f) {
    std::vector<std::filesystem::path> files{file};
    for (auto const& [name, path] : f.data_files) files.push_back(path);
    auto const sum = model::files_sha256(files);
    if (!sum) return sum.error();
    std::uint64_t bytes = 0;
    std::error_code ignored;
    for (auto const& each : files) bytes += std::filesystem::file_size(each, ignored);
    for (auto const& [name, path] : f.data_files) print_row("data file", one_line(path.filename().string()));
    print_row("bytes", std::to_string(bytes));
    print_row("sha256", *sum);
    for (auto const& [key, value] : f.metadata) print_row("metadata", one_line(key + " = " + value));
    return {};
}

}  // namespace

int inspect_onnx(std::string const& file) {
    auto const part = parts::onnx();
    if (!part) return complain(part.error(), 1);
    auto const f = (*part)->describe_file(file);
    if (!f) return complain(f.error(), 1);
    print_file(*f);
    if (auto const ok = print_files(file, *f); !ok) return complain(ok.error(), 1);
    if (!f->problem.empty()) {
        print_row("problem", f->problem);
        return 1;
    }
    auto const crop = print_preprocessing(file, model::file_kind::onnx);
    if (!crop) return 1;
    auto const classes = print_network(load_onnx(settings(), file, *f, *crop),
                                       "embeddings, activation maps, and a precision other than the file's");
    if (!classes) return 1;
    auto const has_labels = print_labels(file, f->metadata, *classes);
    if (!has_labels) return 1;
    print_serving(file, *has_labels);
    return 0;
}

}  // namespace sma::app
