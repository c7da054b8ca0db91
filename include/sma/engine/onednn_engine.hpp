// CPU engine: runs the layer graph as fused oneDNN primitives.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"
#include "sma/engine/precision.hpp"
#include "sma/model/graph.hpp"

#include <cstddef>
#include <memory>
#include <optional>

namespace sma::engine {

struct onednn_options {
    sma::engine::precision precision = sma::engine::precision::automatic;
    bool force = false;  ///< take bf16 where it is only emulated
    int threads = 0;     ///< OpenMP threads of one forward pass; 0: useful_threads()
    int height = 224;    ///< rows of the input, >= 1
    int width = 224;     ///< columns, >= 1
    int max_batch_size =
        8;  ///< the batch size that the weights' memory layout is chosen for, >= 1; larger ones work too
};

/// Memory that the engine holds, in bytes.
struct onednn_memory {
    std::size_t weights = 0;     ///< packed weights and biases, shared by all batch sizes
    std::size_t arena = 0;       ///< activations
    std::size_t scratchpad = 0;  ///< working memory of the primitives, shared by all of them
    int batch_sizes = 0;         ///< batch sizes whose primitives are kept
};

/// Owned and used as `engine` says. infer() runs on the calling thread and its OpenMP team; it sets the team's size for
/// the call and restores it. Primitives are kept for the 16 batch sizes used last. At int8 a batch runs as passes whose
/// sizes are powers of two, because the primitives of a size take much memory there.
class onednn_engine final : public engine {
public:
    class impl;
    explicit onednn_engine(std::unique_ptr<impl> i);
    ~onednn_engine() override;

    description const& describe() const noexcept override;
    input_format const& input() const noexcept override;
    int classes() const noexcept override;
    void infer(std::span<std::byte const* const> images, std::span<float> logits) override;
    std::optional<feature_shape> features() const noexcept override;
    /// The first activation map after release_memory() costs a copy of the classifier's weights, which is kept.
    void infer_with_features(std::span<std::byte const* const> images, std::span<float> logits,
                             feature_reader const& read) override;
    /// Generates the code of that size's primitives into oneDNN's primitive cache.
    bool prepare(int images) override;
    /// Ends the calling thread's OpenMP team: while a process has more OpenMP threads than CPUs, libgomp lets none of
    /// them spin, and in every layer of every forward pass the kernel then has to wake threads.
    void release_thread() noexcept override;
    /// Drops primitives, arena and scratchpad; also empties oneDNN's primitive cache, which all engines of the process
    /// share (what they hold stays valid).
    void release_memory() noexcept override;

    onednn_memory memory_use() const noexcept;

private:
    std::unique_ptr<impl> impl_;
};

/// Packs the weights and makes the primitives of max_batch_size. Nothing of `graph` is needed afterwards. Errors:
/// unsupported (precision), invalid_setting (input size), invalid_weights, out_of_memory.
result<std::unique_ptr<onednn_engine>> create_onednn_engine(model::graph const& graph, onednn_options const& options);

}  // namespace sma::engine
