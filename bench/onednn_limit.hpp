// Speed limit of this machine: the 53 convolutions and the max pool of ResNet-50 as a bare chain of oneDNN primitives
// (bias, ReLU and residual sum fused), constant weights, a buffer for each activation, no average pool and no
// classifier. Its results are useless; the engine's speed is compared with it.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <unordered_map>
#include <vector>

namespace sma::bench {

enum class limit_type { fp32, bf16, int8 };

/// Made and run on one thread, with that thread's OpenMP team.
class onednn_limit {
public:
    onednn_limit(int batch, limit_type type);
    void run();

private:
    struct layer {
        int channels, kernel, stride;
        bool relu;
    };
    struct activation {
        int channels, side;
        dnnl::memory memory;
    };
    struct step {
        dnnl::primitive primitive;
        std::unordered_map<int, dnnl::memory> arguments;
    };

    dnnl::memory::desc activation_desc(int channels, int side) const;
    dnnl::memory filled(dnnl::memory::desc const& d, int byte);
    activation convolution(activation const& input, layer const& l, activation const* residual);
    activation max_pool(activation const& input);
    void add(dnnl::primitive_desc const& d, std::unordered_map<int, dnnl::memory> arguments);

    int batch_;
    limit_type type_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    std::vector<step> steps_;
};

}  // namespace sma::bench
