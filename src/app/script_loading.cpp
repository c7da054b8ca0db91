#include "script_loading.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "precision_choice.hpp"

#include <chrono>
#include <utility>

namespace sma::app {
namespace {

namespace fs = std::filesystem;
using engine_pointer = std::unique_ptr<engine::engine>;

error refusal(std::string text) { return error(errc::unsupported, std::move(text)); }

result<void> check_settings(settings const& s) {
    if (s.engine == "onnx") return refusal("engine = onnx runs ONNX files only");
    if (s.engine == "onednn" && s.device == "cuda") return refusal("engine = onednn runs on device = cpu only");
    return {};
}

result<engine_pointer> make_engine(settings const& s, fs::path const& file, int crop) {
    auto const part = parts::libtorch();
    if (!part) return part.error();
    return (*part)->create_script_engine(file, torch_options(s, crop));
}

/// `loaded` runs at fp32, and at bf16 from here on where that is better.
void try_bf16(loaded_network& loaded, settings s, fs::path const& file, int crop) {
    auto const part = parts::libtorch();
    if (!part || !(*part)->has_native_bf16()) return;
    s.precision = "bf16";
    auto made = make_engine(s, file, crop);
    if (!made) {
        loaded.remarks.push_back({"precision = auto is fp32, not bf16: " + made.error().message, false});
        return;
    }
    auto choice = choose_precision(std::move(loaded.engine), std::move(*made), std::chrono::steady_clock::now);
    loaded.engine = std::move(choice.engine);
    loaded.remarks.push_back(std::move(choice.remark));
}

/// On libtorch, and why.
result<loaded_network> on_libtorch(settings const& s, fs::path const& file, int crop, model::remark const& why) {
    if (s.engine == "onednn")
        return refusal("engine = onednn: " + why.text + "; engine = torch or auto runs it on libtorch");
    if (s.precision == "int8") return refusal("precision = int8: libtorch runs the file only as it was saved");
    auto made = make_engine(s, file, crop);
    if (!made) return made.error();
    loaded_network loaded{std::move(*made), "TorchScript", {}};
    loaded.remarks.push_back({"the network runs on libtorch: " + why.text, why.is_warning});
    if (s.precision == "auto" && s.device == "cpu") try_bf16(loaded, s, file, crop);
    return loaded;
}

/// The module at fp32, by which our own engine is proven: a few passes.
result<engine_pointer> make_reference(settings s, fs::path const& file, int crop) {
    s.precision = "fp32";
    auto const part = parts::libtorch();
    if (!part) return part.error();
    auto options = torch_options(s, crop);
    options.fastest_form = false;
    return (*part)->create_script_engine(file, options);
}

}  // namespace

result<loaded_network> load_script(settings const& s, fs::path const& file, int crop) {
    if (auto const ok = check_settings(s); !ok) return ok.error();
    if (s.device == "cuda") return on_libtorch(s, file, crop, {"device = cuda", false});
    if (s.engine == "torch") return on_libtorch(s, file, crop, {"engine = torch", false});
    auto const part = parts::libtorch();
    if (!part) return part.error();
    auto const graph = (*part)->read_script_graph(file);
    if (!graph && graph.error().code != errc::unsupported) return graph.error();
    if (!graph) return on_libtorch(s, file, crop, {graph.error().message, false});
    auto const reference = make_reference(s, file, crop);
    if (!reference) return reference.error();
    auto own = try_own_engine(s, *graph, crop, **reference, {"TorchScript", "libtorch"});
    if (!own) return own.error();
    if (!own->engine) return on_libtorch(s, file, crop, own->remark);
    return loaded_network{std::move(own->engine), graph->architecture, {std::move(own->remark)}};
}

}  // namespace sma::app
