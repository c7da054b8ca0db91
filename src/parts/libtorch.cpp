// Part "libtorch" of the program.
#include "sma/engine/cpu_capability.hpp"
#include "sma/libtorch/libtorch_part.hpp"
#include "sma/version.hpp"

#include <torch/csrc/api/include/torch/version.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() { return {{"libtorch", TORCH_VERSION}}; }

bool has_native_bf16() { return sma::engine::this_cpu().has_native_bf16; }

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    using namespace sma::libtorch;
    static libtorch_part const table{{sma::version::build, libraries},
                                     archive_reader,
                                     create_torch_engine,
                                     create_torch_engine,
                                     read_script_graph,
                                     has_native_bf16,
                                     quantize};
    return &table;
}
