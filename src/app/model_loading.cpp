#include "model_loading.hpp"

#include "component_options.hpp"
#include "model_labels.hpp"
#include "model_preprocessing.hpp"
#include "onnx_loading.hpp"
#include "parts.hpp"
#include "script_loading.hpp"
#include "sma/core/logging.hpp"
#include "sma/image/preprocess_text.hpp"
#include "sma/model/file_sha256.hpp"
#include "sma/model/file_version.hpp"
#include "sma/model/labels.hpp"
#include "sma/model/weight_files.hpp"
#include "sma/model/weights.hpp"

#include <algorithm>
#include <map>

namespace sma::app {
namespace {

namespace fs = std::filesystem;
using loaded_engine = result<std::unique_ptr<engine::engine>>;

/// What the weights are read from.
struct weight_source {
    fs::path file;
    model::file_kind kind;
    std::vector<fs::path> files;                ///< all that are read, `file` first
    std::vector<model::file_version> versions;  ///< of these, before they were read
    onnx::onnx_file onnx;                       ///< of an ONNX file
};

// Beside the program in a build tree, or where a package installs it.
fs::path demo_weights() {
    std::error_code ignored;
    auto const program = fs::read_symlink("/proc/self/exe", ignored);
    auto const built = program.parent_path() / "demo" / "demo.safetensors";
    if (fs::exists(built, ignored)) return built;
    return program.parent_path().parent_path() / "share" / "simple-model-api" / "demo.safetensors";
}

bool wants_torch(settings const& s) { return s.engine == "torch" || (s.engine == "auto" && s.device == "cuda"); }

error unsupported(std::string text) { return error(errc::unsupported, std::move(text)); }

loaded_engine graph_engine(settings const& s, model::graph graph, int crop) {
    if (s.engine == "onnx") return unsupported("engine = onnx runs ONNX files only");
    if (s.engine == "onednn" && s.device == "cuda") return unsupported("engine = onednn runs on device = cpu only");
    if (wants_torch(s)) {
        if (s.precision == "int8") return unsupported("precision = int8 needs engine = onednn on device = cpu");
        auto const part = parts::libtorch();
        return part ? (*part)->create_graph_engine(std::move(graph), torch_options(s, crop)) : part.error();
    }
    auto const part = parts::engine();
    return part ? (*part)->create_onednn_engine(graph, onednn_options(s, crop)) : part.error();
}

result<void> load_labels(settings const& s, weight_source const& from, serving::model_instance& loaded) {
    auto found = find_labels(s, from.file, from.onnx.metadata, loaded.engine->classes());
    if (!found) return found.error();
    if (found->source.empty()) {
        log::warn("no label file, classes are numbered",
                  {{"looked_for", model::own_label_file(from.file).string()}, {"classes", loaded.engine->classes()}});
    }
    loaded.groups = serving::class_groups(found->labels.names, found->labels.groups);
    loaded.labels = std::move(found->labels.names);
    return {};
}

// A file that was made for other weights is only warned of: the weights were replaced, and serve as they are.
result<void> find_calibration(fs::path const& file, serving::model_instance& loaded) {
    auto const found = model::read_calibration(file, loaded.weights_sha256);
    if (found) {
        loaded.calibration = *found;
    } else if (found.error().code == errc::validation_error) {
        log::warn("confidences are not calibrated", {{"reason", found.error().message}});
    } else {
        return found.error();
    }
    return {};
}

void log_loaded(serving::model_instance const& m) {
    auto const& e = m.engine->describe();
    log::info("weights loaded", {{"weights", m.weights_file},
                                 {"sha256", m.weights_sha256},
                                 {"architecture", m.architecture},
                                 {"classes", m.engine->classes()},
                                 {"engine", e.name},
                                 {"precision", e.precision},
                                 {"device", e.device},
                                 {"instruction_set", e.instruction_set},
                                 {"threads", e.threads}});
    if (!e.note.empty()) log::warn("engine", {{"note", e.note}});
    log::info("pre-processing", {{"source", m.preprocess_source}, {"options", image::preprocess_text(m.preprocess)}});
}

void log_remarks(std::vector<model::remark> const& remarks) {
    for (auto const& r : remarks)
        r.is_warning ? log::warn("weights read", {{"remark", r.text}})
                     : log::info("weights read", {{"remark", r.text}});
}

result<void> load_preprocessing(settings const& s, weight_source const& from, serving::model_instance& loaded) {
    auto found = from.kind == model::file_kind::onnx ? find_onnx_preprocessing(s, from.file, from.onnx)
                                                     : find_preprocessing(s, from.file, from.kind);
    if (!found) return found.error();
    loaded.preprocess = found->options;
    loaded.preprocess_source = std::move(found->source);
    log_remarks(found->remarks);
    return {};
}

// The engine, the network's name and its pre-processing, on which the engine's input depends.
result<void> load_engine(settings const& s, weight_source const& from, serving::model_instance& loaded) {
    if (auto const ok = load_preprocessing(s, from, loaded); !ok) return ok.error();
    int const crop = loaded.preprocess.crop;
    loaded_engine made;
    if (from.kind == model::file_kind::torchscript || from.kind == model::file_kind::onnx) {
        bool const is_onnx = from.kind == model::file_kind::onnx;
        auto network = is_onnx ? load_onnx(s, from.file, from.onnx, crop) : load_script(s, from.file, crop);
        if (!network) return network.error();
        loaded.architecture = std::move(network->architecture);
        log_remarks(network->remarks);
        made = std::move(network->engine);
    } else {
        auto graph = model::load_graph(from.file, parts::torch_archives);
        if (!graph) return graph.error();
        loaded.architecture = graph->architecture;
        log_remarks(graph->remarks);
        made = graph_engine(s, std::move(*graph), crop);
    }
    if (!made) return made.error();
    loaded.engine = std::move(*made);
    return {};
}

result<std::vector<model::file_version>> versions_of(std::vector<fs::path> const& files) {
    std::vector<model::file_version> versions;
    for (auto const& file : files) {
        auto const version = model::file_version::of(file);
        if (!version) return version.error();
        versions.push_back(*version);
    }
    return versions;
}

// What an ONNX file says of itself is read once, and the files that it names have versions of their own.
result<void> describe_onnx(weight_source& from) {
    auto const part = parts::onnx();
    if (!part) return part.error();
    auto described = (*part)->describe_file(from.file);
    if (!described) return described.error();
    for (auto const& [name, path] : described->data_files) {
        auto const version = model::file_version::of(path);
        if (!version) return version.error();
        from.files.push_back(path);
        from.versions.push_back(*version);
    }
    from.onnx = std::move(*described);
    return {};
}

result<weight_source> find_source(fs::path const& file) {
    auto const kind = model::detect_file_kind(file, parts::torch_archives);
    if (!kind) return kind.error();
    auto files = model::weight_files(file);
    if (!files) return files.error();
    auto versions = versions_of(*files);
    if (!versions) return versions.error();
    weight_source from{file, *kind, std::move(*files), std::move(*versions), {}};
    if (*kind != model::file_kind::onnx) return from;
    if (auto const ok = describe_onnx(from); !ok) return ok.error();
    return from;
}

// The sum names the weights, to clients and in the keys of cached answers: it must be that of the bytes that run.
result<void> load_weights(settings const& s, weight_source const& from, serving::model_instance& loaded) {
    auto const& file = from.file;
    if (auto const ok = load_engine(s, from, loaded); !ok) return ok.error();
    auto sha256 = model::files_sha256(from.files);
    if (!sha256) return sha256.error();
    auto const after = versions_of(from.files);
    if (!after) return after.error();
    if (*after != from.versions)
        return error(errc::io_error, file.filename().string() + " changed while it was being loaded");
    loaded.weights_file = file.string();
    loaded.weights_sha256 = std::move(*sha256);
    return {};
}

result<void> load(settings const& s, serving::model_instance& loaded) {
    auto const from = find_source(weights_file(s));
    if (!from) return from.error();
    if (auto const ok = load_weights(s, *from, loaded); !ok) return ok.error();
    if (auto const ok = load_labels(s, *from, loaded); !ok) return ok.error();
    if (auto const ok = find_calibration(from->file, loaded); !ok) return ok.error();
    // The decode threads have loaded it meanwhile; without it no image could be classified. Throws where libvips does
    // not start.
    auto const decoding = parts::image();
    if (!decoding) return decoding.error();
    (*decoding)->make_decoder_work(decode_options(s));
    log_loaded(loaded);
    return {};
}

result<std::unique_ptr<serving::model_instance>> load(settings const& s) {
    auto loaded = std::make_unique<serving::model_instance>();
    auto const release = [&] {
        if (loaded->engine) loaded->engine->release_thread();
    };
    try {
        auto const ok = load(s, *loaded);
        if (ok) return loaded;
        release();
        return ok.error();
    } catch (...) {
        release();
        throw;
    }
}

}  // namespace

fs::path weights_file(settings const& s) { return s.weights.empty() ? demo_weights() : fs::path(s.weights); }

serving::model_loader make_model_loader(settings const& s) {
    return [s] { return load(s); };
}

}  // namespace sma::app
