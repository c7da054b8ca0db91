// Builder of a layer graph: adds layers in order of execution.
#pragma once

#include "sma/model/graph.hpp"

#include <string>

namespace sma::model {

/// Each function returns the id of the value that the new layer writes. Refers to the graph.
class layer_list {
public:
    explicit layer_list(graph& g) : graph_(g) {}

    int convolution(std::string name, int input, int channels, int kernel, int stride, int groups,
                    activation_kind activation);
    int pool(std::string name, layer_kind kind, int input, int kernel, int stride, int padding);
    int linear(std::string name, int input, int channels);

    /// The layer that was added last.
    layer& last() { return graph_.layers.back(); }
    int channels(int value) const;

private:
    int add(layer l);

    graph& graph_;
};

}  // namespace sma::model
