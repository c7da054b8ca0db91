// Builder of a ResNet's layer graph from the operators of a file, whatever its format.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/graph.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sma::model {

/// Takes operators in the order in which they run. A convolution stays open until something reads it that cannot become
/// part of it (a batch-norm, a sum or a ReLU can). Numbers are as the file has them, and are checked; weights are F32
/// that nobody else holds, and are checked for their shape. Errors: unsupported, with what a ResNet's operator does not
/// do, to stand behind the operator's name: "does not follow a convolution alone". Used once, on one thread. Throws
/// std::bad_alloc.
class graph_builder {
public:
    /// What an operator writes: of a layer that has been added, or of an open convolution.
    struct value {
        std::optional<int> id;
        layer open;
        int channels = 0;
    };
    using activation = std::shared_ptr<value>;

    /// An activation that an operator reads.
    struct operand {
        activation from;
        bool read_once = false;  ///< nothing else reads it: what is open may still be changed
    };

    /// A number a side, as files have them; `padding` also one an end of each side.
    struct window {
        std::vector<std::int64_t> stride, padding, dilation;
    };

    /// `elements_max` of all weights together: names may stand for the same weights many times.
    explicit graph_builder(std::size_t elements_max) : elements_left_(elements_max) {}

    /// Whether weights of this shape may still be copied. Takes them from what is left.
    bool take_elements(tensor_shape const& shape);

    /// The network's input, [n, 3, height, width].
    static activation images();

    result<activation> convolution(std::string name, operand const& x, window const& w, std::int64_t groups,
                                   tensor weight, tensor bias);
    /// gamma, beta, mean and variance. Folded in double precision.
    result<activation> batch_norm(operand const& x, std::array<tensor, 4> const& parts, double epsilon);
    result<activation> relu(operand const& x);
    result<activation> sum(operand const& a, operand const& b);
    result<activation> max_pool(std::string name, operand const& x, std::vector<std::int64_t> const& kernel,
                                window const& w);
    /// The global average, with or without its last two dimensions.
    result<activation> average_pool(std::string name, operand const& x);
    /// [n, channels, 1, 1] to [n, channels].
    result<activation> flatten(operand const& x);
    /// `weight` is [out, in]; without a bias it is not defined.
    result<activation> linear(std::string name, operand const& x, tensor weight, tensor bias);
    /// The bias of a linear layer that is a product of matrices.
    result<activation> linear_bias(operand const& x, tensor const& bias);
    /// The same activation by another name, where both may be read.
    activation alias(operand const& x);

    /// Whether a convolution in `x` may still be changed.
    static bool is_open(operand const& x);
    bool has_too_many_layers() const noexcept;

    /// The network that ends in `logits`.
    result<graph> finish(activation const& logits);

private:
    /// The activation's value id; an open convolution is added to the graph first.
    int settle(activation const& x);
    bool is_pooled(activation const& x) const;
    bool is_linear(activation const& x) const;
    int append(layer l);
    activation append_layer(layer l);

    graph made_;
    std::size_t elements_left_;
};

}  // namespace sma::model
