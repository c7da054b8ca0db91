// Part "onnx" of the program.
#include "sma/onnx/onnx_part.hpp"
#include "sma/version.hpp"

#include <onnxruntime_c_api.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() {
    return {{"onnxruntime", OrtGetApiBase()->GetVersionString()}};
}

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    using namespace sma::onnx;
    static onnx_part const table{{sma::version::build, libraries}, describe_file, read_graph, create_onnx_engine};
    return &table;
}
