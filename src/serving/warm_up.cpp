#include "warm_up.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

namespace sma::serving {
namespace {

bool pass_is_finite(engine::engine& e, std::byte const* zeros, int batch_size) {
    auto const images = static_cast<std::size_t>(batch_size);
    std::vector<std::byte const*> const inputs(images, zeros);
    std::vector<float> logits(images * static_cast<std::size_t>(e.classes()));
    e.infer(inputs, logits);
    return std::all_of(logits.begin(), logits.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

result<void> warm_up(engine::engine& e, int batch_size, bool beside_traffic) {
    auto zeros = std::make_shared<tensor_pool>(0)->take(e.input());
    std::memset(zeros.data(), 0, e.input().bytes());
    for (auto const size : {1, batch_size}) {
        if (beside_traffic && size > 1 && e.prepare(size)) continue;
        if (!pass_is_finite(e, zeros.data(), size))
            return error(errc::invalid_weights,
                         "the model's output for an empty image is not finite: check the weights");
    }
    return {};
}

void prepare_remaining_sizes(engine::engine& e, int batch_size, std::function<bool()> const& wanted) noexcept try {
    constexpr int sizes_max = 16;  // as many as an engine keeps
    if (batch_size > sizes_max) return;
    for (int size = 1; size <= batch_size && wanted(); ++size) e.prepare(size);
} catch (...) {  // too little memory now: the first pass of that size says so, if it still is
}

}  // namespace sma::serving
