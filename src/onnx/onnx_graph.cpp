#include "sma/onnx/onnx_graph.hpp"

#include "describe_message.hpp"
#include "layer_reader.hpp"
#include "model_proto.hpp"

namespace sma::onnx {

result<model::graph> read_graph(std::filesystem::path const& file) {
    auto const message = read_proto(file);
    if (!message) return message.error();
    auto const described = describe_message(**message);
    if (!described.problem.empty()) return error(errc::invalid_weights, described.problem);
    auto const files = find_data_files(**message, file);
    if (!files) return files.error();
    auto const data = read_data_files(*files);
    if (!data) return data.error();
    try {
        return layer_reader((*message)->graph(), *data).read(described);
    } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, "not enough memory for the weights of the ONNX file");
    }
}

}  // namespace sma::onnx
