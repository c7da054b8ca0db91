// Layer graph of a ResNet-family network, built from a state dict with batch-norm folded. Both engines run it.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/remark.hpp"
#include "sma/model/state_dict.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sma::model {

/// What a convolution ends with.
enum class activation_kind { none, relu };

enum class layer_kind { convolution, max_pool, average_pool, linear };

/// Static int8 quantization of one convolution or linear layer, as `model quantize` wrote it. Symmetric: real = q *
/// scale. An activation is u8 after a ReLU (pools keep it so), else s8: the network's input and a shortcut's
/// convolution.
struct quantization {
    tensor weight;                    ///< I8 [out, in / groups, kh, kw] or [out, in], within [-127, 127]
    std::vector<float> weight_scale;  ///< one an output channel, > 0
    float input_scale = 1.0F;         ///< of the activation that the layer reads, > 0
    float output_scale = 1.0F;  ///< of the activation that it writes, > 0; 0 for the linear layer, whose output is f32
};

/// One layer. Value ids name activations: 0 is the network's input, layer i writes value i + 1.
struct layer {
    std::string name;  ///< the state dict's name, e.g. "layer1.0.conv2"
    layer_kind kind = layer_kind::convolution;
    int input = 0;                ///< value id
    std::optional<int> residual;  ///< value id that is added before the activation
    activation_kind activation = activation_kind::none;

    tensor weight;   ///< F32 [out, in / groups, kh, kw], batch-norm folded; [out, in] for linear
    tensor bias;     ///< F32 [out]
    int kernel = 1;  ///< convolution and max_pool
    int stride = 1;
    int padding = 0;
    int groups = 1;
    int channels = 0;  ///< of the output

    std::optional<quantization> int8;
};

/// A network from image to logits. Immutable once built; may be shared by engines and threads.
struct graph {
    std::string architecture;  ///< "ResNet-50", "ResNeXt-50 32x4d", "Wide ResNet-50-2", ...
    int classes = 0;
    std::vector<layer> layers;    ///< in order of execution; the last is the linear one
    bool quantized = false;       ///< every layer with weights has `int8`
    std::vector<remark> remarks;  ///< how the weights were found in their file
};

/// The position of the last layer that reads each value, after which its memory can go; 0 for one that none reads.
std::vector<std::size_t> last_readers(graph const& network);

/// Recognizes the ResNet family from names and shapes and folds batch-norm in double precision (eps 1e-5). A bottleneck
/// has its stride in the 3x3 convolution, as torchvision's "v1.5" has it; shapes do not tell it from the original's
/// place. `num_batches_tracked` is ignored, and a missing bias of the classifier is zeros (a remark says so); any other
/// tensor that the family does not have is refused, because leaving it out would give wrong answers. The result shares
/// no memory with `weights`. Errors: invalid_weights with one line that names the tensor, what was found and expected.
result<graph> build_graph(state_dict const& weights);

}  // namespace sma::model
