#include "parts.hpp"

#include "sma/version.hpp"

#include <atomic>

namespace sma::app::parts {
namespace {

/// One part. Thread-safe: whoever comes first loads it, and libdl lets the others wait.
class loaded_part {
public:
    explicit loaded_part(char const* name, char const* advice = "") : name_(name), advice_(advice) {}

    result<part const*> get() {
        if (auto const* const p = found_.load(std::memory_order_acquire)) return p;
        auto const loaded = load_part(parts_folder(), name_, version::build);
        if (!loaded) return error(loaded.error().code, loaded.error().message + advice_);
        found_.store(*loaded, std::memory_order_release);
        return loaded;
    }
    part const* if_loaded() const noexcept { return found_.load(std::memory_order_acquire); }

private:
    char const* name_;
    char const* advice_;
    std::atomic<part const*> found_{nullptr};
};

loaded_part engine_part("engine");
loaded_part image_part("image");
loaded_part onnx_part("onnx",
                      "; ONNX files need it: the Debian package simple-model-api-onnx, or a build with ONNX Runtime, "
                      "which Debian has from release 13 on (libonnxruntime-dev)");
loaded_part otlp_part("otlp",
                      "; traces (otlp_endpoint) need it: the Debian package simple-model-api-otlp, or a build with "
                      "opentelemetry-cpp");
loaded_part profiler_part("profiler");
loaded_part grpc_part("grpc", "; `grpc_listen` needs it: the Debian package simple-model-api-grpc");
loaded_part libtorch_part(
    "libtorch",
    "; PyTorch's files (.pth, TorchScript), CUDA and `model quantize` need it: the Debian package "
    "simple-model-api-torch");

template <class Part>
result<Part const*> get(loaded_part& p) {
    auto const found = p.get();
    if (!found) return found.error();
    return static_cast<Part const*>(*found);
}

}  // namespace

result<engine::engine_part const*> engine() { return get<engine::engine_part>(engine_part); }
result<image::image_part const*> image() { return get<image::image_part>(image_part); }
result<libtorch::libtorch_part const*> libtorch() { return get<libtorch::libtorch_part>(libtorch_part); }
result<onnx::onnx_part const*> onnx() { return get<onnx::onnx_part>(onnx_part); }
result<otlp::otlp_part const*> otlp() { return get<otlp::otlp_part>(otlp_part); }
result<api::profiler_part const*> profiler() { return get<api::profiler_part>(profiler_part); }
result<grpc::grpc_part const*> grpc() { return get<grpc::grpc_part>(grpc_part); }

result<model::torch_archive_reader const*> torch_archives() {
    auto const found = libtorch();
    if (!found) return found.error();
    return &(*found)->archive_reader();
}

std::vector<std::pair<std::string, std::string>> libraries() {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const* p : {&engine_part, &libtorch_part, &image_part, &onnx_part, &otlp_part, &grpc_part}) {
        if (p->if_loaded() == nullptr) continue;
        auto const some = p->if_loaded()->libraries();
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::vector<std::string> readable(std::vector<std::string> const& formats) {
    auto const* const loaded = static_cast<image::image_part const*>(image_part.if_loaded());
    return loaded == nullptr ? formats : loaded->readable_formats(formats);
}

}  // namespace sma::app::parts
