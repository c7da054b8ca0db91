// Network of an ONNX file in ONNX Runtime.
#pragma once

#include "model_proto.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <onnxruntime_cxx_api.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace sma::onnx {

/// A session and its input buffer, for square images of one size. One thread at a time.
class network {
public:
    /// `file` has no problem; its height and width are `side` or any. Throws Ort::Exception.
    network(onnx_file const& file, std::span<std::byte const> model, data_bytes_map const& data, int side, int threads);

    /// The logits of each image, f32 NHWC, row by row. A file with a fixed batch takes passes of that size. Throws
    /// std::runtime_error if the answer is not a row of logits for each image; Ort::Exception, std::bad_alloc.
    std::vector<float> forward(std::span<float const* const> images);

    /// Takes no more than so many images in a pass from now on; not for a fixed batch.
    void limit_pass(std::size_t images) noexcept { pass_ = images; }
    bool has_fixed_batch() const noexcept { return file_.input.batch > 0; }
    int side() const noexcept { return side_; }

    /// A pass of zeros after which the arena gives back what it keeps: nothing else makes it do so.
    void shrink();

private:
    std::vector<float> pass(std::span<float const* const> images, std::size_t images_in_pass,
                            Ort::RunOptions const& options);
    /// Stages the images and zeros behind them.
    void stage(std::span<float const* const> images, std::size_t images_in_pass);
    std::size_t pixels() const noexcept { return static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_); }

    onnx_file const file_;
    int const side_;
    Ort::Session session_;
    std::vector<std::byte> staging_;
    std::size_t pass_ = 0;  ///< images of a pass; 0: all
};

}  // namespace sma::onnx
