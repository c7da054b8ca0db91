#include "winograd_transforms.hpp"

namespace sma::engine::winograd {

std::array<float, points> transform_kernel(float const* kernel, std::ptrdiff_t step) {
    constexpr double g[patch][3] = {{1.0 / 4, 0, 0},
                                    {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                    {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                    {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                    {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                    {0, 0, 1}};
    std::array<float, points> out{};
    for (int i = 0; i < patch; ++i)
        for (int j = 0; j < patch; ++j) {
            double sum = 0;
            for (int y = 0; y < 3; ++y)
                for (int x = 0; x < 3; ++x) sum += g[i][y] * g[j][x] * static_cast<double>(kernel[(y * 3 + x) * step]);
            out[static_cast<std::size_t>(i * patch + j)] = static_cast<float>(sum);
        }
    return out;
}

}  // namespace sma::engine::winograd
