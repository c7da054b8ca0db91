// Tensors of libtorch's in tests: what they compute with, from and to what the program reads.
#pragma once

#include "sma/libtorch/quantize.hpp"
#include "sma/libtorch/tensor_bridge.hpp"
#include "sma/model/state_dict.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <string>

namespace sma::test {

using libtorch::from_torch;
using libtorch::to_torch;

/// A state dict whose tensors can be changed.
using torch_dict = std::map<std::string, at::Tensor>;

inline torch_dict as_torch(model::state_dict const& stored) {
    torch_dict all;
    for (auto const& [name, t] : stored) all[name] = to_torch(t).clone();
    return all;
}

inline model::state_dict as_stored(torch_dict const& tensors) {
    model::state_dict all;
    for (auto const& [name, t] : tensors) all[name] = from_torch(t);
    return all;
}

inline bool equal(model::tensor const& a, model::tensor const& b) { return at::equal(to_torch(a), to_torch(b)); }
inline bool equal(model::tensor const& a, at::Tensor const& b) { return at::equal(to_torch(a), b); }

/// Images f32 [n, h, w, 3] for calibration.
inline libtorch::image_set images_of(at::Tensor const& images) {
    auto const copied = [images](std::size_t index, std::span<float> out) -> result<> {
        auto const image = images[static_cast<std::int64_t>(index)].contiguous();
        std::copy_n(image.data_ptr<float>(), out.size(), out.begin());
        return {};
    };
    return {static_cast<std::size_t>(images.size(0)), static_cast<int>(images.size(1)),
            static_cast<int>(images.size(2)), copied};
}

}  // namespace sma::test
