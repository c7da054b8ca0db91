#include "sma/model/quantize.hpp"

#include <ATen/ops/empty.h>

#include <utility>

namespace sma::model {

image_set make_image_set(std::size_t size, int height, int width,
                         std::function<result<>(std::size_t index, std::span<float> out)> fill) {
    auto load = [height, width, fill = std::move(fill)](std::size_t first, std::size_t count) -> result<at::Tensor> {
        auto batch = at::empty({static_cast<std::int64_t>(count), height, width, 3}, at::kFloat);
        std::size_t const values = std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
        for (std::size_t i = 0; i < count; ++i) {
            auto const filled = fill(first + i, std::span(batch.data_ptr<float>() + i * values, values));
            if (!filled) return filled.error();
        }
        return batch;
    };
    return image_set{size, std::move(load)};
}

}  // namespace sma::model
