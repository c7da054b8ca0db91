// Interface of an inference engine. Batching, deadlines and HTTP are elsewhere.
#pragma once

#include "sma/core/tensor_buffer.hpp"
#include "sma/engine/features.hpp"

#include <cstddef>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace sma::engine {

/// Description of an engine for /info and the log.
struct description {
    std::string name;             ///< "onednn", "torch" or "onnxruntime"
    std::string precision;        ///< "fp32", "bf16", "int8", "fp16"
    std::string device;           ///< "cpu" or "cuda"
    std::string instruction_set;  ///< e.g. "avx512_core_amx"; empty where it does not apply
    int threads = 1;              ///< threads that one forward pass uses
    std::string note;             ///< what an operator should know of how it runs, a sentence; mostly empty
};

/// The engine had too little memory. After release_memory() a smaller batch may work. Engines translate their
/// library's own exception (c10's, CUDA's, oneDNN's) into this; plain std::bad_alloc means the same.
class out_of_memory : public std::bad_alloc {
public:
    explicit out_of_memory(std::string what) : what_(std::move(what)) {}
    char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string what_;
};

/// A loaded network, ready to run. Owned by a model instance. Not thread-safe but for prepare() and release_thread():
/// loaded and warmed up on one thread, then used on the inference thread only; destroyed on any thread while not in
/// use.
class engine {
public:
    virtual ~engine() = default;

    virtual description const& describe() const noexcept = 0;
    /// The layout and type of one image. Constant for an engine's life.
    virtual input_format const& input() const noexcept = 0;
    /// Number of classes, >= 1.
    virtual int classes() const noexcept = 0;

    /// One forward pass. `images` are n >= 1 pointers to one image each, in the layout of input(); `logits` has n *
    /// classes() floats and is filled row by row. Any n works; memory is kept for the largest seen until
    /// release_memory(). Throws std::bad_alloc (or out_of_memory) when memory runs out, std::exception for anything
    /// else; the engine stays usable after both.
    virtual void infer(std::span<std::byte const* const> images, std::span<float> logits) = 0;

    /// The shape of the features that infer_with_features() shows; nothing where the network has none. Constant for an
    /// engine's life.
    virtual std::optional<feature_shape> features() const noexcept { return std::nullopt; }
    /// infer() that also shows the features of each image to `read`, once its logits are there. Only where there are
    /// features(). Throws what `read` throws, too.
    virtual void infer_with_features(std::span<std::byte const* const> images, std::span<float> logits,
                                     feature_reader const& read) {
        static_cast<void>(images), static_cast<void>(logits), static_cast<void>(read);
        throw std::logic_error("this engine shows no features");
    }

    /// Prepares for the first pass of `images` >= 1 images, which would otherwise take tens of milliseconds longer.
    /// Returns whether it did: some engines prepare in a pass only. May run on any thread, concurrently with infer().
    /// Throws like infer().
    virtual bool prepare(int images) {
        static_cast<void>(images);
        return false;
    }

    /// Ends what running has left on the calling thread, such as its team of threads. To be called on a thread that has
    /// loaded or warmed up the engine and will not run it.
    virtual void release_thread() noexcept {}

    /// Frees what can be created again: activations and primitives of batch sizes seen, allocator caches.
    virtual void release_memory() noexcept = 0;
};

}  // namespace sma::engine
