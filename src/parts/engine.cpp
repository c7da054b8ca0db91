// Part "engine" of the program.
#include "sma/engine/engine_part.hpp"
#include "sma/version.hpp"

#include <oneapi/dnnl/dnnl.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() {
    auto const* const v = dnnl_version();
    return {{"onednn", std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch)}};
}

sma::result<std::unique_ptr<sma::engine::engine>> create(sma::model::graph const& graph,
                                                         sma::engine::onednn_options const& options) {
    auto made = sma::engine::create_onednn_engine(graph, options);
    if (!made) return made.error();
    return std::unique_ptr<sma::engine::engine>(std::move(*made));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::engine::engine_part const table{{sma::version::build, libraries}, create};
    return &table;
}
