#include "onnx_loading.hpp"

#include "component_options.hpp"
#include "parts.hpp"

#include <utility>

namespace sma::app {
namespace {

namespace fs = std::filesystem;
using engine_pointer = std::unique_ptr<engine::engine>;

error refusal(std::string text) { return error(errc::unsupported, std::move(text)); }

result<void> check_settings(settings const& s) {
    if (s.device == "cuda") return refusal("device = cuda: ONNX files run on device = cpu only");
    if (s.engine == "torch") return refusal("engine = torch: an ONNX file runs on engine = onnx or onednn");
    return {};
}

/// On ONNX Runtime, and why.
result<loaded_network> on_runtime(settings const& s, engine_pointer made, model::remark const& why) {
    if (s.engine == "onednn")
        return refusal("engine = onednn: " + why.text + "; engine = onnx or auto runs it on ONNX Runtime");
    if (s.precision != "auto" && s.precision != "fp32")
        return refusal("precision = " + s.precision + ": ONNX Runtime runs the file only as it was saved");
    loaded_network loaded{std::move(made), "ONNX", {}};
    loaded.remarks.push_back({"the network runs on ONNX Runtime: " + why.text, why.is_warning});
    return loaded;
}

}  // namespace

result<loaded_network> load_onnx(settings const& s, fs::path const& file, onnx::onnx_file const& described, int crop) {
    if (auto const ok = check_settings(s); !ok) return ok.error();
    auto const part = parts::onnx();
    if (!part) return part.error();
    auto made = (*part)->create_engine(file, described, onnx_options(s, crop));
    if (!made) return made.error();
    if (s.engine == "onnx") return on_runtime(s, std::move(*made), {"engine = onnx", false});
    auto const graph = (*part)->read_graph(file);
    if (!graph && graph.error().code != errc::unsupported) return graph.error();
    if (!graph) return on_runtime(s, std::move(*made), {graph.error().message, false});
    auto own = try_own_engine(s, *graph, crop, **made, {"ONNX", "ONNX Runtime"});
    if (!own) return own.error();
    if (!own->engine) return on_runtime(s, std::move(*made), own->remark);
    return loaded_network{std::move(own->engine), graph->architecture, {std::move(own->remark)}};
}

}  // namespace sma::app
