#include "sma/engine/library_versions.hpp"

#include <oneapi/dnnl/dnnl.h>
#include <torch/csrc/api/include/torch/version.h>

namespace sma::engine {

std::vector<std::pair<std::string, std::string>> library_versions() {
    auto const* dnnl = dnnl_version();
    return {
        {"onednn", std::to_string(dnnl->major) + "." + std::to_string(dnnl->minor) + "." + std::to_string(dnnl->patch)},
        {"libtorch", TORCH_VERSION}};
}

}  // namespace sma::engine
