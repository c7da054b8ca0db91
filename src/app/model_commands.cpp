#include "model_commands.hpp"

#include "calibration_images.hpp"
#include "complaint.hpp"
#include "component_options.hpp"
#include "inspection_rows.hpp"
#include "library_environment.hpp"
#include "model_preprocessing.hpp"
#include "onnx_inspection.hpp"
#include "parts.hpp"
#include "script_loading.hpp"
#include "sma/core/usable_resources.hpp"
#include "sma/image/preprocess_text.hpp"
#include "sma/model/file_preprocessing.hpp"
#include "sma/model/inspect.hpp"
#include "sma/model/quantized_weights.hpp"
#include "sma/model/weights.hpp"

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace sma::app {
namespace {

void print_agreement(libtorch::agreement const& a) {
    std::printf("%-20s %zu of %zu (%.1f %%)  confidence drift %.4f mean, %.4f max\n",
                std::string(libtorch::calibration_method_name(a.method)).c_str(), a.same_class, a.images,
                a.images > 0 ? 100.0 * static_cast<double>(a.same_class) / static_cast<double>(a.images) : 0.0,
                a.mean_confidence_drift, a.max_confidence_drift);
}

void print_report(libtorch::quantization_report const& report) {
    std::printf("calibrated on %zu images; top class as in float, on the evaluation images:\n",
                report.calibration_images);
    for (auto const& a : report.compared) print_agreement(a);
    std::printf("chosen method:\n");
    print_agreement(report.chosen);
    std::printf("the sums of int8 are exact on every CPU, so that all of them agree as much\n");
    std::printf("layers with the lowest signal-to-noise ratio when quantized alone:\n");
    for (auto const& layer : report.worst_layers)
        std::printf("  %-28s %5.1f dB\n", layer.name.c_str(), layer.signal_to_noise_db);
}

/// A bar on a terminal, else one line when a stage has ended.
void print_progress(std::string_view stage, std::size_t done, std::size_t total) {
    constexpr std::size_t width = 40;
    bool const ended = done == total;
    bool const terminal = ::isatty(STDERR_FILENO) == 1;
    if (!terminal && !ended) return;
    std::string const bar(total > 0 ? width * done / total : width, '#');
    std::fprintf(stderr, "%s%-12s [%-*s] %zu of %zu images%s", terminal ? "\r" : "", std::string(stage).c_str(),
                 static_cast<int>(width), bar.c_str(), done, total, ended ? "\n" : "");
}

bool is_script(model::file_description const& d) { return d.kind == model::file_kind::torchscript; }

void print_state_dict(model::file_description const& d) {
    print_row("architecture", d.architecture.empty() ? "unknown" : d.architecture);
    print_row("classes", d.classes > 0 ? std::to_string(d.classes) : "");
    print_row("quantized", d.quantized ? "int8" : "no");
}

/// What a server without settings runs the file on: a TorchScript file is loaded for that. The number of classes;
/// nothing, having printed the problem, if it does not serve it.
std::optional<int> print_engine(std::string const& file, model::file_description const& d, int crop) {
    if (is_script(d)) return print_network(load_script(settings(), file, crop), "embeddings, activation maps and int8");
    print_row("engine", d.quantized ? "onednn, int8" : "onednn, bf16 where the CPU computes it faster, else fp32");
    return d.classes;
}

/// What a server without settings does with the file, and what it cannot. Whether it serves it.
bool print_plan(std::string const& file, model::file_description const& d, int crop) {
    auto const classes = print_engine(file, d, crop);
    if (!classes) return false;
    auto const has_labels = print_labels(file, {}, *classes);
    if (!has_labels) return false;
    print_serving(file, *has_labels);
    return true;
}

/// At least two: with one libtorch 1.13 convolves through the BLAS, which in Debian is the reference's plain loops
/// unless another one is installed.
int quantizing_threads() { return std::max(2, usable_cpus()); }

}  // namespace

model_commands::model_commands(CLI::App& model) {
    model.require_subcommand(1);
    inspect_ = model.add_subcommand("inspect", "Describe a weight file");
    inspect_->add_option("FILE", file_, "safetensors, .pth, TorchScript or ONNX")->required();
    quantize_ = model.add_subcommand("quantize", "Write int8 weights, calibrated on a directory of photographs");
    quantize_->add_option("WEIGHTS", file_, "safetensors or .pth")->required();
    quantize_->add_option("--calibration", calibration_, "Directory of images like those that will be served")
        ->required();
    quantize_->add_option("--out", out_, "File to write, .safetensors")->required();
    flags_ = std::make_unique<setting_flags>(*quantize_);
    calibrate_ = model.add_subcommand("calibrate", "Fit confidences to how often they are right, on labeled photos");
    calibration_command_ = std::make_unique<calibrate_command>(*calibrate_);
}

int model_commands::run() const {
    if (calibrate_->parsed()) return calibration_command_->run();
    return inspect_->parsed() ? inspect() : quantize();
}

int model_commands::quantize() const {
    auto const s = flags_->load();
    if (!s) return complain(s.error(), 2);
    choose_library_environment();
    auto const decoding = parts::image();
    if (!decoding) return complain(decoding.error(), 1);
    auto const quantizing = parts::libtorch();
    if (!quantizing) return complain(quantizing.error(), 1);
    auto const network = model::load_graph(file_, parts::torch_archives);
    if (!network) return complain(network.error(), 1);
    auto const kind = model::detect_file_kind(file_, parts::torch_archives);
    if (!kind) return complain(kind.error(), 1);
    auto const how = find_preprocessing(*s, file_, *kind);
    if (!how) return complain(how.error(), 1);
    auto const images =
        find_calibration_images(calibration_, (*decoding)->make_decoder_work(decode_options(*s)), how->options);
    if (!images) return complain(images.error(), 1);
    libtorch::quantize_options options;
    options.threads = quantizing_threads();
    options.compare_methods = true;
    options.progress = print_progress;
    auto const made = (*quantizing)->quantize(*network, *images, options);
    if (!made) return complain(made.error(), 1);
    // The file may be taken away from those that stood beside the weights.
    auto const written = model::write_quantized(
        out_, made->network, {{std::string(model::preprocess_json_name), model::preprocessing_json(how->options)}});
    if (!written) return complain(written.error(), 1);
    std::printf("pre-processing: %s\nfrom: %s\n", image::preprocess_text(how->options).c_str(), how->source.c_str());
    print_report(made->report);
    return 0;
}

int model_commands::inspect() const {
    choose_library_environment();
    if (model::is_onnx(file_)) return inspect_onnx(file_);
    auto const d = model::inspect_file(file_, parts::torch_archives);
    if (!d) return complain(d.error(), 1);
    std::string types;
    for (auto const& [type, count] : d->dtypes)
        types += (types.empty() ? "" : ", ") + std::to_string(count) + " " + type;
    print_row("kind", std::string(model::file_kind_name(d->kind)));
    if (!is_script(*d)) print_state_dict(*d);
    print_row("tensors", std::to_string(d->tensors) + " (" + types + ")");
    print_row("parameters", std::to_string(d->parameters));
    print_row("bytes", std::to_string(d->file_bytes));
    print_row("sha256", d->sha256);
    for (auto const& [key, value] : d->metadata) print_row("metadata", key + " = " + value.substr(0, 120));
    print_remarks(d->remarks);
    auto const crop = print_preprocessing(file_, d->kind);
    print_row("problem", d->problem);
    return d->problem.empty() && crop && print_plan(file_, *d, *crop) ? 0 : 1;
}

}  // namespace sma::app
