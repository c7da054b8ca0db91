#include "f32_convolution.hpp"

#include "direct_convolution.hpp"
#include "f32_tile.hpp"

#include <algorithm>

namespace sma::engine {
namespace {

class f32_convolution final : public layer_kernel {
public:
    f32_convolution(convolution_shape const& shape, float const* weights, float const* bias, bool residual, bool relu,
                    bump_memory& memory)
        : s_(shape),
          layout_(shape),
          panels_(panels_of(shape)),
          panel_values_(static_cast<std::ptrdiff_t>(layout_.taps) * layout_.length * tile_columns),
          residual_(residual),
          relu_(relu),
          weights_(take(memory, panel_values_ * panels_)),
          bias_(take(memory, static_cast<std::ptrdiff_t>(tile_columns) * panels_)),
          zeros_(take(memory, s_.channels)) {
        for (int o = 0; o < s_.out_channels; ++o) {
            float* const to = weights_ + o / tile_columns * panel_values_ + o % tile_columns;
            for_each_weight(s_, layout_, o, weights, [to](int k, float w) { to[k * tile_columns] = w; });
        }
        std::copy(bias, bias + s_.out_channels, bias_);
    }

    std::size_t scratch_bytes(int images) const noexcept override {
        return layout_.by_lines ? layout_.image_values() * static_cast<std::size_t>(images) * sizeof(float) : 0;
    }

    void run(int images, std::byte const* in, std::byte* out, std::byte* scratch) const override {
        auto const* input = reinterpret_cast<float const*>(in);
        if (layout_.by_lines) {
            auto* const padded = reinterpret_cast<float*>(scratch);
            copy_images(s_, layout_, images, input, padded, 0.0F, [](float x) { return x; });
            input = padded;
        }
        input_rows<float> const rows(s_, layout_, input, zeros_);
        auto* const output = reinterpret_cast<float*>(out);
#pragma omp parallel
        for_each_tile(s_, layout_, rows, images, panels_,
                      [&](float const* const* pointers, std::ptrdiff_t pixel, int count, std::ptrdiff_t panel) {
                          run_tile(pointers, count, panel, output + pixel * s_.out_channels + panel * tile_columns);
                      });
    }

private:
    static float* take(bump_memory& memory, std::ptrdiff_t values) {
        return reinterpret_cast<float*>(memory.take(static_cast<std::size_t>(values) * sizeof(float)));
    }

    void run_tile(float const* const* pointers, int count, std::ptrdiff_t panel, float* out) const {
        int const offset = input_layout::first_channel(s_, panel);
        f32_tile const tile{pointers,
                            offset,
                            layout_.taps,
                            layout_.length,
                            weights_ + panel * panel_values_,
                            bias_ + panel * tile_columns,
                            out,
                            s_.out_channels,
                            residual_,
                            relu_};
        auto const columns = static_cast<int>(s_.out_channels - panel * tile_columns);
        if (columns >= tile_columns) return compute(tile, count);
        compute_narrow(tile, count, static_cast<std::size_t>(columns) * sizeof(float), compute);
    }

    convolution_shape s_;
    input_layout layout_;
    int panels_;
    std::ptrdiff_t panel_values_;
    bool residual_;
    bool relu_;
    float* weights_;  ///< [panels][taps][length][tile_columns]
    float* bias_;
    float* zeros_;
};

}  // namespace

std::unique_ptr<layer_kernel> make_f32_convolution(convolution_shape const& shape, float const* weights,
                                                   float const* bias, bool residual, bool relu, bump_memory& memory) {
    return std::make_unique<f32_convolution>(shape, weights, bias, residual, relu, memory);
}

}  // namespace sma::engine
