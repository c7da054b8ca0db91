// Streaming resampler: rows of a source image in, the resized and cropped image out. Each row is used when it comes and
// then forgotten.
#pragma once

#include "sma/core/tensor_buffer.hpp"
#include "sma/image/preprocess.hpp"

#include "kernels.hpp"
#include "resample_weights.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace sma::image {

/// Orientation of a stored image: the eight values of EXIF.
struct orientation {
    bool mirror_x = false;   ///< the stored columns run backwards
    bool mirror_y = false;   ///< the stored rows run backwards
    bool transpose = false;  ///< stored columns become rows; the mirrors are of the stored image

    static orientation from_exif(int value) noexcept;  ///< 1 to 8; anything else leaves the image as it is
    bool operator==(orientation const&) const = default;
};

/// Parameters of a crop.
struct crop_request {
    int width = 0;  ///< of the stored image, pixels, >= 1
    int height = 0;
    orientation turn;
    int resize = 256;
    int crop_width = 224;
    int crop_height = 224;
    interpolation filter = interpolation::bilinear;
    int shrink = 1;  ///< the rows that come, and their number, are that much smaller
    crop_mode mode = crop_mode::center;
    bool operator==(crop_request const&) const = default;
};

/// Resize and center crop, exactly as Pillow and torchvision round them: a horizontal pass, then a vertical one, each
/// rounded to bytes. If the image is to be transposed the passes are exchanged instead of the pixels. Belongs to one
/// thread; keeps its memory, and its weights while the request stays the same.
class resampler {
public:
    explicit resampler(kernels const& k = best_kernels()) : kernels_(k) {}

    /// Throws std::bad_alloc.
    void begin(crop_request const& request);

    /// The part of the stored image that is needed: rows [first_row, end_row), columns [first_column, end_column).
    int first_row() const noexcept { return rows().begin; }
    int end_row() const noexcept { return rows().end; }
    int first_column() const noexcept { return columns().begin; }
    int end_column() const noexcept { return columns().end; }

    /// The memory for the next row: (end_column - first_column) RGB pixels. Call it for every needed row in order, each
    /// time followed by push_row().
    std::uint8_t* row_space() noexcept { return slots_[std::size_t(next_row_) % slots_.size()]; }
    void push_row();

    /// The finished crop, crop_height x crop_width x 3 bytes, valid until begin(). Call once all rows were pushed.
    std::uint8_t const* crop();

private:
    resample_weights const& rows() const noexcept {
        return request_.turn.transpose ? x_ : y_;
    }  ///< along the stored rows' number
    resample_weights const& columns() const noexcept {
        return request_.turn.transpose ? y_ : x_;
    }  ///< along a stored row
    void prepare_horizontal_weights();
    void prepare_memory();
    void filter_row(std::uint8_t const* row, std::uint8_t* out);
    void combine_rows(int output);
    void transpose_into_crop();

    kernels const& kernels_;
    crop_request request_;
    resample_weights x_;  ///< of the image as it is looked at
    resample_weights y_;
    std::vector<std::int32_t> offsets_;
    std::vector<std::int32_t> pair_weights_;
    horizontal_weights horizontal_{};

    int next_row_ = 0;
    int next_output_ = 0;                   ///< in the order in which their last rows come
    std::vector<std::uint8_t> source_row_;  ///< a row before the horizontal pass
    std::vector<std::uint8_t> ring_memory_;
    std::vector<std::uint8_t*> ring_;   ///< the rows that the vertical pass still needs
    std::vector<std::uint8_t*> slots_;  ///< the results of row_space()
    std::vector<std::uint8_t const*> taps_;
    std::vector<std::uint8_t> combined_;  ///< one row out of the vertical pass
    std::vector<std::int32_t> sums_;
    std::size_t ring_row_bytes_ = 0;
    std::vector<std::uint8_t> transposed_;  ///< the crop with its axes exchanged
    std::vector<std::uint8_t> crop_;
};

/// Normalizes crops. Belongs to one thread; keeps its factors while mean, deviation and scale stay the same.
class normalizer {
public:
    explicit normalizer(kernels const& k = best_kernels()) : kernels_(k) {}

    /// Writes a crop, format.height x format.width x 3 bytes, into `out`, with the mean and deviation of `options`.
    void write(std::uint8_t const* crop, preprocess_options const& options, tensor_buffer& out);

private:
    void prepare(preprocess_options const& options, float scale);

    kernels const& kernels_;
    std::array<float, 3> mean_{};  ///< of affine_, as the next two
    std::array<float, 3> std_{};
    float scale_ = 0;
    affine affine_{};
};

}  // namespace sma::image
