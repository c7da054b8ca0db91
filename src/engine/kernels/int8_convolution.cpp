#include "int8_convolution.hpp"

#include "direct_convolution.hpp"
#include "int8_tile.hpp"
#include "int8_weights.hpp"

#include <algorithm>
#include <optional>

namespace sma::engine {
namespace {

/// s8 is read as u8: 128 is added to each value, and 128 times the sum of the weights is taken off the sums.
constexpr int shift_of_signed = 128;

class int8_convolution final : public layer_kernel {
public:
    int8_convolution(convolution_shape const& shape, std::int8_t const* weights, float const* bias,
                     int8_scaling const& scaling, int8_tile_function compute, bump_memory& memory)
        : s_(shape),
          layout_(shape),
          signed_input_(scaling.input == value_type::s8),
          weights_(shape, layout_, weights, memory),
          start_(take<std::int32_t>(memory, padded_channels())),
          factor_(take<float>(memory, padded_channels())),
          term_(take<float>(memory, padded_channels())),
          padding_(take<std::uint8_t>(memory, static_cast<std::size_t>(s_.channels + quad))),
          compute_(compute),
          output_{scaling.output, std::nullopt, 0.0F} {
        if (scaling.residual) {
            output_.residual = scaling.residual->type;
            output_.residual_factor = scaling.residual->scale / scaling.output_scale;
        }
        for (std::size_t c = 0; c < static_cast<std::size_t>(s_.out_channels); ++c) {
            factor_[c] = scaling.input_scale * scaling.weight_scale[c] / scaling.output_scale;
            term_[c] = bias[c] / scaling.output_scale;
        }
        if (signed_input_) correct_shift(weights);
    }

    std::size_t scratch_bytes(int images) const noexcept override {
        return copies() ? layout_.image_values() * static_cast<std::size_t>(images) + quad : 0;
    }

    void run(int images, std::byte const* in, std::byte* out, std::byte* scratch) const override {
        auto const* input = reinterpret_cast<std::uint8_t const*>(in);
        if (copies()) {
            auto* const copy = reinterpret_cast<std::uint8_t*>(scratch);
            auto const shift = static_cast<std::uint8_t>(signed_input_ ? shift_of_signed : 0);
            copy_images(s_, layout_, images, input, copy, shift,
                        [shift](std::uint8_t x) { return static_cast<std::uint8_t>(x ^ shift); });
            input = copy;
        }
        input_rows<std::uint8_t> const rows(s_, layout_, input, padding_);
#pragma omp parallel
        for_each_tile(s_, layout_, rows, images, weights_.count(),
                      [&](std::uint8_t const* const* pointers, std::ptrdiff_t pixel, int count, std::ptrdiff_t panel) {
                          run_tile(pointers, count, panel,
                                   out + (pixel * s_.out_channels + panel * tile_columns) * value_bytes());
                      });
    }

private:
    template <class T>
    static T* take(bump_memory& memory, std::size_t values) {
        return reinterpret_cast<T*>(memory.take(values * sizeof(T)));
    }
    std::size_t padded_channels() const { return static_cast<std::size_t>(panels_of(s_)) * tile_columns; }
    int value_bytes() const noexcept { return static_cast<int>(bytes_of(output_.type)); }
    /// Whole quads are read, which must not reach beyond the memory.
    bool copies() const noexcept { return layout_.by_lines || signed_input_ || weights_.length() != layout_.length; }

    void correct_shift(std::int8_t const* weights) {
        std::ptrdiff_t const of_channel = static_cast<std::ptrdiff_t>(s_.channels / s_.groups) * s_.taps();
        for (int o = 0; o < s_.out_channels; ++o) {
            std::int32_t sum = 0;
            for (std::ptrdiff_t i = 0; i < of_channel; ++i) sum += weights[o * of_channel + i];
            start_[o] = -shift_of_signed * sum;
        }
        std::fill(padding_, padding_ + s_.channels + quad, static_cast<std::uint8_t>(shift_of_signed));
    }

    void run_tile(std::uint8_t const* const* pointers, int count, std::ptrdiff_t panel, std::byte* out) const {
        auto const& w = weights_[panel];
        std::ptrdiff_t const first = panel * tile_columns;
        int8_tile const tile{pointers,
                             input_layout::first_channel(s_, panel),
                             layout_.taps,
                             weights_.length(),
                             w.weights,
                             {{w.extra[0].data(), static_cast<std::ptrdiff_t>(w.extra[0].size())},
                              {w.extra[1].data(), static_cast<std::ptrdiff_t>(w.extra[1].size())}},
                             start_ + first,
                             factor_ + first,
                             term_ + first,
                             output_,
                             out,
                             static_cast<std::ptrdiff_t>(s_.out_channels) * value_bytes()};
        auto const columns = static_cast<int>(s_.out_channels - first);
        if (columns >= tile_columns) return compute_(tile, count);
        compute_narrow(tile, count, static_cast<std::size_t>(columns * value_bytes()), compute_);
    }

    convolution_shape s_;
    input_layout layout_;
    bool signed_input_;
    int8_weights weights_;
    std::int32_t* start_;
    float* factor_;
    float* term_;
    std::uint8_t* padding_;
    int8_tile_function compute_;
    int8_output output_;
};

}  // namespace

std::unique_ptr<layer_kernel> make_int8_convolution(convolution_shape const& shape, std::int8_t const* weights,
                                                    float const* bias, int8_scaling const& scaling,
                                                    cpu_capability const& cpu, bump_memory& memory) {
    return std::make_unique<int8_convolution>(shape, weights, bias, scaling, select_int8_tile(cpu), memory);
}

}  // namespace sma::engine
