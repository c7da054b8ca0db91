// Part "engine" of the program.
#include "sma/engine/engine_part.hpp"
#include "sma/version.hpp"

#include <oneapi/dnnl/dnnl.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() {
    auto const* const v = dnnl_version();
    return {{"onednn", std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch)}};
}

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::engine::engine_part const table{{sma::version::build, libraries}, sma::engine::create_onednn_engine};
    return &table;
}
