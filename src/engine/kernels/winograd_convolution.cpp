#include "winograd_convolution.hpp"

#include "f32_tile.hpp"
#include "tile_walk.hpp"
#include "winograd_transforms.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace sma::engine {
namespace {

using winograd::points;

/// Of a thread's transformed input and products: they should stay in the second cache of its core.
constexpr std::size_t group_bytes = std::size_t{448} << 10;

/// More is not worth its memory: ResNet-50's last stage would take 57 MiB for 1 to 3 % of a batch of 8, and nothing of
/// one image, which waits for its weights.
constexpr std::size_t weights_max_bytes = std::size_t{16} << 20;

class winograd_convolution final : public layer_kernel {
public:
    winograd_convolution(convolution_shape const& shape, float const* weights, float const* bias, bool residual,
                         bool relu, bump_memory& memory)
        : s_(shape),
          tiles_down_((shape.out_height + winograd::tile - 1) / winograd::tile),
          tiles_across_((shape.out_width + winograd::tile - 1) / winograd::tile),
          panels_(shape.out_channels / tile_columns),
          residual_(residual),
          relu_(relu),
          weights_(take(memory, std::size_t{points} * static_cast<std::size_t>(shape.channels * shape.out_channels))),
          bias_(take(memory, static_cast<std::size_t>(shape.out_channels))) {
        for (int o = 0; o < s_.out_channels; ++o)
            for (int c = 0; c < s_.channels; ++c) pack(o, c, weights);
        std::copy(bias, bias + s_.out_channels, bias_);
    }

    std::size_t scratch_bytes(int images) const noexcept override {
        int const threads = omp_get_max_threads();
        int const tiles = images * tiles_of_an_image();
        return bytes_of_a_tile() *
               static_cast<std::size_t>(shared(tiles, threads) ? tiles : group_of_tiles() * threads);
    }

    void run(int images, std::byte const* in, std::byte* out, std::byte* scratch) const override {
        pass const p{reinterpret_cast<float const*>(in), reinterpret_cast<float*>(out), images * tiles_of_an_image()};
        auto* const memory = reinterpret_cast<float*>(scratch);
        if (shared(p.tiles, omp_get_max_threads()))
            run_together(p, memory);
        else
            run_apart(p, memory);
    }

private:
    static float* take(bump_memory& memory, std::size_t values) {
        return reinterpret_cast<float*>(memory.take(values * sizeof(float)));
    }
    std::size_t channels_in() const noexcept { return static_cast<std::size_t>(s_.channels); }
    std::size_t channels_out() const noexcept { return static_cast<std::size_t>(s_.out_channels); }
    int tiles_of_an_image() const noexcept { return tiles_down_ * tiles_across_; }
    std::size_t bytes_of_a_tile() const noexcept {
        return std::size_t{points} * (channels_in() + channels_out()) * sizeof(float);
    }
    int group_of_tiles() const noexcept {
        int const fit = static_cast<int>(group_bytes / bytes_of_a_tile());
        return std::max(4, fit / tile_rows) * tile_rows;
    }
    /// With few tiles a thread, reading the weights costs more than computing: each thread then takes a part of them.
    bool shared(int tiles, int threads) const noexcept { return tiles < group_of_tiles() * threads; }

    struct pass {
        float const* input;
        float* output;
        int tiles;  ///< of all images
    };

    void run_together(pass const& p, float* scratch) const {
        group const g{0, p.tiles, scratch, scratch + static_cast<std::size_t>(points * p.tiles) * channels_in()};
#pragma omp parallel
        {
            int const thread = omp_get_thread_num();
            int const threads = omp_get_num_threads();
            transform_inputs(p, g, thread, threads);
#pragma omp barrier
            multiply(g, thread, threads);
#pragma omp barrier
            transform_outputs(p, g, thread, threads);
        }
    }

    void run_apart(pass const& p, float* scratch) const {
        int const size = group_of_tiles();
        std::size_t const values = bytes_of_a_tile() / sizeof(float) * static_cast<std::size_t>(size);
#pragma omp parallel for schedule(dynamic)
        for (int first = 0; first < p.tiles; first += size) {
            float* const transformed = scratch + values * static_cast<std::size_t>(omp_get_thread_num());
            group const g{first, std::min(size, p.tiles - first), transformed,
                          transformed + static_cast<std::size_t>(points * size) * channels_in()};
            transform_inputs(p, g, 0, 1);
            multiply(g, 0, 1);
            transform_outputs(p, g, 0, 1);
        }
    }

    /// Tiles that go through the three steps together.
    struct group {
        int first, tiles;
        float* transformed;  ///< [points][tiles][in]
        float* products;     ///< [points][tiles][out]
    };

    /// [point][panel][in][tile_columns]
    void pack(int o, int c, float const* weights) {
        auto const kernel =
            winograd::transform_kernel(weights + (static_cast<std::ptrdiff_t>(o) * s_.channels + c) * s_.taps(), 1);
        for (int p = 0; p < points; ++p)
            panel(p, o / tile_columns)[static_cast<std::ptrdiff_t>(c) * tile_columns + o % tile_columns] =
                kernel[static_cast<std::size_t>(p)];
    }
    float* panel(std::ptrdiff_t point, std::ptrdiff_t n) const {
        return weights_ + (point * panels_ + n) * s_.channels * tile_columns;
    }

    struct tile_place {
        std::ptrdiff_t image;
        int top, left;
    };
    tile_place place_of(int tile) const {
        int const of_image = tile % tiles_of_an_image();
        return {tile / tiles_of_an_image(), of_image / tiles_across_ * winograd::tile,
                of_image % tiles_across_ * winograd::tile};
    }

    static int share(int tiles, int thread, int threads) {
        return static_cast<int>(static_cast<std::ptrdiff_t>(tiles) * thread / threads);
    }

    void transform_inputs(pass const& p, group const& g, int thread, int threads) const {
        std::ptrdiff_t const step = static_cast<std::ptrdiff_t>(g.tiles) * s_.channels;
        for (int t = share(g.tiles, thread, threads); t < share(g.tiles, thread + 1, threads); ++t) {
            auto const place = place_of(g.first + t);
            winograd::transform_input(
                {p.input + place.image * static_cast<std::ptrdiff_t>(s_.pixels()) * s_.channels, s_.height, s_.width,
                 s_.channels, place.top - s_.padding, place.left - s_.padding},
                g.transformed + static_cast<std::ptrdiff_t>(t) * s_.channels, step);
        }
    }

    void multiply(group const& g, int thread, int threads) const {
        std::ptrdiff_t const rows = (g.tiles + tile_rows - 1) / tile_rows;
        tile_grid const grid{rows * points, panels_, rows};  // a block of rows a point
        std::array<float const*, tile_rows> pointers{};
        walk_tiles(
            grid, thread, threads, [](std::ptrdiff_t, std::ptrdiff_t) {},
            [&](std::ptrdiff_t row, std::ptrdiff_t n) {
                std::ptrdiff_t const point = row / rows;
                std::ptrdiff_t const first = row % rows * tile_rows;
                int const count = static_cast<int>(std::min<std::ptrdiff_t>(tile_rows, g.tiles - first));
                for (int r = 0; r < count; ++r)
                    pointers[static_cast<std::size_t>(r)] = g.transformed + (point * g.tiles + first + r) * s_.channels;
                float* const out = g.products + (point * g.tiles + first) * s_.out_channels + n * tile_columns;
                compute(
                    {pointers.data(), 0, 1, s_.channels, panel(point, n), nullptr, out, s_.out_channels, false, false},
                    count);
            });
    }

    void transform_outputs(pass const& p, group const& g, int thread, int threads) const {
        std::ptrdiff_t const step = static_cast<std::ptrdiff_t>(g.tiles) * s_.out_channels;
        for (int t = share(g.tiles, thread, threads); t < share(g.tiles, thread + 1, threads); ++t) {
            auto const place = place_of(g.first + t);
            winograd::transform_output(
                g.products + static_cast<std::ptrdiff_t>(t) * s_.out_channels, step,
                {p.output + place.image * static_cast<std::ptrdiff_t>(s_.out_pixels()) * s_.out_channels, s_.out_height,
                 s_.out_width, s_.out_channels, place.top, place.left, bias_, residual_, relu_});
        }
    }

    convolution_shape s_;
    int tiles_down_, tiles_across_;
    int panels_;
    bool residual_;
    bool relu_;
    float* weights_;
    float* bias_;
};

}  // namespace

bool winograd_fits(convolution_shape const& s) noexcept {
    auto const weights = std::size_t{points} * static_cast<std::size_t>(s.channels) *
                         static_cast<std::size_t>(s.out_channels) * sizeof(float);
    return weights <= weights_max_bytes && s.kernel == 3 && s.groups == 1 && s.stride == 1 &&
           s.channels % tile_columns == 0 && s.out_channels % tile_columns == 0;
}

std::unique_ptr<layer_kernel> make_winograd_convolution(convolution_shape const& shape, float const* weights,
                                                        float const* bias, bool residual, bool relu,
                                                        bump_memory& memory) {
    return std::make_unique<winograd_convolution>(shape, weights, bias, residual, relu, memory);
}

}  // namespace sma::engine
