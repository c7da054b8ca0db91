#include "layer_list.hpp"

#include <utility>

namespace sma::model {

int layer_list::add(layer l) {
    graph_.layers.push_back(std::move(l));
    return static_cast<int>(graph_.layers.size());
}

int layer_list::channels(int value) const {
    return value == 0 ? 3 : graph_.layers[static_cast<std::size_t>(value - 1)].channels;
}

int layer_list::convolution(std::string name, int input, int channels, int kernel, int stride, int groups,
                            activation_kind activation) {
    layer l;
    l.name = std::move(name);
    l.input = input;
    l.channels = channels;
    l.kernel = kernel;
    l.stride = stride;
    l.padding = kernel / 2;
    l.groups = groups;
    l.activation = activation;
    return add(std::move(l));
}

int layer_list::pool(std::string name, layer_kind kind, int input, int kernel, int stride, int padding) {
    layer l;
    l.name = std::move(name);
    l.kind = kind;
    l.input = input;
    l.kernel = kernel;
    l.stride = stride;
    l.padding = padding;
    l.channels = channels(input);
    return add(std::move(l));
}

int layer_list::linear(std::string name, int input, int channels) {
    layer l;
    l.name = std::move(name);
    l.kind = layer_kind::linear;
    l.input = input;
    l.channels = channels;
    return add(std::move(l));
}

}  // namespace sma::model
